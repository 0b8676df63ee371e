// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_NETWORK_CHECK_HPP
#define OPENCV_ANOMALY_NETWORK_CHECK_HPP

#include "backbone.hpp"

namespace cv { namespace anomaly {

/** @brief Loads a backbone as loadBackbone does, with all of its weights.

PyTorch 2.9 and newer leave the weights of a network in a file of their own beside the ONNX file, and cv::dnn does not
look for it. They are put into the bytes here, so that a model knows and keeps the network as a whole. Files are read
from below the ONNX file's folder only.
*/
BackboneSource loadWholeBackbone(const String& nameOrFile, const std::vector<String>& outputs);

/** @brief Makes a backbone as Backbone::create does, after a check.

cv::dnn ends the process where weights are missing or a convolution has 0 groups, and explains little of what it
refuses. Both become a cv::Exception that says what is wrong with the network and how to export one that is read.
*/
std::shared_ptr<const Backbone> createBackbone(const BackboneSource& source, const Device& device);

}} // namespace cv::anomaly

#endif
