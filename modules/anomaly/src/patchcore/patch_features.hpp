// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_PATCH_FEATURES_HPP
#define OPENCV_ANOMALY_PATCH_FEATURES_HPP

#include "../patches/projection.hpp"

namespace cv { namespace anomaly {

//! What patches are compared by: their features on one grid, as they come or along whitened axes.
class PatchFeatures
{
public:
    //! whitening: one without weights leaves features as they come. engine: ENGINE_PLAIN or ENGINE_HALIDE.
    PatchFeatures(Size grid, const Descriptor& whitening, int engine);

    //! pooled: maps of an image after the 3x3 average, each 1 x channels x rows x cols, CV_32F. phi: features x
    //! patches, CV_32F. Safe from several threads.
    void compute(const std::vector<Mat>& pooled, Mat& phi) const;

private:
    const Size grid;
    std::shared_ptr<const Projection> projection;
};

}} // namespace cv::anomaly

#endif
