// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_MEMORY_BANK_HPP
#define OPENCV_ANOMALY_MEMORY_BANK_HPP

#include "opencv2/core.hpp"

namespace cv { namespace anomaly {

//! How a bank of k-means centers is made.
struct BankSettings
{
    int mode;        // one of CFA::BankMode
    double gammaC;   // number of centers as a share of the number of patches
    double momentum; // of BANK_EMA: how far a center moves towards its patch
    int least;       // smallest number of centers; fewer are an error
    int seed;
    int engine; // for the search within k-means
};

//! Builds the bank that descriptors adapt to, centers x D', CV_32F. It takes the descriptors of one image at a time,
//! and its memory does not grow with the number of images.
class MemoryBankBuilder
{
public:
    explicit MemoryBankBuilder(const BankSettings& settings);

    //! phi: D' x patches; mask: empty, or 1 x patches, CV_8U, nonzero on the patches to learn.
    void add(const Mat& phi, const Mat& mask);

    //! Returns the bank; throws if masks left no patch, or if it would have fewer than `least` centers.
    Mat finish() const;

private:
    void addMean(const Mat& phi, const Mat& mask);
    void addMovingAverage(const Mat& phi, const Mat& mask);

    BankSettings settings;
    Mat mean;    // D' x patches, for BANK_MEAN
    Mat count;   // 1 x patches, CV_32S: number of images that each position was learned from
    Mat centers; // centers x D', for BANK_EMA
};

/** @brief Builds a bank by k-means of a sample of patches, drawn with equal probability from all that are added.

The other ways lose something: the mean at each position blurs what lies elsewhere in every image, and the moving
average forgets all but the last images.
*/
class PatchSampler
{
public:
    explicit PatchSampler(const BankSettings& settings);

    //! phi and mask are those of MemoryBankBuilder::add.
    void add(const Mat& phi, const Mat& mask);

    //! Returns the bank. The number of centers is gammaC times the patches of an image.
    Mat finish() const;

private:
    BankSettings settings;
    RNG random;
    int patches;  // number of patches of an image, with those that masks leave out
    uint64 added; // number of patches from which the sample is drawn
    Mat sample;   // patches x D'
};

/** @brief Computes the gradient of a loss with respect to descriptors: 2 sum_k g_k (phi - c_k) for every patch.
@param phi descriptors, D' x patches, CV_32F
@param bank centers x D', CV_32F
@param g k x patches, CV_32F: gradient with respect to the squared distances
@param indices k x patches, CV_32S: the centers to which these distances are
@param result D' x patches, CV_32F
*/
void distanceGradientToDescriptors(const Mat& phi, const Mat& bank, const Mat& g, const Mat& indices, Mat& result);

}} // namespace cv::anomaly

#endif
