// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_MAP_RANGES_HPP
#define OPENCV_ANOMALY_MAP_RANGES_HPP

#include "../backbone/backbone.hpp"
#include "../input/image_source.hpp"
#include "fit_reporter.hpp"

namespace cv { namespace anomaly {

/** @brief Finds the ranges of a backbone's maps on good images, with which it is computed in whole numbers (see
rangesOfMaps).

Up to 32 inputs are made of the images that `indices` number, evenly spread, as the detector sees them: in its input
modes, and with tiles one of each image. Images that cannot be read are passed over if the settings allow that. Reports
the stage "ranges".
engine: ENGINE_PLAIN or ENGINE_HALIDE.
*/
std::vector<Vec2f> rangesOnImages(const BackboneSource& source, const ImageSource& images,
                                  const std::vector<int>& indices, const DetectorParams& settings, int engine,
                                  const FitReporter& reporter);

}} // namespace cv::anomaly

#endif
