// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "cuda_libraries.hpp"
#include "halide_runtime.hpp"

namespace cv { namespace anomaly {

// Neither object is ever destroyed, for the same reason as CudaDriver.

const Cublas& Cublas::get()
{
    static const Cublas& cublas = *new Cublas;
    return cublas;
}

const Cudnn& Cudnn::get()
{
    static const Cudnn& cudnn = *new Cudnn;
    return cudnn;
}

Cublas::Cublas()
{
    const CudaLibrary library({"libcublas.so.13", "libcublas.so.12", "libcublas.so.11", "cublas64_13.dll",
                               "cublas64_12.dll", "cublas64_11.dll"});
    found = library.find("cublasCreate_v2", create) && library.find("cublasDestroy_v2", destroy) &&
            library.find("cublasSetStream_v2", setStream) && library.find("cublasSetWorkspace_v2", setWorkspace) &&
            library.find("cublasGemmStridedBatchedEx", gemm);
}

Cudnn::Cudnn()
{
    const CudaLibrary library({"libcudnn.so.9", "libcudnn.so.8", "cudnn64_9.dll", "cudnn64_8.dll"});
    found = library.find("cudnnCreate", create) && library.find("cudnnDestroy", destroy) &&
            library.find("cudnnSetStream", setStream) && library.find("cudnnCreateTensorDescriptor", createTensor) &&
            library.find("cudnnDestroyTensorDescriptor", destroyTensor) &&
            library.find("cudnnSetTensor4dDescriptor", setTensor) &&
            library.find("cudnnCreateFilterDescriptor", createFilter) &&
            library.find("cudnnDestroyFilterDescriptor", destroyFilter) &&
            library.find("cudnnSetFilter4dDescriptor", setFilter) &&
            library.find("cudnnCreateConvolutionDescriptor", createConvolution) &&
            library.find("cudnnDestroyConvolutionDescriptor", destroyConvolution) &&
            library.find("cudnnSetConvolution2dDescriptor", setConvolution) &&
            library.find("cudnnSetConvolutionMathType", setMathType) &&
            library.find("cudnnSetConvolutionGroupCount", setGroups) &&
            library.find("cudnnCreateActivationDescriptor", createActivation) &&
            library.find("cudnnDestroyActivationDescriptor", destroyActivation) &&
            library.find("cudnnSetActivationDescriptor", setActivation) &&
            library.find("cudnnGetConvolutionForwardAlgorithm_v7", suggest) &&
            library.find("cudnnGetConvolutionForwardWorkspaceSize", getWorkspace) &&
            library.find("cudnnConvolutionBiasActivationForward", forward);
}

String missingGpuLibraries()
{
    String missing;
    if (!Cublas::get().found)
        missing =
            "cuBLAS is not found (libcublas.so.11 to 13: CUDA's toolkit, or PyPI's nvidia-cublas, in LD_LIBRARY_PATH)";
    if (!Cudnn::get().found)
        missing +=
            String(missing.empty() ? "" : "; ") +
            "cuDNN is not found (libcudnn.so.8 or 9: NVIDIA's package, or PyPI's nvidia-cudnn, in LD_LIBRARY_PATH)";
    return missing;
}

}} // namespace cv::anomaly
