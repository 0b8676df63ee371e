// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_THRESHOLDS_HPP
#define OPENCV_ANOMALY_THRESHOLDS_HPP

#include "../input/image_source.hpp"
#include "fitted_model.hpp"

#include <map>

namespace cv { namespace anomaly {

//! For one model of a fit: the indices that the pieces of each learned image have in the training data.
typedef std::map<int, std::vector<int>> PiecesOfImages;

/** @brief Scores good images after a fit: `good` ones that were kept out of it, and `learned` ones.

If the method supports it, each learned image is scored by a model without what that image taught, which gives the score
that a new image would have (doc/results.md). With other methods, scores of learned images only tell how widely scores
spread. If no good image was kept out either, they are used as they are, which makes the thresholds too low, and a
warning says so.
@param pieces indices of the pieces of each image, one element for each model of an ensemble
*/
GoodScores scoresAfterFit(const FittedModel& model, const ImageSource& images, const std::vector<int>& good,
                          const std::vector<int>& learned, const std::vector<PiecesOfImages>& pieces,
                          const FitReporter& reporter);

//! Scores the chosen images, all of which are good and were not learned.
GoodScores scoresOfGoodImages(const FittedModel& model, const ImageSource& images, const std::vector<int>& chosen,
                              const FitReporter& reporter);

//! The learned images that are scored for thresholds: all of them, or an even sample if there are more than 200.
std::vector<int> imagesToScore(const std::vector<int>& learned);

//! Sets thresholds from good and defective images. If `masked`, the masks of `images` are nonzero on defects and also
//! give the pixel threshold; otherwise it stays as it is.
Calibration bestThresholds(const FittedModel& model, const ImageSource& images, const Mat& labels, bool masked);

}} // namespace cv::anomaly

#endif
