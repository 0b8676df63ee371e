// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_CONVOLUTION_LAYERS_HPP
#define OPENCV_ANOMALY_CONVOLUTION_LAYERS_HPP

#include "opencv2/core.hpp"

#include <vector>

namespace cv { namespace anomaly {

/** @brief Replaces convolutions of a network by layers of this library that have a kernel: depthwise ones of 3x3 and
5x5 with stride 1 and 2, and those over all channels with a square kernel.

cv::dnn 4.6 takes two to three times as long for them. All other nodes stay as they are. If the bytes cannot be parsed,
they are returned unchanged.
*/
std::vector<uchar> withFastConvolutions(const std::vector<uchar>& onnx);

}} // namespace cv::anomaly

#endif
