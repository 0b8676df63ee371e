// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_MEMORY_BANK_HPP
#define OPENCV_ANOMALY_MEMORY_BANK_HPP

#include "opencv2/core.hpp"

namespace cv { namespace anomaly {

struct BankSettings
{
    int mode;        // one of CFA::BankMode
    double gammaC;   // centers as a share of the patches
    double momentum; // for BANK_EMA
    int least;       // centers that must be left
    int seed;
    int engine; // for the search in k-means
};

//! Builds the bank that descriptors adapt to, centers x D', CV_32F, from one image's descriptors after the other; its
//! memory does not grow with their number.
class MemoryBankBuilder
{
public:
    explicit MemoryBankBuilder(const BankSettings& settings);

    //! phi: D' x patches; mask: empty, or 1 x patches, CV_8U, nonzero on the patches to learn.
    void add(const Mat& phi, const Mat& mask);

    Mat finish() const;

private:
    void addMean(const Mat& phi, const Mat& mask);
    void addMovingAverage(const Mat& phi, const Mat& mask);

    BankSettings settings;
    Mat mean;    // D' x patches: BANK_MEAN
    Mat count;   // 1 x patches, CV_32S: images that each position was learned from
    Mat centers; // centers x D': BANK_EMA
};

/** @brief Builds a bank of patches as they are: k-means of a sample, drawn evenly from all that are added.

The mean at each position blurs what lies at another place in every image, and the moving average forgets all but the
last ones.
*/
class PatchSampler
{
public:
    explicit PatchSampler(const BankSettings& settings);

    //! As MemoryBankBuilder's.
    void add(const Mat& phi, const Mat& mask);

    //! gammaC of an image's patches become centers.
    Mat finish() const;

private:
    BankSettings settings;
    RNG random;
    int patches;  // of an image, whether learned or not
    uint64 added; // patches that could have been drawn
    Mat sample;   // patches x D'
};

/** @brief The gradient of a loss by descriptors: 2 sum_k g_k (phi - c_k) for every patch.

phi and result: D' x patches; g: k x patches, the loss' gradient by the squared distances; indices: k x patches, CV_32S,
the
centers that these are to.
*/
void distanceGradientToDescriptors(const Mat& phi, const Mat& bank, const Mat& g, const Mat& indices, Mat& result);

}} // namespace cv::anomaly

#endif
