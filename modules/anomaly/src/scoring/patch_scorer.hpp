// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_PATCH_SCORER_HPP
#define OPENCV_ANOMALY_PATCH_SCORER_HPP

#include "../base/stage_clock.hpp"

#include "opencv2/core.hpp"

#include <memory>
#include <vector>

namespace cv { namespace anomaly {

//! Value in place of an image's score if the method takes that from the map.
const double scoreOfMap = std::numeric_limits<double>::quiet_NaN();

//! Computes scores of an image's patches from its feature maps. Safe for calls from several threads.
class PatchScorer
{
public:
    virtual ~PatchScorer() {}

    //! maps: from the backbone, each 1 x channels x rows x columns, CV_32F, finest first. patchScores: CV_32F of the
    //! patch grid's size. The clock may be null. Returns the image's score if the method has one of its own, else
    //! scoreOfMap.
    virtual double score(const std::vector<Mat>& maps, Mat& patchScores, StageClock* clock) const = 0;
};

}} // namespace cv::anomaly

#endif
