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

//! What an image scores where the method leaves that to the map.
const double scoreOfMap = std::numeric_limits<double>::quiet_NaN();

//! Feature maps of an image in, scores of its patches out. Safe from several threads.
class PatchScorer
{
public:
    virtual ~PatchScorer() {}

    //! maps: the backbone's, each 1 x channels x rows x cols, CV_32F. patchScores: CV_32F of the patch grid's size. The
    //! clock may be null. Gives the image's score where the method has one of its own, else scoreOfMap.
    virtual double score(const std::vector<Mat>& maps, Mat& patchScores, StageClock* clock) const = 0;
};

}} // namespace cv::anomaly

#endif
