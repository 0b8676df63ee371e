// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ADAPTATION_HPP
#define OPENCV_ANOMALY_ADAPTATION_HPP

#include "feature_cache.hpp"
#include "fit_reporter.hpp"
#include "model_io.hpp"

#include <functional>

namespace cv {
namespace anomaly {

//! Learns descriptor, bank and radius from `images` images. `features` gives each image's pooled maps; `engine` is resolved.
TrainedModel adapt(int images, FeatureCache& features, const CFA::Params& params, int engine, FitReporter& reporter);

}} // namespace cv::anomaly

#endif
