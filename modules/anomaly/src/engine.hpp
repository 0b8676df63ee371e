// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ENGINE_HPP
#define OPENCV_ANOMALY_ENGINE_HPP

namespace cv {
namespace anomaly {

//! ENGINE_PLAIN or ENGINE_HALIDE for any Engine; throws when this build lacks what is asked for.
int resolveEngine(int engine);

}} // namespace cv::anomaly

#endif
