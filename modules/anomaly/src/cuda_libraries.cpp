// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "precomp.hpp"
#include "gpu_libraries.hpp"
#include "cuda_driver.hpp"
#include "halide_runtime.hpp"

#ifdef _WIN32
#include <windows.h>
#else
#include <dlfcn.h>
#endif

#include <mutex>

namespace cv {
namespace anomaly {

namespace {

// Of these libraries no header is at hand, so that the build needs no toolkit: what is used of cublas_api.h and cudnn_cnn.h, the same in all
// versions that are looked for.
enum { CUDA_FLOAT = 0, CUDA_BFLOAT16 = 14, CUBLAS_COMPUTE_FLOAT = 68, CUBLAS_DEFAULT_ALGORITHM = -1 };
enum { CUDNN_NCHW = 0, CUDNN_FLOAT = 0, CUDNN_CROSS_CORRELATION = 1, CUDNN_DEFAULT_MATH = 0, CUDNN_FMA_MATH = 3, CUDNN_RELU = 1, CUDNN_IDENTITY = 5,
       CUDNN_IMPLICIT_PRECOMPUTED_GEMM = 1, CUDNN_ALGORITHMS = 8 };

struct CudnnPerformance
{
    int algorithm, status;
    float time;
    size_t memory;
    int determinism, mathType, reserved[3];
};

// One library, under the first of its names that is found. Never closed: others in the process may be using it.
class Library
{
public:
    explicit Library(std::initializer_list<const char*> names) : handle(NULL)
    {
        for (const char* name : names)
            if (!handle)
                handle = open(name);
    }

    template <typename Function> bool find(const char* name, Function*& function) const
    {
        function = reinterpret_cast<Function*>(address(name));
        return function != NULL;
    }

private:
#ifdef _WIN32
    static void* open(const char* name) { return LoadLibraryA(name); }
    void* address(const char* name) const { return handle ? reinterpret_cast<void*>(GetProcAddress(HMODULE(handle), name)) : NULL; }
#else
    static void* open(const char* name) { return dlopen(name, RTLD_NOW); }
    void* address(const char* name) const { return handle ? dlsym(handle, name) : NULL; }
#endif
    void* handle;
};

void check(int status, const char* what)
{
    if (status)
        CV_Error_(Error::GpuApiCallError, ("%s fails with status %d", what, status));
}

//! cuBLAS, in the primary context and its default stream, which kernels use too.
class Cublas
{
public:
    static const Cublas& get()
    {
        static const Cublas& cublas = *new Cublas; // for good, as the driver
        return cublas;
    }

    void multiply(const GpuView& a, const GpuView& b, float factor, const GpuView& out) const
    {
        const int type = a.bits() == 32 ? CUDA_FLOAT : CUDA_BFLOAT16;
        const float zero = 0;
        const CudaContextScope scope;
        std::lock_guard<std::mutex> lock(mutex);
        check(gemm(handle(), 0, 0, a.extent(0), b.extent(1), a.extent(1), &factor, a.address(), type, a.stride(1), a.stride(2), b.address(), type, b.stride(1), b.stride(2),
                   &zero, out.address(), CUDA_FLOAT, out.stride(1), out.stride(2), out.extent(2), CUBLAS_COMPUTE_FLOAT, CUBLAS_DEFAULT_ALGORITHM),
              "cublasGemmStridedBatchedEx");
    }

    bool found;

private:
    Cublas() : library({"libcublas.so.13", "libcublas.so.12", "libcublas.so.11", "cublas64_13.dll", "cublas64_12.dll", "cublas64_11.dll"}), made(NULL)
    {
        found = library.find("cublasCreate_v2", create) && library.find("cublasGemmStridedBatchedEx", gemm);
    }

    void* handle() const
    {
        if (!made)
            check(create(&made), "cublasCreate");
        return made;
    }

    int (*create)(void** handle);
    int (*gemm)(void* handle, int transposeA, int transposeB, int rows, int columns, int depth, const void* factor, const void* a, int typeA, int stepA, long long strideA,
                const void* b, int typeB, int stepB, long long strideB, const void* beta, void* out, int typeOut, int stepOut, long long strideOut, int count, int computeType,
                int algorithm);
    const Library library;
    mutable std::mutex mutex;
    mutable void* made;
};

struct Cudnn
{
    static const Cudnn& get()
    {
        static const Cudnn& cudnn = *new Cudnn;
        return cudnn;
    }

    //! To be called with the mutex locked and the context current.
    void* handle() const
    {
        if (!made)
            check(create(&made), "cudnnCreate");
        return made;
    }

