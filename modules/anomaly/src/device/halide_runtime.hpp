// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_HALIDE_RUNTIME_HPP
#define OPENCV_ANOMALY_HALIDE_RUNTIME_HPP

#include "opencv2/core.hpp"

namespace cv { namespace anomaly {

//! Calls a kernel with `state` and the user context, which it has to pass on. Throws cv::Exception after the kernel has
//! returned, if it failed.
void runKernel(const char* name, int (*kernel)(void* context, const void* state), const void* state);

//! The same for a function object, without the copy on the heap that std::function would make.
template <typename Kernel> void runKernel(const char* name, const Kernel& kernel)
{
    runKernel(
        name, [](void* context, const void* state) { return (*static_cast<const Kernel*>(state))(context); }, &kernel);
}

//! Instruction sets that the kernels are built for on x86-64, in rising order.
enum KernelTarget
{
    KERNELS_X86_64,
    KERNELS_SSE41,
    KERNELS_AVX2,
    KERNELS_AVX_VNNI, // those of processors without AVX-512; like the last one only for kernels not made by Halide
    KERNELS_AVX512,
    KERNELS_AVX512_VNNI
};

//! Limits kernels to instruction sets up to `highest`, as on an older machine. For tests.
//! Returns false and changes nothing if this machine or this build lacks `highest` itself.
bool limitKernels(KernelTarget highest);

//! Whether this machine has the instruction set `target`, and kernels are not limited to lower ones.
bool kernelsMayUse(KernelTarget target);

//! The name of the highest instruction set that kernels use on this machine, such as "AVX2". Empty without kernels.
String kernelTargetName();

//! Kinds of GPU kernels that this build may have.
enum GpuKernels
{
    GPU_KERNELS_NONE,
    GPU_KERNELS_CUDA,
    GPU_KERNELS_OPENCL
};
GpuKernels gpuKernels();

//! The reason why kernels get no memory on the GPU; empty if they do. Defined in gpu_memory.cpp if the build has GPU
//! kernels.
String missingForGpuMemory();

//! The GPU's own libraries that are not found, and where to get them; empty if none is missing. Defined beside them.
String missingGpuLibraries();

}} // namespace cv::anomaly

#endif
