// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_NETWORK_LAYERS_HPP
#define OPENCV_ANOMALY_NETWORK_LAYERS_HPP

#include "onnx_file.hpp"

#include <cfloat>

namespace cv { namespace anomaly {

//! Shape of a batch of maps: images x channels x rows x columns, single precision.
struct MapShape
{
    size_t total() const { return size_t(images) * channels * size.width * size.height; }
    size_t bytes() const { return total() * sizeof(float); }

    int images, channels;
    Size size;
};

//! Throws the error of a map whose values no int counts.
[[noreturn]] void refuseMap(size_t values);

//! The range to which an activation clips values: [0, FLT_MAX] for ReLU, [0, 6] for ReLU6.
struct Clip
{
    Clip() : lowest(-FLT_MAX), highest(FLT_MAX) {}
    Clip(float low, float high) : lowest(low), highest(high) {}
    bool isNone() const { return lowest == -FLT_MAX && highest == FLT_MAX; }
    bool isRelu() const { return lowest == 0 && highest == FLT_MAX; }

    //! Becomes the other range, unless this already clips: two activations in a row are not joined.
    bool takeOver(const Clip& other)
    {
        if (!isNone())
            return false;
        *this = other;
        return true;
    }

    float lowest, highest;
};

//! The window of a convolution or pooling with its padding, as ONNX defines it.
struct Window
{
    //! Throws StsNotImplemented unless the window is two-dimensional, with equal strides and dilations in both
    //! directions.
    Window(const OnnxNode& node, Size kernel);

    Size outputSize(Size in) const;

    Size kernel;
    int stride, dilation, top, left, bottom, right;
};

//! A convolution of the ONNX file, with the operations that were folded into its weights.
struct Convolution
{
    //! Reads a node of type Conv. Throws StsNotImplemented if it does not convolve maps with constants.
    Convolution(const OnnxNode& node, const Mat& weights, const Mat& bias);

    MapShape outputShape(const MapShape& in) const;
    //! Multiplies and shifts each output. Returns false if there is not one factor for each output.
    bool takeScale(const Mat& scale, const Mat& shift);

    String name; // of the node, or of its result if the node has none
    Window window;
    Mat weights, bias; // copies: outputs x channels of a group x rows x columns, and 1 x outputs
    int outputs, groups;
};

//! Reads a node of type MaxPool. Throws StsNotImplemented if a window may lie completely outside of the map.
Window readMaxPool(const OnnxNode& node);

//! A layer of a network. input, added and output are numbers of maps; -1 if there is none.
class NetworkLayer
{
public:
    NetworkLayer() : input(-1), added(-1), output(-1) {}
    virtual ~NetworkLayer() {}

    virtual MapShape outputShape(const MapShape& in) const { return in; }

    //! Each of these asks the layer to include another operation, and returns whether it does: to add a second input to
    //! the result before its activation; to scale and shift the result; to clip the result; to clip the input.
    virtual bool takeSum() { return false; }
    virtual bool takeScale(const Mat& /*scale*/, const Mat& /*shift*/) { return false; }
    virtual bool takeClip(const Clip& /*clip*/) { return false; }
    virtual bool takeClipBefore(const Clip& /*clip*/) { return false; }
    //! Called when no more operations follow: weights may be copied to where they are used.
    virtual void finish() {}

    int input, added, output;
};

}} // namespace cv::anomaly

#endif
