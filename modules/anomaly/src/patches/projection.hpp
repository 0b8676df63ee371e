// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_PROJECTION_HPP
#define OPENCV_ANOMALY_PROJECTION_HPP

#include "descriptor.hpp"

#include <memory>

namespace cv { namespace anomaly {

//! Whether maps that are projected have been averaged over 3x3.
enum PatchAverage
{
    MAPS_AS_THEY_COME, //!< they have not; project averages each of them first, as poolPatches does
    MAPS_AVERAGED      //!< they are results of poolPatches
};

//! Computes descriptors of patches with one engine. Engines agree with the function `project` up to rounding. Safe for
//! calls from several threads.
class Projection
{
public:
    virtual ~Projection() {}

    //! maps: of one image, each 1 x channels x rows x columns, CV_32F. phi: D' x patches, CV_32F.
    virtual void project(const std::vector<Mat>& maps, PatchAverage average, Mat& phi) const = 0;

    //! `engine`: ENGINE_PLAIN or ENGINE_HALIDE.
    static std::shared_ptr<const Projection> create(const Descriptor& descriptor, int engine);
};

// The Halide implementation, in builds that have it.
std::shared_ptr<const Projection> createHalideProjection(const Descriptor& descriptor);

}} // namespace cv::anomaly

#endif
