// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ONEDNN_STRIPS_HPP
#define OPENCV_ANOMALY_ONEDNN_STRIPS_HPP

#include "onednn_layers.hpp"

namespace cv { namespace anomaly {

//! Some rows of a layer's result, the rows of its input that they are computed from, and rows of padding above and
//! below.
struct Strip
{
    //! Whether the same primitive computes both strips.
    bool isLike(const Strip& other) const
    {
        return to.size() == other.to.size() && from.size() == other.from.size() && above == other.above &&
               below == other.below;
    }

    Range from, to;
    int above, below;
};

//! A primitive for all strips that are alike.
struct StripPrimitive
{
    dnnl::primitive primitive;
    dnnl::memory::desc from, to, scratch;
    OneDnnArguments constants; // weights, packed
    int added;                 // argument of the second input; 0: it is added to the values that lie at the result
};

//! A layer that is cut into strips of rows, each of which a primitive of oneDNN computes.
class StripLayer : public OneDnnLayer
{
public:
    std::unique_ptr<PreparedLayer> prepare(const MapShape& in, const MapShape& out) const CV_OVERRIDE;
    //! Null if each row is computed from the same row of the input.
    virtual const Window* windowOrNull() const { return NULL; }
    virtual StripPrimitive prepareStrip(const MapShape& in, const MapShape& out, const Strip& strip) const = 0;
};

}} // namespace cv::anomaly

#endif
