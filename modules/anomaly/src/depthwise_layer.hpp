// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_DEPTHWISE_LAYER_HPP
#define OPENCV_ANOMALY_DEPTHWISE_LAYER_HPP

#include "opencv2/core.hpp"

#include <vector>

namespace cv {
namespace anomaly {

/** @brief The network with its depthwise convolutions done by a layer of ours.

cv::dnn 4.6 runs most of them (5x5, or maps narrower than 18) through its general convolution: half of EfficientNet-Lite0's time.
Where nothing is to be gained, or `onnx` is not read as expected, it is returned as it is.
*/
std::vector<uchar> withFastDepthwise(const std::vector<uchar>& onnx);

}} // namespace cv::anomaly

#endif
