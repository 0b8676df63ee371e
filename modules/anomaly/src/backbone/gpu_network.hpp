// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_GPU_NETWORK_HPP
#define OPENCV_ANOMALY_GPU_NETWORK_HPP

#include "backbone.hpp"

namespace cv { namespace anomaly {

/** @brief Makes a network that a GPU computes without cv::dnn: convolutions by cuDNN, all else by kernels of this
library. So feature maps stay in the GPU's memory, and OpenCV need not be built with CUDA.

It knows the operators of which backbones consist up to their feature maps: convolutions, batch normalization after
them, ReLU, Clip, Add, MaxPool. Throws StsNotImplemented with the name of any other operator.
*/
std::shared_ptr<const Backbone> createGpuNetwork(const BackboneSource& source, int target);

}} // namespace cv::anomaly

#endif
