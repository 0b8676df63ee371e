// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "convolution_layers.hpp"
#include "../kernels/halide_buffers.hpp"
#include "../device/halide_runtime.hpp"
#include "onnx_file.hpp"
#include "../kernels/panels.hpp"

#include "anomaly_convolution.h"
#include "anomaly_depthwise_3_1.h"
#include "anomaly_depthwise_3_2.h"
#include "anomaly_depthwise_5_1.h"
#include "anomaly_depthwise_5_2.h"

#include "opencv2/dnn.hpp"
#include "opencv2/dnn/all_layers.hpp"

#include <mutex>

namespace cv { namespace anomaly {

namespace {

#if CV_VERSION_MAJOR < 5 // where it is a class of cv
using dnn::MatShape;
#endif

const char* const depthwiseType = "AnomalyDepthwiseConvolution";
const char* const convolutionType = "AnomalyConvolution";

bool hasDepthwiseKernel(int size, int stride)
{
    return (size == 3 || size == 5) && (stride == 1 || stride == 2);
}

//! The maps of one image of a batch: channels x rows x columns.
struct MapsOfImage
{
    MapsOfImage(const Mat& batch, int n)
        : data(const_cast<float*>(batch.ptr<float>(n))),
          channels(batch.size[1]),
          size(batch.size[3], batch.size[2])
    {}

    float* row(int channel, int y) const { return data + (size_t(channel) * size.height + y) * size.width; }

    Halide::Runtime::Buffer<float> view() const
    {
        const halide_dimension_t shape[] = {
            {0, size.width, 1}, {0, size.height, size.width}, {0, channels, size.area()}};
        return Halide::Runtime::Buffer<float>(data, 3, shape);
    }

    float* data;
    int channels;
    Size size;
};

//! Base of both layers: sizes, weights, and the operations that cv::dnn may fuse into a convolution.
class ConvolutionBase : public dnn::Layer
{
public:
    explicit ConvolutionBase(const dnn::LayerParams& params) : dnn::Layer(params), lowest(-FLT_MAX), highest(FLT_MAX)
    {
        CV_CheckGE(blobs.size(), size_t(1), "A convolution has weights");
        kernel = blobs[0].size[2];
        outputs = blobs[0].size[0];
        const int padding[] = {0, 0, 0, 0};
        const dnn::DictValue pad = params.has("pad") ? params.get("pad") : dnn::DictValue::arrayInt(padding, 4);
        top = pad.get<int>(0);
        left = pad.get<int>(1);
        bottom = pad.get<int>(2);
        right = pad.get<int>(3);
        stride = params.has("stride") ? params.get("stride").get<int>(0) : 1;
    }

    // cv::dnn fuses layers after this call, and again after each change of the input's size, so that it starts from
    // blobs.
    void finalize(InputArrayOfArrays inputs, OutputArrayOfArrays) CV_OVERRIDE
    {
        const Mat input = inputs.getMat(0); // getMemoryShapes is also called with sizes that no input has
        CV_CheckGE(std::min(input.size[2] + top + bottom, input.size[3] + left + right), kernel,
                   "A network needs a larger input");
        weights = blobs[0].clone();
        bias = blobs.size() > 1 ? blobs[1].reshape(1, 1).clone() : Mat::zeros(1, outputs, CV_32F);
        CV_CheckEQ(int(bias.total()), outputs, "A convolution has a bias for each output");
        weightsChanged();
    }

    bool getMemoryShapes(const std::vector<MatShape>& inputs, const int, std::vector<MatShape>& shapes,
                         std::vector<MatShape>&) const CV_OVERRIDE
    {
        MatShape shape = inputs[0];
        CV_CheckEQ(shape[1], inputChannels(), "A convolution has weights for each channel");
        shape[1] = outputs;
        shape[2] = (shape[2] + top + bottom - kernel) / stride + 1;
        shape[3] = (shape[3] + left + right - kernel) / stride + 1;
        shapes.assign(1, shape);
        return false;
    }

    // Fuses an activation that clips: ReLU6, or ReLU without a slope.
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

    // Fuses a batch normalization that follows: its scale multiplies the weights, its shift is added to the bias.
    bool tryFuse(Ptr<dnn::Layer>& next) CV_OVERRIDE
    {
        Mat scale, shift;
        next->getScaleShift(scale, shift);
        if (scale.empty() && shift.empty())
            return false;
        Mat rows = weights.reshape(1, outputs);
        for (int o = 0; o < outputs; o++)
        {
            const float factor = scale.empty() ? 1.f : scale.at<float>(o);
            rows.row(o) *= factor;
            bias.at<float>(o) = bias.at<float>(o) * factor + (shift.empty() ? 0.f : shift.at<float>(o));
        }
        weightsChanged();
        return true;
    }

