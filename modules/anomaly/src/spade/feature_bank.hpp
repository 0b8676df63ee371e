// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_FEATURE_BANK_HPP
#define OPENCV_ANOMALY_FEATURE_BANK_HPP

#include "opencv2/core.hpp"

#include <vector>

namespace cv { namespace anomaly {

//! What SPADE keeps of one good image.
struct ImageFeatures
{
    // 1 x channels of the last map, CV_32F: its mean over all positions, by which images are retrieved.
    Mat summary;
    // Of each scale: patches x channels, CV_16F. Half precision from the start, so that a loaded model scores as the
    // fitted one. Without rows where the mask leaves none.
    std::vector<Mat> rows;

    size_t bytes() const;
};

//! All patches of all good images (Cohen and Hoshen 2020, Sec. 3.3), image by image.
typedef std::vector<ImageFeatures> FeatureBank;

//! Pooled maps, of which those finer than the grid are averaged to it; coarser ones stay as they are.
CV_EXPORTS std::vector<Mat> mapsNoFinerThan(const std::vector<Mat>& pooled, Size grid);

//! Mean of the last map over its positions, 1 x channels, CV_32F.
CV_EXPORTS Mat imageSummary(const std::vector<Mat>& maps);

//! Memory that a bank may take. Half precision of EfficientNet-Lite0 takes 866 KB an image: 9,900 images.
const size_t mostBankBytes = size_t(8) << 30;

//! Collects the bank of a known number of images, and stops at the first one if they are too many.
class CV_EXPORTS FeatureBankBuilder
{
public:
    explicit FeatureBankBuilder(int images, size_t mostBytes = mostBankBytes);

    //! maps: as mapsNoFinerThan gives them. mask: empty, or CV_8U of any size that shows the same, nonzero on what is
    //! to be learned.
    void add(const std::vector<Mat>& maps, const Mat& mask);

    const FeatureBank& bank() const { return features; }

private:
    void checkLimit(size_t imageBytes, bool masked) const;

    int images;
    size_t mostBytes, bytes;
    FeatureBank features;
};

}} // namespace cv::anomaly

#endif
