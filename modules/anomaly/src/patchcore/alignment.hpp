// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ALIGNMENT_HPP
#define OPENCV_ANOMALY_ALIGNMENT_HPP

#include "../training/training_images.hpp"
#include "patch_features.hpp"

namespace cv { namespace anomaly {

/** @brief Measures how much larger the scores of images become if their patches are only compared with patches from
nearby places: 1 if parts lie alike in all images, more if they turn or move.

It compares a few of the training images, evenly spread, with others of them, and divides the mean distance of their
most unusual patches within `window` by the mean distance without a window.
*/
double placeRatio(const TrainingData& data, const PatchFeatures& patches, Size grid, int window, int engine);

//! Chooses the window for these images: 3 patches if their parts lie alike, else 0, which means no window.
int alignedWindow(const TrainingData& data, const PatchFeatures& patches, Size grid, int engine);

}} // namespace cv::anomaly

#endif
