// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_THRESHOLDS_HPP
#define OPENCV_ANOMALY_THRESHOLDS_HPP

#include "../input/image_source.hpp"
#include "fitted_model.hpp"

#include <map>

namespace cv { namespace anomaly {

//! For one model of a fit: the numbers that the training data has for the pieces of each image that was learned.
typedef std::map<int, std::vector<int>> PiecesOfImages;

/** @brief Scores of good images after a fit: of `good` ones that were kept out of it, and of `learned` ones.

Of a method that can tell, each learned image is scored by the model without what it taught itself, which is as a new
image would score (doc/results.md). Of others, the scores of learned images only tell how widely scores are spread;
where no good image was kept out, they stand for new ones, a little low, with a warning.
*/
GoodScores scoresAfterFit(const FittedModel& model, const ImageSource& images, const std::vector<int>& good,
                          const std::vector<int>& learned, const std::vector<PiecesOfImages>& pieces,
                          const FitReporter& reporter);

//! Scores of some of the images, which are all good and were not learned.
GoodScores scoresOfGood(const FittedModel& model, const ImageSource& images, const std::vector<int>& chosen);

//! Those of the learned images that tell enough: all, or an even sample of many.
std::vector<int> imagesToScore(const std::vector<int>& learned);

//! Thresholds from good and defective images. The pixel threshold stays as it is unless `masked`, where the masks of
//! `images` are nonzero on defects.
Calibration bestThresholds(const FittedModel& model, const ImageSource& images, const Mat& labels, bool masked);

}} // namespace cv::anomaly

#endif