    bool found;
    mutable std::mutex mutex;

    int (*create)(void** handle);
    int (*createTensor)(void** tensor);
    int (*destroyTensor)(void* tensor);
    int (*setTensor)(void* tensor, int format, int type, int images, int channels, int rows, int columns);
    int (*createFilter)(void** filter);
    int (*destroyFilter)(void* filter);
    int (*setFilter)(void* filter, int type, int format, int outputs, int channels, int rows, int columns);
    int (*createConvolution)(void** convolution);
    int (*destroyConvolution)(void* convolution);
    int (*setConvolution)(void* convolution, int padY, int padX, int strideY, int strideX, int dilationY, int dilationX, int mode, int type);
    int (*setMathType)(void* convolution, int mathType);
    int (*setGroups)(void* convolution, int groups);
    int (*createActivation)(void** activation);
    int (*destroyActivation)(void* activation);
    int (*setActivation)(void* activation, int mode, int nan, double coefficient);
    int (*suggest)(void* handle, void* input, void* filter, void* convolution, void* output, int most, int* count, CudnnPerformance* suggestions);
    int (*getWorkspace)(void* handle, void* input, void* filter, void* convolution, void* output, int algorithm, size_t* bytes);
    int (*forward)(void* handle, const void* one, void* input, const void* in, void* filter, const void* weights, void* convolution, int algorithm, void* workspace, size_t bytes,
                   const void* factor, void* added, const void* add, void* biases, const void* bias, void* activation, void* output, void* out);

private:
    Cudnn() : library({"libcudnn.so.9", "libcudnn.so.8", "cudnn64_9.dll", "cudnn64_8.dll"}), made(NULL)
    {
        found = library.find("cudnnCreate", create) && library.find("cudnnCreateTensorDescriptor", createTensor) && library.find("cudnnDestroyTensorDescriptor", destroyTensor) &&
                library.find("cudnnSetTensor4dDescriptor", setTensor) && library.find("cudnnCreateFilterDescriptor", createFilter) &&
                library.find("cudnnDestroyFilterDescriptor", destroyFilter) && library.find("cudnnSetFilter4dDescriptor", setFilter) &&
                library.find("cudnnCreateConvolutionDescriptor", createConvolution) && library.find("cudnnDestroyConvolutionDescriptor", destroyConvolution) &&
                library.find("cudnnSetConvolution2dDescriptor", setConvolution) && library.find("cudnnSetConvolutionMathType", setMathType) &&
                library.find("cudnnSetConvolutionGroupCount", setGroups) && library.find("cudnnCreateActivationDescriptor", createActivation) &&
                library.find("cudnnDestroyActivationDescriptor", destroyActivation) && library.find("cudnnSetActivationDescriptor", setActivation) &&
                library.find("cudnnGetConvolutionForwardAlgorithm_v7", suggest) && library.find("cudnnGetConvolutionForwardWorkspaceSize", getWorkspace) &&
                library.find("cudnnConvolutionBiasActivationForward", forward);
    }

    const Library library;
    mutable void* made;
};

//! One of cuDNN's descriptors, destroyed with it.
class CudnnDescriptor
{
public:
    CudnnDescriptor(int (*create)(void**), int (*destroy)(void*)) : made(NULL), free(destroy) { check(create(&made), "A descriptor of cuDNN"); }
    ~CudnnDescriptor() { free(made); }
    CudnnDescriptor(const CudnnDescriptor&) = delete;
    CudnnDescriptor& operator=(const CudnnDescriptor&) = delete;
    operator void*() const { return made; }

private:
    void* made;
    int (*free)(void*);
};

class CudnnConvolution CV_FINAL : public GpuConvolution
{
public:
    CudnnConvolution(const GpuConvolutionSettings& s, const GpuMemory& w, const GpuMemory& b)
        : cudnn(Cudnn::get()), weights(w), bias(b), outputs(s.outputs()), input(cudnn.createTensor, cudnn.destroyTensor), output(cudnn.createTensor, cudnn.destroyTensor),
          biases(cudnn.createTensor, cudnn.destroyTensor), filter(cudnn.createFilter, cudnn.destroyFilter),
          convolution(cudnn.createConvolution, cudnn.destroyConvolution), activation(cudnn.createActivation, cudnn.destroyActivation)
    {
        const Size kernel = s.kernel(), size = s.outputSize();
        check(cudnn.setTensor(input, CUDNN_NCHW, CUDNN_FLOAT, s.images, s.channels, s.size.height, s.size.width), "cudnnSetTensor4dDescriptor");
        check(cudnn.setTensor(output, CUDNN_NCHW, CUDNN_FLOAT, s.images, outputs, size.height, size.width), "cudnnSetTensor4dDescriptor");
        check(cudnn.setTensor(biases, CUDNN_NCHW, CUDNN_FLOAT, 1, outputs, 1, 1), "cudnnSetTensor4dDescriptor");
        check(cudnn.setFilter(filter, CUDNN_FLOAT, CUDNN_NCHW, outputs, s.channels / s.groups, kernel.height, kernel.width), "cudnnSetFilter4dDescriptor");
        check(cudnn.setConvolution(convolution, s.padY, s.padX, s.stride, s.stride, s.dilation, s.dilation, CUDNN_CROSS_CORRELATION, CUDNN_FLOAT),
              "cudnnSetConvolution2dDescriptor");
        check(cudnn.setGroups(convolution, s.groups), "cudnnSetConvolutionGroupCount");
        check(cudnn.setMathType(convolution, s.threeDigits ? CUDNN_DEFAULT_MATH : CUDNN_FMA_MATH), "cudnnSetConvolutionMathType");
        check(cudnn.setActivation(activation, s.relu ? CUDNN_RELU : CUDNN_IDENTITY, 0, 0), "cudnnSetActivationDescriptor");
        chooseAlgorithm(s.relu);
    }

