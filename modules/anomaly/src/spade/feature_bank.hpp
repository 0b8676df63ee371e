// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_FEATURE_BANK_HPP
#define OPENCV_ANOMALY_FEATURE_BANK_HPP

#include "opencv2/core.hpp"

#include <vector>

namespace cv { namespace anomaly {

//! All patches of all good images (@cite Cohen2020spade, Sec. 3.3), in half precision. They are rounded to it when they
//! are added, so that a loaded model gives the same scores as the fitted one.
struct FeatureBank
{
    Mat summaries;         // images x channels of the last map, CV_32F: mean of the map, for retrieving images
    std::vector<Mat> rows; // for each scale: patches x channels, CV_16F, image by image
    std::vector<std::vector<int>> ends; // for each scale and image: index after the image's last row

    int images() const { return summaries.rows; }
    //! Rows of one image in one scale; there are none if a mask left none.
    Mat patches(int image, size_t scale) const;
    size_t bytes() const;
};

//! Mean of the last (coarsest) map over its positions, 1 x channels, CV_32F.
Mat imageSummary(const std::vector<Mat>& maps);

//! Memory that a bank may take. With EfficientNet-Lite0 an image takes 866 KB in half precision, so 9,900 images fit.
const size_t mostBankBytes = size_t(8) << 30;

//! Collects the bank of a known number of images. If they would take too much memory, it throws at the first image.
class FeatureBankBuilder
{
public:
    explicit FeatureBankBuilder(int images, size_t mostBytes = mostBankBytes);
    //! Extends an earlier bank by this many images.
    FeatureBankBuilder(const FeatureBank& before, int images, size_t mostBytes = mostBankBytes);

    //! maps: averaged over 3x3, and none finer than the patch grid (see averagedToGrid). mask: empty, or CV_8U of any
    //! size that covers the same area, nonzero where patches are learned.
    void add(const std::vector<Mat>& maps, const Mat& mask);

    const FeatureBank& bank() const { return features; }

private:
    void start(const std::vector<Mat>& maps);
    void checkLimit(size_t imageBytes, bool masked) const;

    int images; // number of images to add
    size_t mostBytes, bytesBefore;
    FeatureBank features;
};

}} // namespace cv::anomaly

#endif
