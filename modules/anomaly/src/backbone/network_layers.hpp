// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_NETWORK_LAYERS_HPP
#define OPENCV_ANOMALY_NETWORK_LAYERS_HPP

#include "onnx_file.hpp"

#include <cfloat>

namespace cv { namespace anomaly {

struct MapShape
{
    size_t total() const { return size_t(images) * channels * size.area(); }
    size_t bytes() const { return total() * sizeof(float); }

    int images, channels;
    Size size;
};

//! The range that an activation clips to.
struct Clip
{
    Clip() : lowest(-FLT_MAX), highest(FLT_MAX) {}
    Clip(float low, float high) : lowest(low), highest(high) {}
    bool isNone() const { return lowest == -FLT_MAX && highest == FLT_MAX; }
    bool isRelu() const { return lowest == 0 && highest == FLT_MAX; }

    //! Becomes the other one, unless it is one already: two in a row are not joined.
    bool takeOver(const Clip& other)
    {
        if (!isNone())
            return false;
        *this = other;
        return true;
    }

    float lowest, highest;
};

//! Of a convolution or a pooling, as ONNX has it.
struct Window
{
    //! Throws StsNotImplemented for what is not two-dimensional or not the same in both directions.
    Window(const OnnxNode& node, Size kernel);

    Size outputSize(Size in) const;

    Size kernel;
    int stride, dilation, top, left, bottom, right;
};

//! A convolution as the file has it, and what is folded into its weights.
struct Convolution
{
    //! For a node of type Conv; throws StsNotImplemented where it is not a convolution of maps by constants.
    Convolution(const OnnxNode& node, const Mat& weights, const Mat& bias);

    MapShape outputShape(const MapShape& in) const;
    //! Folds in what multiplies and shifts each output; false where there is not one for each.
    bool takeScale(const Mat& scale, const Mat& shift);

    Window window;
    Mat weights, bias; // copies: outputs x channels of a group x rows x columns; 1 x outputs
    int outputs, groups;
};

//! The window of a node of type MaxPool; throws StsNotImplemented where a window may lie outside of the map.
Window readMaxPool(const OnnxNode& node);

//! A layer of a network: which maps it takes and gives, by number.
class NetworkLayer
{
public:
    NetworkLayer() : input(-1), added(-1), output(-1) {}
    virtual ~NetworkLayer() {}

    virtual MapShape outputShape(const MapShape& in) const { return in; }

    //! Takes these along, if it can: to its result, before an activation; to its result; and to its input.
    virtual bool takeSum() { return false; }
    virtual bool takeScale(const Mat& /*scale*/, const Mat& /*shift*/) { return false; }
    virtual bool takeClip(const Clip& /*clip*/) { return false; }
    virtual bool takeClipBefore(const Clip& /*clip*/) { return false; }
    //! Nothing is taken along any more: weights may go where they are computed with.
    virtual void finish() {}

    int input, added, output;
};

}} // namespace cv::anomaly

#endif