    void forward(InputArrayOfArrays inputArrays, OutputArrayOfArrays outputArrays, OutputArrayOfArrays) CV_OVERRIDE
    {
        inputArrays.getMatVector(from);
        outputArrays.getMatVector(to);
        for (int n = 0; n < from[0].size[0]; n++)
            convolve(MapsOfImage(from[0], n), MapsOfImage(to[0], n));
    }

protected:
    virtual int inputChannels() const = 0;
    virtual void weightsChanged() {}
    virtual void convolve(const MapsOfImage& input, const MapsOfImage& output) = 0;

    Mat weights, bias;
    int outputs, kernel, stride, top, left, bottom, right;
    float lowest, highest;

private:
    std::vector<Mat> from, to; // kept from call to call, because a Mat of four dimensions allocates its list of sizes
};

//! One kernel for each channel, of 3x3 or 5x5 with stride 1 or 2.
class DepthwiseLayer CV_FINAL : public ConvolutionBase
{
public:
    explicit DepthwiseLayer(const dnn::LayerParams& params) : ConvolutionBase(params)
    {
        CV_Assert(hasDepthwiseKernel(kernel, stride));
    }

    static Ptr<dnn::Layer> create(dnn::LayerParams& params) { return makePtr<DepthwiseLayer>(params); }

private:
    int inputChannels() const CV_OVERRIDE { return outputs; }

    void convolve(const MapsOfImage& input, const MapsOfImage& output) CV_OVERRIDE
    {
        static decltype(&anomaly_depthwise_3_1) const kernels[2][2] = {{anomaly_depthwise_3_1, anomaly_depthwise_3_2},
                                                                       {anomaly_depthwise_5_1, anomaly_depthwise_5_2}};
        runKernel("depthwise", [&](void* context) {
            return kernels[kernel / 2 - 1][stride - 1](
                context, input.view(), viewOf<float>(weights, {kernel, kernel, outputs}),
                viewOf<float>(bias, {outputs}), left, top, lowest, highest, output.view());
        });
    }
};

//! A convolution over all channels with a square kernel, as a matrix product without copying patches (no im2col).
class ConvolutionLayer CV_FINAL : public ConvolutionBase
{
public:
    explicit ConvolutionLayer(const dnn::LayerParams& params) : ConvolutionBase(params) {}

    static Ptr<dnn::Layer> create(dnn::LayerParams& params) { return makePtr<ConvolutionLayer>(params); }

private:
    // The part of the map that one task reads, at most 256 KiB, stays in the level 2 cache while all its panels of
    // weights are applied. At least 16 tasks give several threads enough to do.
    static const int bytesPerTask = 256 << 10, fewestTasks = 16;
    // The kernel computes strips of up to 48 pixels, three vectors of AVX-512.
    static const int longestStrip = 48;

    int inputChannels() const CV_OVERRIDE { return blobs[0].size[1]; }

    void weightsChanged() CV_OVERRIDE { panels = packPanels(weights.reshape(1, outputs), groupWidth, 1); }

    void convolve(const MapsOfImage& input, const MapsOfImage& output) CV_OVERRIDE
    {
        const int channels = input.channels, height = output.size.height, phases = std::min(kernel, stride),
                  taps = kernel * kernel;
        const Size plane(divideUp(input.size.width + left + right, stride),
                         divideUp(input.size.height + top + bottom, stride));
        const int rows = std::min(std::max(bytesPerTask / int(channels * plane.width * sizeof(float)), 1), height);
        const int panelsPerTask = std::max(panels.rows * divideUp(height, rows) / fewestTasks, 1);
        const bool asItIs =
            kernel == 1 && stride == 1 && !(top | left | bottom | right) && rows * plane.width >= longestStrip;
        const Mat map = asItIs ? Mat(channels, input.size.area(), CV_32F, input.data) : planesOf(input, plane, phases);
        setOffsets(plane, phases);
        const int farthest = *std::max_element(offsets.begin<int>(), offsets.end<int>()),
                  before = asItIs ? 0 : longestStrip;
        // Halide checks the view against the largest index that tasks and taps could reach together. The kernel never
        // reads so far, but the view must claim so many pixels.
        const halide_dimension_t pixels[] = {{-before, 3 * map.cols, 1}, {0, channels, int(map.step1())}};
        Halide::Runtime::Buffer<float> view(const_cast<float*>(map.ptr<float>()), 2, pixels);
        runKernel("convolution", [&](void* context) {
            return anomaly_convolution(context, view, viewOf<int>(offsets, {taps}),
                                       viewOf<float>(panels, {groupWidth, taps, channels, panels.rows}),
                                       viewOf<float>(bias, {outputs}), farthest, plane.width, lowest, highest, rows,
                                       panelsPerTask, output.view());
        });
    }

