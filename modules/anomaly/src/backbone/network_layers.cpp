// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "network_layers.hpp"

namespace cv { namespace anomaly {

namespace {

//! Checks a number of a layer's geometry.
int checkedNumber(const OnnxNode& node, int64 number, int lowest)
{
    const int highest = 1 << 14;
    if (number < lowest || number > highest)
        CV_Error_(Error::StsParseError,
                  ("%s with a stride, dilation, kernel, padding or group of %.0f, expected %d to %d", node.type.c_str(),
                   double(number), lowest, highest));
    return int(number);
}

Size kernelOf(const Mat& weights)
{
    if (weights.dims != 4)
        CV_Error(Error::StsNotImplemented, "Conv in other than two dimensions, or with weights that are not constant");
    return Size(weights.size[3], weights.size[2]);
}

} // namespace

void refuseMap(size_t values)
{
    CV_Error_(Error::StsNoMem, ("A map of %.0f values is too large, expected %d at most", double(values), INT_MAX));
}

Window::Window(const OnnxNode& node, Size k) : kernel(k)
{
    const std::vector<int64> ones(2, 1), strides = numbersOf(node, "strides", ones),
                                         dilations = numbersOf(node, "dilations", ones);
    const std::vector<int64> pads = numbersOf(node, "pads", std::vector<int64>(4, 0));
    if (node.integers.count("auto_pad") || strides.size() != 2 || dilations.size() != 2 || pads.size() != 4 ||
        strides[0] != strides[1] || dilations[0] != dilations[1])
        CV_Error_(Error::StsNotImplemented,
                  ("%s in more than two dimensions, with auto_pad, or with strides or dilations that differ",
                   node.type.c_str()));
    checkedNumber(node, kernel.width, 1);
    checkedNumber(node, kernel.height, 1);
    stride = checkedNumber(node, strides[0], 1);
    dilation = checkedNumber(node, dilations[0], 1);
    top = checkedNumber(node, pads[0], 0);
    left = checkedNumber(node, pads[1], 0);
    bottom = checkedNumber(node, pads[2], 0);
    right = checkedNumber(node, pads[3], 0);
}

Size Window::outputSize(Size in) const
{
    const auto places = [this](int64 length, int64 extent) {
        CV_CheckGE(double(length), double(extent), "A network needs a larger input");
        return int((length - extent) / stride + 1);
    };
    const auto extent = [this](int taps) { return int64(dilation) * (taps - 1) + 1; };
    return Size(places(int64(in.width) + left + right, extent(kernel.width)),
                places(int64(in.height) + top + bottom, extent(kernel.height)));
}

Convolution::Convolution(const OnnxNode& node, const Mat& from, const Mat& biases)
    : name(node.name.empty() && !node.outputs.empty() ? node.outputs[0] : node.name),
      window(node, kernelOf(from)),
      weights(from.clone()),
      outputs(from.size[0])
{
    const std::vector<int64> group = numbersOf(node, "group", {1});
    groups = group.size() == 1 ? checkedNumber(node, group[0], 1) : 0;
    if (groups == 0 || outputs % groups)
        CV_Error(Error::StsParseError, "Conv with a number of outputs that is no multiple of the number of groups");
    bias = biases.empty() ? Mat::zeros(1, outputs, CV_32F) : biases.reshape(1, 1).clone();
    CV_CheckEQ(int(bias.total()), outputs, "A convolution has a bias for each output");
}

MapShape Convolution::outputShape(const MapShape& in) const
{
    CV_CheckEQ(in.channels, weights.size[1] * groups, "A convolution has weights for each channel");
    return MapShape{in.images, outputs, window.outputSize(in.size)};
}

bool Convolution::takeScale(const Mat& scale, const Mat& shift)
{
    if (int(scale.total()) != outputs)
        return false;
    Mat rows = weights.reshape(1, outputs);
    for (int o = 0; o < outputs; o++)
    {
        rows.row(o) *= scale.at<float>(o);
        bias.at<float>(o) = bias.at<float>(o) * scale.at<float>(o) + shift.at<float>(o);
    }
    return true;
}

Window readMaxPool(const OnnxNode& node)
{
    const std::vector<int64> kernel = numbersOf(node, "kernel_shape", {});
    if (kernel.size() != 2 || kernel[0] != kernel[1] || numbersOf(node, "ceil_mode", {0}) != std::vector<int64>(1, 0))
        CV_Error(Error::StsNotImplemented,
                 "MaxPool in other than two dimensions, with windows that are not square, or with ceil_mode");
    const Window window(node, Size(checkedNumber(node, kernel[1], 1), checkedNumber(node, kernel[0], 1)));
    if (window.dilation != 1 || std::max({window.top, window.left, window.bottom, window.right}) >= window.kernel.width)
        CV_Error(Error::StsNotImplemented, "MaxPool with dilation, or with a border as wide as its windows");
    return window;
}

}} // namespace cv::anomaly
