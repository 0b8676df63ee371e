// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_THRESHOLDS_HPP
#define OPENCV_ANOMALY_THRESHOLDS_HPP

#include "../input/image_source.hpp"
#include "fitted_model.hpp"

namespace cv { namespace anomaly {

//! Thresholds after a fit: from `good` images that were kept out of it, and from how widely the scores of `learned`
//! ones are spread; from the learned ones alone where no good one is left, with a warning.
Calibration thresholdsAfterFit(const FittedModel& model, const ImageSource& images, const std::vector<int>& good,
                               const std::vector<int>& learned, const FitReporter& reporter);

//! Thresholds from images that are all good.
Calibration goodThresholds(const FittedModel& model, const ImageSource& images);

//! Thresholds from good and defective images. The pixel threshold stays as it is unless `masked`, where the masks of
//! `images` are nonzero on defects.
Calibration bestThresholds(const FittedModel& model, const ImageSource& images, const Mat& labels, bool masked);

}} // namespace cv::anomaly

#endif
