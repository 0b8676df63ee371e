// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_GPU_NETWORK_HPP
#define OPENCV_ANOMALY_GPU_NETWORK_HPP

#include "backbone.hpp"

namespace cv { namespace anomaly {

/** @brief A network that a GPU computes without cv::dnn: convolutions by the GPU's own library, all else by kernels of
ours, so that feature maps stay there and OpenCV need not be built with CUDA.

It takes what backbones up to their feature maps are made of: convolutions, batch normalization behind them, ReLU, Clip,
Add, MaxPool. Throws StsNotImplemented, with the operator's name, for others.
*/
std::shared_ptr<const Backbone> createGpuNetwork(const BackboneSource& source, int target);

}} // namespace cv::anomaly

#endif
