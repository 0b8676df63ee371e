// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_POSITION_GAUSSIANS_HPP
#define OPENCV_ANOMALY_POSITION_GAUSSIANS_HPP

#include "opencv2/core.hpp"

#include <functional>
#include <memory>

namespace cv { namespace anomaly {

/** @brief A Gaussian N(m, S) of the d features at each position (@cite Defard2021padim, Eq. 1).

The covariance S = L L^T is stored as L^-1, so that the Mahalanobis distance of x is |L^-1 (x - m)|: one product with a
triangular matrix instead of solving two triangular systems. A position that was learned from fewer than two images has
no covariance: its L^-1 is 0, so it always scores 0. L^-1 is stored in the panels that the kernel reads. A second copy
in another order would take the same memory again, 475 MB with d = 550.
*/
struct PositionGaussians
{
    Mat mean;      // d x positions, CV_32F
    Mat whitening; // panels x (triangle(d) * gaussianPanel), CV_32F: L^-1 row by row, a panel's positions adjacent
    Mat counts;    // 1 x positions, CV_32S: number of images each was learned from; empty if the file lacks them

    int length() const { return mean.rows; }
    int positions() const { return mean.cols; }
    size_t bytes() const { return (mean.total() + whitening.total()) * sizeof(float); }
};

//! Features of one image.
struct PositionSample
{
    Mat features; // d x positions, CV_32F
    Mat mask;     // empty, or 1 x positions, CV_8U, nonzero at positions that are learned
};

//! Settings of the fit of Gaussians.
struct GaussianSettings
{
    // Added to the diagonal of the covariance, which makes S invertible with fewer images than features. Value of the
    // paper.
    double regularization = 0.01;
    // Working memory in bytes. 1 GiB is enough for all positions of a 28x28 grid with d = 550 in one pass over the
    // images.
    size_t workingBytes = size_t(1) << 30;
};

/** @brief Computes mean and covariance (divisor n - 1) at each position over all images.

`sample(i)` returns image i. If the working memory does not hold all positions, the images are read several times, each
time for a block of positions. Memory does not grow with the number of images. `progress` is called after each image of
each pass. If it throws, the fit ends.
*/
PositionGaussians fitGaussians(int images, const std::function<PositionSample(int)>& sample,
                               const GaussianSettings& settings = GaussianSettings(),
                               const std::function<void(int done, int total)>& progress = nullptr);

/** @brief Adds further images to Gaussians, with the same result as if all images had been learned together.

The sums of products are recovered from L^-1: they are (n - 1) (L L^T - regularization). A position that had been
learned from a single image starts again without it, since the mean of one image is not stored.
@param before Gaussians with counts, fitted with the same regularization
@param images number of further images, at least 1
*/
PositionGaussians updatedGaussians(const PositionGaussians& before, int images,
                                   const std::function<PositionSample(int)>& sample,
                                   const GaussianSettings& settings = GaussianSettings(),
                                   const std::function<void(int done, int total)>& progress = nullptr);

//! Computes the Mahalanobis distance at each position (@cite Defard2021padim, Eq. 2). Safe for calls from several
//! threads.
class GaussianScorer
{
public:
    virtual ~GaussianScorer() {}

    //! features: d x positions, CV_32F. distances: 1 x positions, CV_32F.
    virtual void score(const Mat& features, Mat& distances) const = 0;

    //! engine: ENGINE_PLAIN or ENGINE_HALIDE. The matrices of the Gaussians are not copied and must not change.
    static std::shared_ptr<const GaussianScorer> create(const PositionGaussians& gaussians, int engine);
};

//! Throws unless features and Gaussians have the same number of features and positions.
void checkFeatures(const Mat& features, const PositionGaussians& gaussians);

// The Halide implementation, in builds that have it.
std::shared_ptr<const GaussianScorer> createHalideGaussianScorer(const PositionGaussians& gaussians);

}} // namespace cv::anomaly

#endif
