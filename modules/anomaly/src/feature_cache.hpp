// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_FEATURE_CACHE_HPP
#define OPENCV_ANOMALY_FEATURE_CACHE_HPP

#include "opencv2/core.hpp"

#include <functional>
#include <vector>

namespace cv {
namespace anomaly {

//! What training sees of an image: its pooled maps at their own resolution, and the patches that count.
struct TrainingFeatures
{
    std::vector<Mat> maps;
    Mat mask; // empty, or 1 x patches, CV_8U
};

//! Keeps the features of the first images in memory, as many as the limit allows; the others are computed at each use.
class FeatureCache
{
public:
    typedef std::function<TrainingFeatures(int)> Compute;

    FeatureCache(const Compute& compute, size_t limitBytes);
    TrainingFeatures get(int image);
    //! Keeps features that are known already, if they fit.
    void put(int image, const TrainingFeatures& features);

private:
    Compute compute;
    size_t freeBytes;
    std::vector<TrainingFeatures> kept;
};

}} // namespace cv::anomaly

#endif
