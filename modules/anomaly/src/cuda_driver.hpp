// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_CUDA_DRIVER_HPP
#define OPENCV_ANOMALY_CUDA_DRIVER_HPP

#include "opencv2/core.hpp"

#include <memory>

namespace cv {
namespace anomaly {

//! What keeps this machine from running the CUDA kernels, as NVIDIA's driver says, with what to do; empty: nothing.
String missingInCudaDriver();

//! The context that CUDA's run time library, and with it cv::dnn, works in: of the device that was current when this was first called, else of
//! the first. Null where the driver gives none.
void* primaryCudaContext();

//! Makes that context current for the calling thread, as CUDA's libraries need it, and at its end the one before.
class CudaContextScope
{
public:
    CudaContextScope();
    ~CudaContextScope();
    CudaContextScope(const CudaContextScope&) = delete;
    CudaContextScope& operator=(const CudaContextScope&) = delete;
};

//! Memory of the host that the GPU reaches by itself; null where the driver gives none.
std::shared_ptr<void> pageLockedMemory(size_t bytes);

}} // namespace cv::anomaly

#endif
