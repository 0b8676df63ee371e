// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_POSITION_GAUSSIANS_HPP
#define OPENCV_ANOMALY_POSITION_GAUSSIANS_HPP

#include "opencv2/core.hpp"

#include <functional>
#include <memory>

namespace cv { namespace anomaly {

/** @brief A Gaussian N(m, S) of the d features at each position (Defard et al. 2021, Eq. 1).

S = L L^T is kept as L^-1, so that the Mahalanobis distance of x is |L^-1 (x - m)|: one product with a triangular matrix
in place of two substitutions. A position that was learned from fewer than two images has no covariance: its L^-1 is 0,
and it scores 0 whatever lies there. The model keeps the panels that the kernel reads: matrices in another order beside
them would take as much memory once more, 475 MB at d = 550.
*/
struct PositionGaussians
{
    Mat mean;      // d x positions, CV_32F: positions innermost, as descriptors come
    Mat whitening; // panels x (triangle(d) * gaussianPanel), CV_32F: L^-1 row by row, positions of a panel innermost
    Mat counts;    // 1 x positions, CV_32S: images that each was learned from; empty in files of before they were kept

    int length() const { return mean.rows; }
    int positions() const { return mean.cols; }
    size_t bytes() const { return (mean.total() + whitening.total()) * sizeof(float); }
};

//! What one image teaches.
struct PositionSample
{
    Mat features; // d x positions, CV_32F
    Mat mask;     // empty, or 1 x positions, CV_8U, nonzero where the image is learned from
};

struct GaussianSettings
{
    // Added to the covariance's diagonal. It makes S invertible from fewer images than features; the paper's value.
    double regularization = 0.01;
    // Working memory. 1 GiB holds all positions of a 28x28 grid at d = 550, so that each image is asked for once.
    size_t workingBytes = size_t(1) << 30;
};

/** @brief Mean and covariance (divisor n - 1) at each position over all images.

`sample(i)` gives image i; with more positions than the working memory holds, every image is asked for several times,
for a block of positions each time. Memory does not grow with the number of images. `progress` is called after each
image of each pass, and may throw to end the fit.
*/
PositionGaussians fitGaussians(int images, const std::function<PositionSample(int)>& sample,
                               const GaussianSettings& settings = GaussianSettings(),
                               const std::function<void(int done, int total)>& progress = nullptr);

/** @brief The Gaussians of the images of `before` and further ones, as if all had been learned at once.

Sums of products come from L^-1: they are (n - 1) (L L^T - regularization). A position that one image alone had shown
starts anew, since its mean was not kept. before: with counts, and fitted with the same regularization. images: 1 or
more.
*/
PositionGaussians updatedGaussians(const PositionGaussians& before, int images,
                                   const std::function<PositionSample(int)>& sample,
                                   const GaussianSettings& settings = GaussianSettings(),
                                   const std::function<void(int done, int total)>& progress = nullptr);

//! Mahalanobis distances of an image's features, position by position (Eq. 2).
class GaussianScorer
{
public:
    virtual ~GaussianScorer() {}

    //! features: d x positions, CV_32F. distances: 1 x positions, CV_32F.
    virtual void score(const Mat& features, Mat& distances) const = 0;

    //! `engine`: ENGINE_PLAIN or ENGINE_HALIDE. The Gaussians are not changed after.
    static std::shared_ptr<const GaussianScorer> create(const PositionGaussians& gaussians, int engine);
};

//! Throws unless both are of the same length and grid.
void checkFeatures(const Mat& features, const PositionGaussians& gaussians);

// The Halide form, in builds that have it.
std::shared_ptr<const GaussianScorer> createHalideGaussianScorer(const PositionGaussians& gaussians);

}} // namespace cv::anomaly

#endif
