// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_FEATURE_CACHE_HPP
#define OPENCV_ANOMALY_FEATURE_CACHE_HPP

#include "feature_file.hpp"

#include <functional>
#include <vector>

namespace cv { namespace anomaly {

//! What training sees of an image: its pooled maps at their own resolution, and the patches that count.
struct TrainingFeatures
{
    std::vector<Mat> maps;
    Mat mask; // empty, or 1 x patches, CV_8U
};

//! Keeps features in memory as far as the limit allows, then in a temporary file; where the disk takes none either,
//! they are computed at each use.
class FeatureCache
{
public:
    typedef std::function<TrainingFeatures(int)> Compute;

    //! toFile: whether what memory has no room for goes to a temporary file; else it is computed at each use.
    FeatureCache(const Compute& compute, size_t limitBytes, bool toFile);
    TrainingFeatures get(int image);
    //! Keeps features that are known already.
    void put(int image, const TrainingFeatures& features);

private:
    Compute compute;
    size_t freeBytes;
    const bool toFile;
    struct Kept
    {
        Kept() : place(-1) {}
        TrainingFeatures features; // without maps when these are in the file
        int place;                 // in the file, or -1
    };
    std::vector<Kept> kept;
    FeatureFile file;
};

}} // namespace cv::anomaly

#endif
