// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_HALIDE_RUNTIME_HPP
#define OPENCV_ANOMALY_HALIDE_RUNTIME_HPP

#include "opencv2/core.hpp"

#include <functional>

namespace cv {
namespace anomaly {

//! Calls a Halide kernel, with the user context that it is to pass on; throws cv::Exception, after its return, when it fails.
CV_EXPORTS void runKernel(const char* name, const std::function<int(void*)>& kernel);

//! What the kernels are built for on x86-64, in rising order.
enum KernelTarget { KERNELS_X86_64, KERNELS_SSE41, KERNELS_AVX2, KERNELS_AVX512 };

//! From now on kernels use `highest` at most, as on a machine without the rest: for tests.
//! False, and nothing changes, if this machine or this build does not have `highest` itself.
CV_EXPORTS bool limitKernels(KernelTarget highest);

}} // namespace cv::anomaly

#endif
