// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_CONVOLUTION_LAYERS_HPP
#define OPENCV_ANOMALY_CONVOLUTION_LAYERS_HPP

#include "opencv2/core.hpp"

#include <vector>

namespace cv { namespace anomaly {

/** @brief The network with those of its convolutions done by layers of ours that have a kernel: depthwise ones of 3x3
and 5x5 of stride
1 and 2, and square ones over all channels.

cv::dnn 4.6 takes two to three times as long for them. All else is cv::dnn's as before. An `onnx` that is not as
expected is returned as it is.
*/
std::vector<uchar> withFastConvolutions(const std::vector<uchar>& onnx);

}} // namespace cv::anomaly

#endif