    size_t workspaceBytes() const CV_OVERRIDE { return bytes; }

    void run(const GpuMemory& in, const GpuMemory* added, const GpuMemory& out, const GpuMemory& workspace) const CV_OVERRIDE
    {
        const float one = 1, factor = added ? 1.f : 0.f;
        const CudaContextScope scope;
        std::lock_guard<std::mutex> lock(cudnn.mutex);
        check(cudnn.forward(cudnn.handle(), &one, input, addressOf(in), filter, addressOf(weights), convolution, algorithm, bytes ? addressOf(workspace) : NULL, bytes,
                            &factor, output, addressOf(added ? *added : out), biases, addressOf(bias), activation, output, addressOf(out)),
              "cudnnConvolutionBiasActivationForward");
    }

private:
    static void* addressOf(const GpuMemory& memory) { return memory.floats({1}).address(); }

    // Without an activation cuDNN knows one way only.
    void chooseAlgorithm(bool relu)
    {
        const CudaContextScope scope;
        std::lock_guard<std::mutex> lock(cudnn.mutex);
        algorithm = CUDNN_IMPLICIT_PRECOMPUTED_GEMM;
        CudnnPerformance suggestions[CUDNN_ALGORITHMS];
        int count = 0;
        if (relu)
            check(cudnn.suggest(cudnn.handle(), input, filter, convolution, output, CUDNN_ALGORITHMS, &count, suggestions), "cudnnGetConvolutionForwardAlgorithm_v7");
        for (int i = count; i-- > 0;)
            if (suggestions[i].status == 0 && suggestions[i].memory <= mostWorkspace)
                algorithm = suggestions[i].algorithm;
        check(cudnn.getWorkspace(cudnn.handle(), input, filter, convolution, output, algorithm, &bytes), "cudnnGetConvolutionForwardWorkspaceSize");
    }

    static const size_t mostWorkspace = 256 << 20;

    const Cudnn& cudnn;
    const GpuMemory &weights, &bias;
    const int outputs;
    const CudnnDescriptor input, output, biases, filter, convolution, activation;
    size_t bytes;
    int algorithm;
};

} // namespace

void multiplyOnGpu(const GpuView& a, const GpuView& b, float factor, const GpuView& out)
{
    Cublas::get().multiply(a, b, factor, out);
}

std::unique_ptr<GpuConvolution> GpuConvolution::create(const GpuConvolutionSettings& settings, const GpuMemory& weights, const GpuMemory& bias)
{
    return std::unique_ptr<GpuConvolution>(new CudnnConvolution(settings, weights, bias));
}

String missingGpuLibraries()
{
    String missing;
    if (!Cublas::get().found)
        missing = "cuBLAS is not found (libcublas.so.11 to 13: CUDA's toolkit, or PyPI's nvidia-cublas, in LD_LIBRARY_PATH)";
    if (!Cudnn::get().found)
        missing += String(missing.empty() ? "" : "; ") + "cuDNN is not found (libcudnn.so.8 or 9: NVIDIA's package, or PyPI's nvidia-cudnn, in LD_LIBRARY_PATH)";
    return missing;
}

}} // namespace cv::anomaly
