// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// This module's convolution layers for cv::dnn, compared with OpenCV's own.
#include "test_precomp.hpp"
#include "test_targets.hpp"

#include "../src/backbone/backbone.hpp"
#include "../src/backbone/onnx_file.hpp"

#include "opencv2/dnn.hpp"

namespace opencv_test { namespace {

struct Convolution
{
    int channels, outputs, kernel, stride;
    bool depthwise;
    Size map;
    int top, left, bottom, right;
};

Mat random(const std::vector<int>& sizes, int seed)
{
    Mat values(sizes, CV_32F);
    RNG(seed).fill(values, RNG::UNIFORM, -1, 1);
    return values;
}

dnn::LayerParams paramsOf(const Convolution& c)
{
    const int pad[] = {c.top, c.left, c.bottom, c.right};
    dnn::LayerParams params;
    params.set("kernel_size", c.kernel);
    params.set("stride", c.stride);
    params.set("pad", dnn::DictValue::arrayInt(pad, 4));
    params.set("num_output", c.outputs);
    params.set("group", c.depthwise ? c.channels : 1);
    params.set("bias_term", true);
    params.blobs.push_back(random({c.outputs, c.depthwise ? 1 : c.channels, c.kernel, c.kernel}, 1));
    params.blobs.push_back(random({c.outputs}, 2));
    return params;
}

//! A network of the layer, a batch normalization and an activation. cv::dnn may merge the latter two into the layer.
dnn::Net netOf(const std::string& type, const Convolution& c, const std::string& activation)
{
    dnn::LayerParams convolution = paramsOf(c), norm, clamp;
    norm.set("bias_term", true);
    norm.blobs = {random({c.outputs}, 3), random({c.outputs}, 4)};
    if (activation == "ReLU6")
    {
        clamp.set("min_value", -0.5f);
        clamp.set("max_value", 0.7f);
    }
    dnn::Net net;
    net.addLayerToPrev("convolution", type, convolution);
    net.addLayerToPrev("norm", "Scale", norm);
    if (!activation.empty())
        net.addLayerToPrev("activation", activation, clamp);
    net.setPreferableBackend(dnn::DNN_BACKEND_OPENCV);
#if CV_VERSION_MAJOR * 100 + CV_VERSION_MINOR >= 407
    net.enableWinograd(false); // Winograd's rounding errors are ten times as large.
#endif
    return net;
}

Mat forward(dnn::Net net, const Mat& input)
{
    net.setInput(input);
    return net.forward().clone();
}

std::string ownType(const Convolution& c)
{
    return c.depthwise ? "AnomalyDepthwiseConvolution" : "AnomalyConvolution";
}

void expectNear(const Mat& ours, const Mat& theirs)
{
    ASSERT_EQ(theirs.total(), ours.total());
    EXPECT_LT(cv::norm(ours, theirs, NORM_INF), 1e-5 * std::max(1., cv::norm(theirs, NORM_INF))); // observed: 2e-6
}

void expectAsOpenCV(const Convolution& c, const std::string& activation = "")
{
    SCOPED_TRACE(format("%d -> %d channels, %dx%d, stride %d, map %dx%d, pads %d %d %d %d, %s", c.channels, c.outputs,
                        c.kernel, c.kernel, c.stride, c.map.width, c.map.height, c.top, c.left, c.bottom, c.right,
                        activation.c_str()));
    const Mat input = random({2, c.channels, c.map.height, c.map.width}, 5);
    expectNear(forward(netOf(ownType(c), c, activation), input), forward(netOf("Convolution", c, activation), input));
}

class Anomaly_ConvolutionLayers : public testing::Test
{
protected:
    void SetUp() CV_OVERRIDE
    {
        if (CFA::create()->getEngine() == ENGINE_HALIDE)
            createDnnBackbone(loadBackbone("lite0", {"c2"}), onProcessor(ENGINE_HALIDE)); // registers the layers
    }
};

TEST_F(Anomaly_ConvolutionLayers, full_ones_agree_with_opencv)
{
    SKIP_WITHOUT_HALIDE();
    for (const Size map : {Size(14, 14), Size(56, 3), Size(1, 1), Size(7, 5), Size(33, 64)})
        for (int kernel : {1, 3, 5, 7})
            for (int stride : {1, 2, 3})
            {
                const int pad = kernel / 2;
                expectAsOpenCV({5, 19, kernel, stride, false, map, pad, pad, pad, pad});
            }
}

TEST_F(Anomaly_ConvolutionLayers, full_ones_of_many_channels_agree_with_opencv)
{
    SKIP_WITHOUT_HALIDE();
    for (int channels : {80, 480, 672})
        for (int kernel : {1, 3})
            expectAsOpenCV(
                {channels, 112, kernel, 1, false, Size(14, 14), kernel / 2, kernel / 2, kernel / 2, kernel / 2});
    expectAsOpenCV({128, 130, 3, 1, false, Size(56, 56), 1, 1, 1, 1});
    expectAsOpenCV({300, 24, 1, 1, false, Size(56, 56), 0, 0, 0, 0});
}

TEST_F(Anomaly_ConvolutionLayers, depthwise_ones_agree_with_opencv)
{
    SKIP_WITHOUT_HALIDE();
    std::vector<Size> maps = {Size(14, 14), Size(56, 3), Size(7, 5), Size(112, 64)};
#if CV_VERSION_MAJOR * 100 + CV_VERSION_MINOR < 407
    maps.push_back(Size(1, 1)); // OpenCV 4.14 reads beyond such a map and gives values such as 1e22.
#endif
    for (const Size map : maps)
        for (int kernel : {3, 5})
            for (int stride : {1, 2})
            {
                const int pad = kernel / 2;
                expectAsOpenCV({13, 13, kernel, stride, true, map, pad, pad, pad, pad});
            }
}

TEST_F(Anomaly_ConvolutionLayers, agree_with_opencv_on_every_target)
{
    SKIP_WITHOUT_HALIDE();
    EachTarget().run([] {
        expectAsOpenCV({17, 21, 3, 2, false, Size(31, 23), 1, 1, 1, 1}, "ReLU6");
        expectAsOpenCV({33, 40, 1, 1, false, Size(20, 20), 0, 0, 0, 0}, "ReLU");
        expectAsOpenCV({17, 17, 5, 2, true, Size(31, 23), 2, 2, 2, 2}, "ReLU6");
        expectAsOpenCV({9, 9, 3, 1, true, Size(14, 14), 1, 1, 1, 1}, "ReLU");
    });
}

TEST_F(Anomaly_ConvolutionLayers, leave_other_activations_to_opencv)
{
    SKIP_WITHOUT_HALIDE();
    expectAsOpenCV({5, 7, 3, 1, false, Size(14, 14), 1, 1, 1, 1}, "TanH");
    expectAsOpenCV({7, 7, 3, 1, true, Size(14, 14), 1, 1, 1, 1}, "ELU");
}

TEST_F(Anomaly_ConvolutionLayers, pad_each_side_by_itself)
{
    SKIP_WITHOUT_HALIDE();
    for (bool depthwise : {false, true})
        for (int stride : {1, 2})
        {
            const Convolution padding = {6, 6, 5, stride, depthwise, Size(14, 11), 1, 2, 3, 0};
            Convolution none = padding;
            none.top = none.left = none.bottom = none.right = 0;
            const Mat input = random({1, 6, 11, 14}, 5);
            Mat bordered = Mat::zeros(4, std::vector<int>{1, 6, 11 + 4, 14 + 2}.data(), CV_32F);
            input.copyTo(bordered({Range::all(), Range::all(), Range(1, 12), Range(2, 16)}));
            expectNear(forward(netOf(ownType(padding), padding, ""), input),
                       forward(netOf("Convolution", none, ""), bordered));
        }
}

TEST_F(Anomaly_ConvolutionLayers, follow_a_change_of_size)
{
    SKIP_WITHOUT_HALIDE();
    for (bool depthwise : {false, true})
    {
        const Convolution c = {6, 6, 3, 1, depthwise, Size(), 1, 1, 1, 1};
        dnn::Net ours = netOf(ownType(c), c, "ReLU6"), theirs = netOf("Convolution", c, "ReLU6");
        for (const Size size : {Size(20, 10), Size(10, 20), Size(5, 5), Size(20, 10)})
        {
            const Mat input = random({1, 6, size.height, size.width}, 5);
            expectNear(forward(ours, input), forward(theirs, input));
        }
    }
}

std::vector<uchar> embeddedBackbone()
{
    return loadBackbone("lite0", {"c2"}).bytes;
}

TEST(Anomaly_OnnxFile, renames_the_chosen_operators_only)
{
    const std::vector<uchar> onnx = embeddedBackbone();
    int convolutions = 0, constants = 0;
    const std::vector<uchar> renamed =
        renameOperators(onnx, "LongerName", [&](const OnnxNode& node, const OnnxConstants& all) {
            constants = int(all.size());
            convolutions += node.type == "Conv";
            return node.type == "Conv";
        });
    EXPECT_EQ(31, convolutions); // stem, 10 depthwise, 20 of 1x1
    EXPECT_EQ(62, constants);
    int found = 0;
    const std::vector<uchar> back = renameOperators(renamed, "Conv", [&](const OnnxNode& node, const OnnxConstants&) {
        found += node.type == "LongerName";
        return node.type == "LongerName";
    });
    EXPECT_EQ(convolutions, found);
    EXPECT_EQ(onnx, back);
}

TEST(Anomaly_OnnxFile, refuses_what_is_no_protocol_buffer)
{
    const auto none = [](const OnnxNode&, const OnnxConstants&) { return false; };
    const std::vector<uchar> onnx = embeddedBackbone();
    for (size_t size : {size_t(1), size_t(100), onnx.size() / 2, onnx.size() - 1})
        EXPECT_THROW(renameOperators(std::vector<uchar>(onnx.begin(), onnx.begin() + size), "Name", none),
                     cv::Exception)
            << size;
    EXPECT_THROW(renameOperators(std::vector<uchar>(20, 255), "Name", none), cv::Exception);
    EXPECT_TRUE(renameOperators({}, "Name", none).empty());
}

}} // namespace
