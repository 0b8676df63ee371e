// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "precomp.hpp"
#include "depthwise_layer.hpp"
#include "halide_buffers.hpp"
#include "halide_runtime.hpp"
#include "onnx_file.hpp"

#include "anomaly_depthwise_3_1.h"
#include "anomaly_depthwise_3_2.h"
#include "anomaly_depthwise_5_1.h"
#include "anomaly_depthwise_5_2.h"

#include "opencv2/dnn.hpp"
#include "opencv2/dnn/all_layers.hpp"
#include "opencv2/dnn/layer.hpp"

#include <mutex>

namespace cv {
namespace anomaly {

namespace {

const char* const layerType = "AnomalyDepthwiseConvolution";

// The kernels that are there.
bool hasKernel(int size, int stride)
{
    return (size == 3 || size == 5) && (stride == 1 || stride == 2);
}

class DepthwiseLayer CV_FINAL : public dnn::Layer
{
public:
    explicit DepthwiseLayer(const dnn::LayerParams& params) : dnn::Layer(params), lowest(-FLT_MAX), highest(FLT_MAX)
    {
        CV_CheckGE(blobs.size(), size_t(1), "A depthwise convolution has weights");
        const dnn::DictValue& pad = params.get("pad");
        top = pad.get<int>(0);
        left = pad.get<int>(1);
        bottom = pad.get<int>(2);
        right = pad.get<int>(3);
        stride = params.get("stride").get<int>(0);
        kernel = blobs[0].size[2];
        CV_Assert(hasKernel(kernel, stride));
        bias = blobs.size() > 1 ? blobs[1].reshape(1, 1).clone() : Mat::zeros(1, blobs[0].size[0], CV_32F);
    }

    static Ptr<dnn::Layer> create(dnn::LayerParams& params) { return makePtr<DepthwiseLayer>(params); }

    bool getMemoryShapes(const std::vector<dnn::MatShape>& inputs, const int, std::vector<dnn::MatShape>& outputs, std::vector<dnn::MatShape>&) const CV_OVERRIDE
    {
        dnn::MatShape shape = inputs[0];
        CV_CheckEQ(shape[1], blobs[0].size[0], "A depthwise convolution has a kernel for each channel");
        shape[2] = (shape[2] + top + bottom - kernel) / stride + 1;
        shape[3] = (shape[3] + left + right - kernel) / stride + 1;
        outputs.assign(1, shape);
        return false;
    }

    bool setActivation(const Ptr<dnn::ActivationLayer>& activation) CV_OVERRIDE
    {
        lowest = -FLT_MAX;
        highest = FLT_MAX;
        if (activation.empty())
            return true;
        if (const Ptr<dnn::ReLU6Layer> relu6 = activation.dynamicCast<dnn::ReLU6Layer>())
        {
            lowest = relu6->minValue;
            highest = relu6->maxValue;
            return true;
        }
        const Ptr<dnn::ReLULayer> relu = activation.dynamicCast<dnn::ReLULayer>();
        if (relu && relu->negativeSlope == 0)
            lowest = 0;
        return lowest == 0;
    }

    void forward(InputArrayOfArrays inputs_, OutputArrayOfArrays outputs_, OutputArrayOfArrays) CV_OVERRIDE
    {
        std::vector<Mat> inputs, outputs;
        inputs_.getMatVector(inputs);
        outputs_.getMatVector(outputs);
        for (int n = 0; n < inputs[0].size[0]; n++)
            convolve(inputs[0], outputs[0], n);
    }

private:
    void convolve(const Mat& input, Mat& output, int n) const
    {
        static decltype(&anomaly_depthwise_3_1) const kernels[2][2] = {{anomaly_depthwise_3_1, anomaly_depthwise_3_2}, {anomaly_depthwise_5_1, anomaly_depthwise_5_2}};
        runKernel("depthwise", [&](void* context) {
            return kernels[kernel / 2 - 1][stride - 1](context, channels(input, n), viewOf<float>(blobs[0], {kernel, kernel, input.size[1]}), viewOf<float>(bias, {input.size[1]}), left,
                                                       top, lowest, highest, channels(output, n));
        });
    }

    static Halide::Runtime::Buffer<float> channels(const Mat& maps, int n)
    {
        const int sizes[] = {1, maps.size[1], maps.size[2], maps.size[3]};
        return viewOf<float>(Mat(4, sizes, CV_32F, const_cast<float*>(maps.ptr<float>(n))), {maps.size[3], maps.size[2], maps.size[1]});
    }

    int kernel, stride, top, left, bottom, right;
    float lowest, highest;
    Mat bias;
};

} // namespace

static bool isFastDepthwise(const OnnxNode& node, const OnnxConstants& constants)
{
    if (node.type != "Conv" || node.inputs.size() < 2 || !constants.count(node.inputs[1]))
        return false;
    std::map<std::string, std::vector<int64> > attributes = node.integers;
    const std::vector<int64>&weights = constants.at(node.inputs[1]), &group = attributes["group"], &strides = attributes["strides"], &pads = attributes["pads"],
          &dilations = attributes["dilations"];
    const bool depthwise = weights.size() == 4 && group.size() == 1 && group[0] > 1 && weights[0] == group[0] && weights[1] == 1 && weights[2] == weights[3];
    const bool plain = dilations.empty() || dilations == std::vector<int64>(2, 1);
    return depthwise && plain && pads.size() == 4 && strides.size() == 2 && strides[0] == strides[1] && hasKernel(int(weights[2]), int(strides[0]));
}

std::vector<uchar> withFastDepthwise(const std::vector<uchar>& onnx)
{
    static std::once_flag registered;
    std::call_once(registered, [] { dnn::LayerFactory::registerLayer(layerType, DepthwiseLayer::create); });
    try
    {
        return renameOperators(onnx, layerType, isFastDepthwise);
    }
    catch (const cv::Exception&)
    {
        return onnx; // whose reader says what is wrong with it
    }
}

}} // namespace cv::anomaly
