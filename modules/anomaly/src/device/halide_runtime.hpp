// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_HALIDE_RUNTIME_HPP
#define OPENCV_ANOMALY_HALIDE_RUNTIME_HPP

#include "opencv2/core.hpp"

namespace cv { namespace anomaly {

//! Calls `kernel` with `state` and with the user context that it is to pass on; throws cv::Exception, after its return,
//! when it fails.
void runKernel(const char* name, int (*kernel)(void* context, const void* state), const void* state);

//! The same for a function object, which std::function would copy to the heap.
template <typename Kernel> void runKernel(const char* name, const Kernel& kernel)
{
    runKernel(
        name, [](void* context, const void* state) { return (*static_cast<const Kernel*>(state))(context); }, &kernel);
}

//! What the kernels are built for on x86-64, in rising order.
enum KernelTarget
{
    KERNELS_X86_64,
    KERNELS_SSE41,
    KERNELS_AVX2,
    KERNELS_AVX512,
    KERNELS_AVX512_VNNI // for kernels that are not Halide's
};

//! From now on kernels use `highest` at most, as on a machine without the rest: for tests.
//! False, and nothing changes, if this machine or this build does not have `highest` itself.
bool limitKernels(KernelTarget highest);

//! Whether this machine has `target`, and kernels are not limited to less.
bool kernelsMayUse(KernelTarget target);

//! Name of the highest instruction set that kernels use on this machine, such as "AVX2"; empty without kernels.
String kernelTargetName();

//! For which GPUs there are kernels in this build.
enum GpuKernels
{
    GPU_KERNELS_NONE,
    GPU_KERNELS_CUDA,
    GPU_KERNELS_OPENCL
};
GpuKernels gpuKernels();

//! Why the GPU gives no memory to its kernels; empty: it does. Defined in gpu_memory.cpp, in builds that have kernels
//! for one.
String missingForGpuMemory();

//! Which of the GPU's own libraries are not found, and where they come from; empty: none. Defined beside them.
String missingGpuLibraries();

}} // namespace cv::anomaly

#endif
