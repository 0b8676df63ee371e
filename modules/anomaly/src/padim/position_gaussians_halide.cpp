// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "position_gaussians.hpp"
#include "gaussian_panels.hpp"
#include "../device/halide_runtime.hpp"
#include "../kernels/halide_buffers.hpp"

#include "anomaly_mahalanobis.h"

namespace cv { namespace anomaly {

namespace {

//! Computes Mahalanobis distances with the kernel mahalanobis.
class HalideGaussianScorer CV_FINAL : public GaussianScorer
{
public:
    explicit HalideGaussianScorer(const PositionGaussians& g) : gaussians(g) {}

    void score(const Mat& features, Mat& distances) const CV_OVERRIDE
    {
        checkFeatures(features, gaussians);
        distances.create(1, features.cols, CV_32F);
        const int entries = triangle(gaussians.length());
        runKernel("mahalanobis", [&](void* context) {
            return anomaly_mahalanobis(
                context, viewOf<float>(features), viewOf<float>(gaussians.mean),
                viewOf<float>(gaussians.whitening, {gaussianPanel, entries, gaussians.whitening.rows}),
                viewOf<float>(distances, {features.cols}));
        });
    }

private:
    PositionGaussians gaussians;
};

} // namespace

std::shared_ptr<const GaussianScorer> createHalideGaussianScorer(const PositionGaussians& gaussians)
{
    return std::make_shared<HalideGaussianScorer>(gaussians);
}

}} // namespace cv::anomaly
