// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_PATCH_FEATURES_HPP
#define OPENCV_ANOMALY_PATCH_FEATURES_HPP

#include "../patches/projection.hpp"

namespace cv { namespace anomaly {

//! Computes the vectors by which patches are compared: features of all maps on one grid, or coordinates along whitened
//! axes. Safe for calls from several threads.
class PatchFeatures
{
public:
    //! whitening: with empty weights, the features themselves are used. engine: ENGINE_PLAIN or ENGINE_HALIDE.
    PatchFeatures(Size grid, const Descriptor& whitening, int engine);

    //! pooled: maps of one image after the 3x3 average, each 1 x channels x rows x columns, CV_32F. phi: features (or
    //! axes) x patches, CV_32F.
    void compute(const std::vector<Mat>& pooled, Mat& phi) const;

private:
    const Size grid;
    std::shared_ptr<const Projection> projection;
};

}} // namespace cv::anomaly

#endif