    /** The map with a border of zeros, channels x pixels, and with as many pixels before and behind it as the kernel
    may touch. With a stride of 2 it is split into four planes, of even and odd rows and columns, so that the pixels
    that one tap reads are adjacent again. */
    const Mat& planesOf(const MapsOfImage& input, Size plane, int phases)
    {
        const int pixels = phases * phases * plane.area() + kernel * (plane.width + 1) + 2 * longestStrip;
        if (planes.empty() || input.size != planesSize)
            planes = Mat::zeros(input.channels, pixels, CV_32F); // zeroed once; later calls overwrite only the interior
        planesSize = input.size;
        const auto spread = [&](const Range& range) {
            for (int c = range.start; c < range.end; c++)
                for (int y = 0; y < input.size.height; y++)
                    spreadRow(input.row(c, y), input.size.width, y + top, plane, phases,
                              planes.ptr<float>(c) + longestStrip);
        };
        // This capture of one reference is small enough that std::function does not allocate.
        parallel_for_(Range(0, input.channels), [&spread](const Range& range) { spread(range); });
        return planes;
    }

    // Copies row y of the bordered map to its place in the planes. Rows that no tap reads are left out.
    void spreadRow(const float* row, int width, int y, Size plane, int phases, float* place) const
    {
        if (y % stride >= phases)
            return;
        place += (y % stride * phases * plane.height + y / stride) * plane.width;
        if (stride == 1)
            std::copy(row, row + width, place + left);
        else
            for (int x = 0; x < width; x++)
                if ((x + left) % stride < phases)
                    place[(x + left) % stride * plane.area() + (x + left) / stride] = row[x];
    }

    // Distance in `planes` from the pixel that the first tap reads to the pixel that each tap reads.
    void setOffsets(Size plane, int phases)
    {
        offsets.create(1, kernel * kernel, CV_32S);
        for (int tap = 0; tap < offsets.cols; tap++)
        {
            const int y = tap / kernel, x = tap % kernel;
            offsets.at<int>(tap) =
                (y % stride * phases + x % stride) * plane.area() + y / stride * plane.width + x / stride;
        }
    }

    Mat panels, planes, offsets;
    Size planesSize; // size of the map that `planes` was made for
};

} // namespace

static bool isConstant(const OnnxNode& node, size_t input, const OnnxConstants& constants)
{
    return input < node.inputs.size() && constants.count(node.inputs[input]);
}

//! Whether a node is a convolution with a square kernel, equal strides and no dilation, with explicit padding, and with
//! weights that are constants in the file.
static bool isPlainConvolution(const OnnxNode& node, const OnnxConstants& constants)
{
    if (node.type != "Conv" || !isConstant(node, 1, constants) ||
        (node.inputs.size() > 2 && !isConstant(node, 2, constants)) || node.integers.count("auto_pad"))
        return false;
    const std::vector<int64>& weights = constants.at(node.inputs[1]);
    const std::vector<int64> ones(2, 1), zeros(4, 0), strides = numbersOf(node, "strides", ones);
    return weights.size() == 4 && weights[2] == weights[3] && numbersOf(node, "dilations", ones) == ones &&
           strides.size() == 2 && strides[0] == strides[1] && numbersOf(node, "pads", zeros).size() == 4 &&
           numbersOf(node, "group", {1}).size() == 1;
}

// Each of these tells whether the layer can compute the convolution.
static bool isForConvolutionLayer(const OnnxNode& node, const OnnxConstants& constants)
{
    return isPlainConvolution(node, constants) && numbersOf(node, "group", {1})[0] == 1;
}

static bool isForDepthwiseLayer(const OnnxNode& node, const OnnxConstants& constants)
{
    if (!isPlainConvolution(node, constants))
        return false;
    const std::vector<int64>& weights = constants.at(node.inputs[1]);
    const int64 groups = numbersOf(node, "group", {1})[0];
    return groups > 1 && weights[0] == groups && weights[1] == 1 &&
           hasDepthwiseKernel(int(weights[2]), int(numbersOf(node, "strides", {1, 1})[0]));
}

static void registerLayers()
{
    dnn::LayerFactory::registerLayer(depthwiseType, DepthwiseLayer::create);
    dnn::LayerFactory::registerLayer(convolutionType, ConvolutionLayer::create);
}

std::vector<uchar> withFastConvolutions(const std::vector<uchar>& onnx)
{
    static std::once_flag registered;
    std::call_once(registered, registerLayers);
    try
    {
        return renameOperators(renameOperators(onnx, depthwiseType, isForDepthwiseLayer), convolutionType,
                               isForConvolutionLayer);
    }
    catch (const cv::Exception&)
    {
        return onnx; // the reader of this ONNX file reports what is wrong with it
    }
}

}} // namespace cv::anomaly
