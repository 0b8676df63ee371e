// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "whitening.hpp"
#include "../kernels/panels.hpp"
#include "../kernels/row_products.hpp"
#include "../kernels/symmetric_eigen.hpp"

namespace cv { namespace anomaly {

// The share of the mean variance that is added to each variance, m / 100 in the header's equation.
static const double shareOfMeanVariance = 0.01;

// If axes are fitted to hardly more patches than there are axes, new patches lie farther from the learned ones than
// those lie from each other. With three patches for each axis, all of twelve new images of noise exceeded the threshold
// that leaving one out had set; with twelve patches for each axis, none did.
static const int patchesOfAnAxis = 12;

// If patches do not vary at all, their axes are arbitrary, and the weights must still fit into single precision.
static const double leastVariance = 1e-12;

// Adds the products of features, one in each row, to the lower triangle of `sums`. An OpenCV without LAPACK takes 20 s
// for what this does in 1, 20,000 patches of 1056 features.
static void addProducts(const Mat& features, Mat& sums)
{
    const int rowsAtOnce = 48;
    parallel_for_(Range(0, divideUp(features.rows, rowsAtOnce)), [&](const Range& range) {
        for (int block = range.start; block < range.end; block++)
        {
            const Range rows(block * rowsAtOnce, std::min((block + 1) * rowsAtOnce, features.rows));
            Mat some = sums(rows, Range(0, rows.end));
            some += RowProducts(features.rowRange(rows)).with(features.rowRange(0, rows.end)).t();
        }
    });
}

static Mat covarianceOf(const Mat& patches, const Mat& mean)
{
    // The centered patches in double precision take 8 MiB for 1024 patches of 1056 features.
    const int patchesAtOnce = 1024;
    Mat covariance = Mat::zeros(patches.cols, patches.cols, CV_64F), centered;
    for (int first = 0; first < patches.rows; first += patchesAtOnce)
    {
        const Range range(first, std::min(first + patchesAtOnce, patches.rows));
        Mat(patches.rowRange(range) - repeat(mean, range.size(), 1)).convertTo(centered, CV_64F);
        addProducts(centered.t(), covariance);
    }
    completeSymm(covariance, true);
    return covariance / patches.rows;
}

Descriptor whitenedAxes(const Mat& patches, const std::vector<int>& channels, double power, int axes)
{
    Mat mean;
    reduce(patches, mean, 0, REDUCE_AVG);
    const Mat covariance = covarianceOf(patches, mean);
    const double floor = shareOfMeanVariance * trace(covariance)[0] / covariance.rows;
    Mat variances, rows;
    symmetricEigen(covariance, variances, rows);
    const int supported = power > 0 ? std::max(patches.rows / patchesOfAnAxis, 1) : rows.rows;
    const int kept = std::min({axes > 0 ? axes : rows.rows, rows.rows, supported});
    Mat W = rows.rowRange(0, kept).clone();
    for (int axis = 0; axis < kept; axis++)
        W.row(axis) *= std::pow(std::max(variances.at<double>(axis) + floor, leastVariance), -power / 2);
    mean.convertTo(mean, CV_64F);
    const Mat b = -W * mean.t();
    Mat singleW, singleB;
    W.convertTo(singleW, CV_32F);
    b.convertTo(singleB, CV_32F);
    return descriptorWithoutPlace(channels, singleW, singleB);
}

Descriptor descriptorWithoutPlace(const std::vector<int>& channels, const Mat& W, const Mat& b)
{
    Descriptor descriptor = {channels, Mat(), b};
    hconcat(W, Mat::zeros(W.rows, 2, CV_32F), descriptor.W);
    return descriptor;
}

}} // namespace cv::anomaly
