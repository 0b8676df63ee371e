// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_PROJECTION_HPP
#define OPENCV_ANOMALY_PROJECTION_HPP

#include "descriptor.hpp"

#include <memory>

namespace cv { namespace anomaly {

//! What the maps that are to be projected have behind them.
enum PatchAverage
{
    MAPS_AS_THEY_COME, //!< each is averaged over 3x3 first, as poolPatches does
    MAPS_AVERAGED      //!< poolPatches has been there
};

//! Descriptors of patches, by an engine: what `project` defines, the same but for rounding. Safe from several threads.
class Projection
{
public:
    virtual ~Projection() {}

    //! maps: of one image, each 1 x channels x rows x cols, CV_32F. phi: D' x patches, CV_32F.
    virtual void project(const std::vector<Mat>& maps, PatchAverage average, Mat& phi) const = 0;

    //! `engine`: ENGINE_PLAIN or ENGINE_HALIDE.
    static std::shared_ptr<const Projection> create(const Descriptor& descriptor, int engine);
};

// The Halide form, in builds that have it.
std::shared_ptr<const Projection> createHalideProjection(const Descriptor& descriptor);

}} // namespace cv::anomaly

#endif
