// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ALIGNMENT_HPP
#define OPENCV_ANOMALY_ALIGNMENT_HPP

#include "../training/training_images.hpp"
#include "patch_features.hpp"

namespace cv { namespace anomaly {

/** @brief How much farther from other images the most unusual patches of an image are if they are compared with those
from about their own places only: 1 where parts lie alike, more where they turn or move.

It is taken between a few of the training images, evenly spread: the distances within `window` over those without one.
*/
double placeRatio(const TrainingData& data, const PatchFeatures& patches, Size grid, int window, int engine);

//! The window for patches of these images: 3 where their parts lie alike, else 0, none.
int alignedWindow(const TrainingData& data, const PatchFeatures& patches, Size grid, int engine);

}} // namespace cv::anomaly

#endif
