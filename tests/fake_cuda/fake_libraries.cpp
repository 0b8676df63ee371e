// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
// The functions of cuBLAS and cuDNN that are used. They compute nothing, but check that their arguments lie within the
// memory of the fake libcuda. This file makes both libraries.
#include "fake_cuda.hpp"

#include <cstdint>
#include <dlfcn.h>

#define EXPORTED extern "C" __attribute__((visibility("default")))

namespace {

const int success = 0, badParameter = 7;

struct Descriptor
{
    int sizes[4]; // of a tensor or filter
    int groups;   // of a convolution
};

bool isThere(const void* address, long long numbers, int bytes)
{
    static const IsFakeCudaMemory isMemory =
        reinterpret_cast<IsFakeCudaMemory>(dlsym(dlopen("libcuda.so.1", RTLD_NOW), "isFakeCudaMemory"));
    return isMemory(reinterpret_cast<uintptr_t>(address), size_t(numbers) * bytes);
}

// Beyond the first number, of a matrix with so many rows side by side.
long long reach(int rows, int columns, int step, long long stride, int count)
{
    return rows + (long long)(columns - 1) * step + (count - 1) * stride;
}

int bytesOf(int type)
{
    return type == 0 ? 4 : 2;
}

long long total(const void* descriptor)
{
    const Descriptor& d = *static_cast<const Descriptor*>(descriptor);
    return (long long)d.sizes[0] * d.sizes[1] * d.sizes[2] * d.sizes[3];
}

int make(void** made)
{
    *made = new Descriptor();
    return success;
}

int destroy(void* descriptor)
{
    delete static_cast<Descriptor*>(descriptor);
    return success;
}

int setSizes(void* descriptor, int a, int b, int c, int d)
{
    *static_cast<Descriptor*>(descriptor) = Descriptor{{a, b, c, d}, 1};
    return a > 0 && b > 0 && c > 0 && d > 0 ? success : badParameter;
}

} // namespace

EXPORTED int cublasCreate_v2(void** handle)
{
    return make(handle);
}
EXPORTED int cublasDestroy_v2(void* handle)
{
    return destroy(handle);
}
EXPORTED int cublasSetStream_v2(void*, void* stream)
{
    return stream ? success : badParameter;
}
EXPORTED int cublasSetWorkspace_v2(void*, void* workspace, size_t bytes)
{
    return isThere(workspace, (long long)bytes, 1) ? success : badParameter;
}

EXPORTED int cublasGemmStridedBatchedEx(void*, int, int, int rows, int columns, int depth, const void*, const void* a,
                                        int typeA, int stepA, long long strideA, const void* b, int typeB, int stepB,
                                        long long strideB, const void*, void* out, int typeOut, int stepOut,
                                        long long strideOut, int count, int, int)
{
    const bool fits = stepA >= rows && stepB >= depth && stepOut >= rows &&
                      isThere(a, reach(rows, depth, stepA, strideA, count), bytesOf(typeA)) &&
                      isThere(b, reach(depth, columns, stepB, strideB, count), bytesOf(typeB)) &&
                      isThere(out, reach(rows, columns, stepOut, strideOut, count), bytesOf(typeOut));
    return fits ? success : badParameter;
}

EXPORTED int cudnnCreate(void** handle)
{
    return make(handle);
}
EXPORTED int cudnnDestroy(void* handle)
{
    return destroy(handle);
}
EXPORTED int cudnnSetStream(void*, void* stream)
{
    return stream ? success : badParameter;
}
EXPORTED int cudnnCreateTensorDescriptor(void** made)
{
    return make(made);
}
EXPORTED int cudnnCreateFilterDescriptor(void** made)
{
    return make(made);
}
EXPORTED int cudnnCreateConvolutionDescriptor(void** made)
{
    return make(made);
}
EXPORTED int cudnnCreateActivationDescriptor(void** made)
{
    return make(made);
}
EXPORTED int cudnnDestroyTensorDescriptor(void* descriptor)
{
    return destroy(descriptor);
}
EXPORTED int cudnnDestroyFilterDescriptor(void* descriptor)
{
    return destroy(descriptor);
}
EXPORTED int cudnnDestroyConvolutionDescriptor(void* descriptor)
{
    return destroy(descriptor);
}
EXPORTED int cudnnDestroyActivationDescriptor(void* descriptor)
{
    return destroy(descriptor);
}
EXPORTED int cudnnSetTensor4dDescriptor(void* tensor, int, int, int images, int channels, int rows, int columns)
{
    return setSizes(tensor, images, channels, rows, columns);
}
EXPORTED int cudnnSetFilter4dDescriptor(void* filter, int, int, int outputs, int channels, int rows, int columns)
{
    return setSizes(filter, outputs, channels, rows, columns);
}
EXPORTED int cudnnSetConvolution2dDescriptor(void*, int, int, int, int, int, int, int, int)
{
    return success;
}
EXPORTED int cudnnSetConvolutionMathType(void*, int)
{
    return success;
}
EXPORTED int cudnnSetActivationDescriptor(void*, int, int, double)
{
    return success;
}

EXPORTED int cudnnSetConvolutionGroupCount(void* convolution, int groups)
{
    static_cast<Descriptor*>(convolution)->groups = groups;
    return success;
}

EXPORTED int cudnnGetConvolutionForwardAlgorithm_v7(void*, void*, void*, void*, void*, int, int* count, void*)
{
    *count = 0;
    return success;
}

EXPORTED int cudnnGetConvolutionForwardWorkspaceSize(void*, void*, void*, void*, void*, int, size_t* bytes)
{
    *bytes = 4096;
    return success;
}

EXPORTED int cudnnConvolutionBiasActivationForward(void*, const void*, void* input, const void* in, void* filter,
                                                   const void* weights, void* convolution, int, void* workspace,
                                                   size_t bytes, const void*, void* added, const void* add,
                                                   void* biases, const void* bias, void*, void* output, void* out)
{
    const Descriptor &from = *static_cast<Descriptor*>(input), &by = *static_cast<Descriptor*>(filter),
                     &to = *static_cast<Descriptor*>(output);
    const bool fits = isThere(in, total(input), 4) && isThere(weights, total(filter), 4) &&
                      isThere(workspace, (long long)bytes, 1) && isThere(add, total(added), 4) &&
                      isThere(bias, total(biases), 4) && isThere(out, total(output), 4);
    const bool agrees = from.sizes[1] == by.sizes[1] * static_cast<Descriptor*>(convolution)->groups &&
                        to.sizes[1] == by.sizes[0] && from.sizes[0] == to.sizes[0];
    return fits && agrees ? success : badParameter;
}
