// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_FEATURE_BANK_HPP
#define OPENCV_ANOMALY_FEATURE_BANK_HPP

#include "opencv2/core.hpp"

#include <vector>

namespace cv { namespace anomaly {

//! All patches of all good images (Cohen and Hoshen 2020, Sec. 3.3). They are in half precision from the start, so that
//! a loaded model scores as the fitted one.
struct FeatureBank
{
    Mat summaries;         // images x channels of the last map, CV_32F: its mean, by which images are retrieved
    std::vector<Mat> rows; // of each scale: patches x channels, CV_16F, one image after the other
    std::vector<std::vector<int>> ends; // of each scale: the row behind each image's last

    int images() const { return summaries.rows; }
    //! An image's rows of a scale; none where a mask left none.
    Mat patches(int image, size_t scale) const;
    size_t bytes() const;
};

//! Mean of the last map over its positions, 1 x channels, CV_32F.
Mat imageSummary(const std::vector<Mat>& maps);

//! Memory that a bank may take. Half precision of EfficientNet-Lite0 takes 866 KB an image: 9,900 images.
const size_t mostBankBytes = size_t(8) << 30;

//! Collects the bank of a known number of images, and stops at the first one if they are too many.
class FeatureBankBuilder
{
public:
    explicit FeatureBankBuilder(int images, size_t mostBytes = mostBankBytes);
    //! Goes on from a bank, by so many images more.
    FeatureBankBuilder(const FeatureBank& before, int images, size_t mostBytes = mostBankBytes);

    //! maps: pooled, and none finer than the patch grid (see averagedToGrid). mask: empty, or CV_8U of any size that
    //! shows the same, nonzero on what is to be learned.
    void add(const std::vector<Mat>& maps, const Mat& mask);

    const FeatureBank& bank() const { return features; }

private:
    void start(const std::vector<Mat>& maps);
    void checkLimit(size_t imageBytes, bool masked) const;

    int images; // that are to be added
    size_t mostBytes, bytesBefore;
    FeatureBank features;
};

}} // namespace cv::anomaly

#endif
