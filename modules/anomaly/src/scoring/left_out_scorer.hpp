// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_LEFT_OUT_SCORER_HPP
#define OPENCV_ANOMALY_LEFT_OUT_SCORER_HPP

#include "patch_scorer.hpp"

#include <functional>
#include <memory>

namespace cv { namespace anomaly {

//! A memory bank that knows which piece of the training data taught it each row.
struct TaughtBank
{
    Mat rows; // patches x length, CV_32F
    std::vector<int> pieces;
};

typedef std::function<void(const std::vector<Mat>& maps, Mat& phi)> DescribeMaps;
typedef std::function<std::shared_ptr<const PatchScorer>(const std::vector<int>& rows)> ScorerOfRows;

/** @brief Scores a training image by what the others taught, as a new image would be scored.

Often some of the others show the same part: the next picture of a video, or one under other light. A new part has none
of its own among the good images, so others are left out, too, that are nearest to far more patches than most are.
@param bank all rows
@param left pieces of the image, which are left out
@param engine ENGINE_PLAIN or ENGINE_HALIDE
@param describe gives what patches are compared by, length x patches, from a backbone's maps
@param scorerOf makes what scores by some rows of the bank, from their numbers
@param fewest rows that a scorer needs
@return null where too few rows are left, or the bank does not know what taught it
*/
std::shared_ptr<const PatchScorer> createLeftOutScorer(const TaughtBank& bank, const std::vector<int>& left, int engine,
                                                       const DescribeMaps& describe, const ScorerOfRows& scorerOf,
                                                       int fewest = 1);

}} // namespace cv::anomaly

#endif
