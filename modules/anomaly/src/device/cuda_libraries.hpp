// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_CUDA_LIBRARIES_HPP
#define OPENCV_ANOMALY_CUDA_LIBRARIES_HPP

#include "cuda_driver.hpp"

namespace cv { namespace anomaly {

// The parts of cuBLAS and cuDNN that are used: functions, each of which returns 0 or an error code, and values from
// cublas_api.h and cudnn_graph.h that are the same in all supported versions.

//! cuBLAS, loaded when it is first needed. `found` tells whether that succeeded.
struct Cublas
{
    static const Cublas& get();

    enum
    {
        FLOAT = 0,
        BFLOAT16 = 14,
        COMPUTE_FLOAT = 68,
        DEFAULT_ALGORITHM = -1
    };

    int (*create)(void** handle);
    int (*destroy)(void* handle);
    int (*setStream)(void* handle, void* stream);
    int (*setWorkspace)(void* handle, void* workspace, size_t bytes);
    int (*gemm)(void* handle, int transposeA, int transposeB, int rows, int columns, int depth, const void* factor,
                const void* a, int typeA, int stepA, long long strideA, const void* b, int typeB, int stepB,
                long long strideB, const void* beta, void* out, int typeOut, int stepOut, long long strideOut,
                int count, int computeType, int algorithm);
    bool found;

private:
    Cublas();
};

//! cuDNN, loaded when it is first needed.
struct Cudnn
{
    static const Cudnn& get();

    enum
    {
        NCHW = 0,
        FLOAT = 0,
        CROSS_CORRELATION = 1,
        DEFAULT_MATH = 0,
        FMA_MATH = 3,
        RELU = 1,
        IDENTITY = 5
    };
    enum
    {
        IMPLICIT_PRECOMPUTED_GEMM = 1,
        WINOGRAD_NONFUSED = 7,
        ALGORITHMS = 8
    };

    struct Suggestion
    {
        int algorithm, status;
        float time;
        size_t memory;
        int determinism, mathType, reserved[3];
    };

    int (*create)(void** handle);
    int (*destroy)(void* handle);
    int (*setStream)(void* handle, void* stream);
    int (*createTensor)(void** tensor);
    int (*destroyTensor)(void* tensor);
    int (*setTensor)(void* tensor, int format, int type, int images, int channels, int rows, int columns);
    int (*createFilter)(void** filter);
    int (*destroyFilter)(void* filter);
    int (*setFilter)(void* filter, int type, int format, int outputs, int channels, int rows, int columns);
    int (*createConvolution)(void** convolution);
    int (*destroyConvolution)(void* convolution);
    int (*setConvolution)(void* convolution, int padY, int padX, int strideY, int strideX, int dilationY, int dilationX,
                          int mode, int type);
    int (*setMathType)(void* convolution, int mathType);
    int (*setGroups)(void* convolution, int groups);
    int (*createActivation)(void** activation);
    int (*destroyActivation)(void* activation);
    int (*setActivation)(void* activation, int mode, int nan, double coefficient);
    int (*suggest)(void* handle, void* input, void* filter, void* convolution, void* output, int most, int* count,
                   Suggestion* suggestions);
    int (*getWorkspace)(void* handle, void* input, void* filter, void* convolution, void* output, int algorithm,
                        size_t* bytes);
    int (*forward)(void* handle, const void* one, void* input, const void* in, void* filter, const void* weights,
                   void* convolution, int algorithm, void* workspace, size_t bytes, const void* factor, void* added,
                   const void* add, void* biases, const void* bias, void* activation, void* output, void* out);
    bool found;

private:
    Cudnn();
};

//! Handles that belong to the calling thread's queue. Both throw if the thread has no queue.
void* currentCublasHandle();
void* currentCudnnHandle();

}} // namespace cv::anomaly

#endif
