// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_NETWORK_CHECK_HPP
#define OPENCV_ANOMALY_NETWORK_CHECK_HPP

#include "backbone.hpp"

namespace cv { namespace anomaly {

/** @brief Loads a backbone as loadBackbone does, and includes weights that lie in another file.

PyTorch 2.9 and newer write the weights of a network to a separate file beside the ONNX file, which cv::dnn does not
look for. Here they are put into the bytes, so that a model file identifies and holds the network as a whole. Only files
in the ONNX file's folder or below it are read.
*/
BackboneSource loadWholeBackbone(const String& nameOrFile, const std::vector<String>& outputs);

/** @brief Checks a network, then makes a backbone of it as Backbone::create does.

cv::dnn ends the process if weights are missing or a convolution has 0 groups, and its messages explain little. Here
both become a cv::Exception that says what is wrong with the network and how to export one that can be read.
*/
std::shared_ptr<const Backbone> createBackbone(const BackboneSource& source, const Device& device);

}} // namespace cv::anomaly

#endif
