// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_FEATURE_CACHE_HPP
#define OPENCV_ANOMALY_FEATURE_CACHE_HPP

#include "feature_file.hpp"

#include <functional>
#include <vector>

namespace cv { namespace anomaly {

//! Features of an image for training: its maps after the 3x3 average, each at its own resolution, and a mask of
//! patches.
struct TrainingFeatures
{
    std::vector<Mat> maps;
    Mat mask; // empty if all patches count, or 1 x patches, CV_8U, nonzero on those that count
};

//! Keeps features in memory up to a limit, then in a temporary file. If there is no file, or the disk is full, features
//! are computed again each time they are read. Not safe for concurrent calls.
class FeatureCache
{
public:
    typedef std::function<TrainingFeatures(int)> Compute;

    //! toFile: whether features that do not fit into memory are written to a temporary file.
    FeatureCache(const Compute& compute, size_t limitBytes, bool toFile);
    TrainingFeatures get(int image);
    //! Keeps features that have just been computed.
    void put(int image, const TrainingFeatures& features);

private:
    Compute compute;
    size_t freeBytes;
    const bool toFile;
    struct Kept
    {
        Kept() : place(-1) {}
        TrainingFeatures features; // without maps when these are in the file
        int place;                 // index in the file, or -1
    };
    std::vector<Kept> kept;
    FeatureFile file;
};

}} // namespace cv::anomaly

#endif
