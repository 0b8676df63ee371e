// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_CUDA_DRIVER_HPP
#define OPENCV_ANOMALY_CUDA_DRIVER_HPP

#include "opencv2/core.hpp"

namespace cv {
namespace anomaly {

//! What keeps this machine from running the CUDA kernels, as NVIDIA's driver says, with what to do; empty: nothing.
String missingInCudaDriver();

//! The context that CUDA's run time library, and with it cv::dnn, works in: of the device that was current when this was first called, else of
//! the first. Null where the driver gives none.
void* primaryCudaContext();

}} // namespace cv::anomaly

#endif
