// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_TURNED_PARTS_HPP
#define OPENCV_ANOMALY_TURNED_PARTS_HPP

#include "../backbone/backbone.hpp"
#include "../input/image_source.hpp"
#include "../input/preprocess.hpp"
#include "fit_reporter.hpp"

namespace cv { namespace anomaly {

/** @brief Computes how much nearer the patches of good images come to other good images, in the mean, if these are
turned to eight angles: 1 if parts lie alike, so that turns do not help, 1.1 and more if they lie at any angle.

It is taken between up to 8 of the images that `indices` number, each compared with all others; images that cannot be
read are passed over. 1 where fewer than three are left to compare. Reports the stage "turns".
engine: ENGINE_PLAIN or ENGINE_HALIDE.
*/
double gainOfTurning(const ImageSource& images, const std::vector<int>& indices, const InputSettings& input,
                     const Backbone& backbone, int engine, const FitReporter& reporter);

//! The turns in which these images are better learned: 8 where there are few of them and their parts lie at any angle,
//! else 1.
int turnsToLearn(const ImageSource& images, const std::vector<int>& indices, const InputSettings& input,
                 const Backbone& backbone, int engine, const FitReporter& reporter);

}} // namespace cv::anomaly

#endif
