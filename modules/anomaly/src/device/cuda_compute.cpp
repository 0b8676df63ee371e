// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "gpu_libraries.hpp"
#include "cuda_libraries.hpp"

namespace cv { namespace anomaly {

namespace {

//! One of cuDNN's descriptors, which is destroyed with this object.
class CudnnDescriptor
{
public:
    CudnnDescriptor(int (*create)(void**), int (*d)(void*)) : descriptor(NULL), destroy(d)
    {
        checkCuda(create(&descriptor), "cudnnCreate...Descriptor");
    }
    ~CudnnDescriptor() { destroy(descriptor); }
    CudnnDescriptor(const CudnnDescriptor&) = delete;
    CudnnDescriptor& operator=(const CudnnDescriptor&) = delete;
    operator void*() const { return descriptor; }

private:
    void* descriptor;
    int (*destroy)(void*);
};

//! A convolution by cuDNN in NCHW, with bias, an optional sum and an optional ReLU.
class CudnnConvolution CV_FINAL : public GpuConvolution
{
public:
    CudnnConvolution(const GpuConvolutionSettings& s, const GpuMemory& w, const GpuMemory& b)
        : cudnn(Cudnn::get()),
          weights(w),
          bias(b),
          input(cudnn.createTensor, cudnn.destroyTensor),
          output(cudnn.createTensor, cudnn.destroyTensor),
          biases(cudnn.createTensor, cudnn.destroyTensor),
          filter(cudnn.createFilter, cudnn.destroyFilter),
          convolution(cudnn.createConvolution, cudnn.destroyConvolution),
          activation(cudnn.createActivation, cudnn.destroyActivation)
    {
        const Size kernel = s.kernel(), size = s.outputSize();
        checkCuda(cudnn.setTensor(input, Cudnn::NCHW, Cudnn::FLOAT, s.images, s.channels, s.size.height, s.size.width),
                  "cudnnSetTensor4dDescriptor");
        checkCuda(cudnn.setTensor(output, Cudnn::NCHW, Cudnn::FLOAT, s.images, s.outputs(), size.height, size.width),
                  "cudnnSetTensor4dDescriptor");
        checkCuda(cudnn.setTensor(biases, Cudnn::NCHW, Cudnn::FLOAT, 1, s.outputs(), 1, 1),
                  "cudnnSetTensor4dDescriptor");
        checkCuda(cudnn.setFilter(filter, Cudnn::FLOAT, Cudnn::NCHW, s.outputs(), s.channels / s.groups, kernel.height,
                                  kernel.width),
                  "cudnnSetFilter4dDescriptor");
        checkCuda(cudnn.setConvolution(convolution, s.padY, s.padX, s.stride, s.stride, s.dilation, s.dilation,
                                       Cudnn::CROSS_CORRELATION, Cudnn::FLOAT),
                  "cudnnSetConvolution2dDescriptor");
        checkCuda(cudnn.setGroups(convolution, s.groups), "cudnnSetConvolutionGroupCount");
        checkCuda(cudnn.setMathType(convolution, s.threeDigits ? Cudnn::DEFAULT_MATH : Cudnn::FMA_MATH),
                  "cudnnSetConvolutionMathType");
        checkCuda(cudnn.setActivation(activation, s.relu ? Cudnn::RELU : Cudnn::IDENTITY, 0, 0),
                  "cudnnSetActivationDescriptor");
        chooseAlgorithm(s);
    }

    size_t workspaceBytes() const CV_OVERRIDE { return bytes; }

    void run(const GpuMemory& in, const GpuMemory* added, const GpuMemory& out,
             const GpuMemory& workspace) const CV_OVERRIDE
    {
        const float one = 1, factor = added ? 1.f : 0.f;
        const CudaContextScope scope;
        checkCuda(cudnn.forward(currentCudnnHandle(), &one, input, addressOf(in), filter, addressOf(weights),
                                convolution, algorithm, bytes ? addressOf(workspace) : NULL, bytes, &factor, output,
                                addressOf(added ? *added : out), biases, addressOf(bias), activation, output,
                                addressOf(out)),
                  "cudnnConvolutionBiasActivationForward");
    }

private:
    static void* addressOf(const GpuMemory& memory) { return memory.floats({1}).address(); }

    // Without an activation, cuDNN has only one algorithm. With one, its suggestion is never the Winograd algorithm,
    // which needs a quarter of the products: on an H100 the 3x3 convolutions of Wide ResNet50-2 then take 11 instead of
    // 21 ms for 32 images, but a fifth more time for a single image.
    void chooseAlgorithm(const GpuConvolutionSettings& s)
    {
        const CudaContextScope scope;
        const bool isForWinograd = s.kernel() == Size(3, 3) && s.stride == 1 && s.dilation == 1 && s.groups == 1 &&
                                   s.images * s.outputSize().area() >= fewestPixels;
        if (s.relu && !s.threeDigits && isForWinograd && takes(Cudnn::WINOGRAD_NONFUSED))
            return;
        algorithm = s.relu ? suggestedAlgorithm() : Cudnn::IMPLICIT_PRECOMPUTED_GEMM;
        checkCuda(cudnn.getWorkspace(currentCudnnHandle(), input, filter, convolution, output, algorithm, &bytes),
                  "cudnnGetConvolutionForwardWorkspaceSize");
    }

    // Whether cuDNN accepts an algorithm, with a workspace of a reasonable size. If so, it is chosen.
    bool takes(int wanted)
    {
        algorithm = wanted;
        return cudnn.getWorkspace(currentCudnnHandle(), input, filter, convolution, output, wanted, &bytes) == 0 &&
               bytes <= mostWorkspace;
    }

    int suggestedAlgorithm() const
    {
        Cudnn::Suggestion suggestions[Cudnn::ALGORITHMS];
        int count = 0;
        checkCuda(cudnn.suggest(currentCudnnHandle(), input, filter, convolution, output, Cudnn::ALGORITHMS, &count,
                                suggestions),
                  "cudnnGetConvolutionForwardAlgorithm_v7");
        for (int i = 0; i < count; i++)
            if (suggestions[i].status == 0 && suggestions[i].memory <= mostWorkspace)
                return suggestions[i].algorithm;
        return Cudnn::IMPLICIT_PRECOMPUTED_GEMM;
    }

    static const size_t mostWorkspace = 256 << 20; // bytes
    static const int fewestPixels = 4096;          // with fewer output pixels in a batch, Winograd is slower

    const Cudnn& cudnn;
    const GpuMemory &weights, &bias;
    const CudnnDescriptor input, output, biases, filter, convolution, activation;
    size_t bytes;
    int algorithm;
};

} // namespace

void multiplyOnGpu(const GpuView& a, const GpuView& b, float factor, const GpuView& out)
{
    const int type = a.bits() == 32 ? Cublas::FLOAT : Cublas::BFLOAT16;
    const float zero = 0;
    const CudaContextScope scope;
    checkCuda(Cublas::get().gemm(currentCublasHandle(), 0, 0, a.extent(0), b.extent(1), a.extent(1), &factor,
                                 a.address(), type, a.stride(1), a.stride(2), b.address(), type, b.stride(1),
                                 b.stride(2), &zero, out.address(), Cublas::FLOAT, out.stride(1), out.stride(2),
                                 out.extent(2), Cublas::COMPUTE_FLOAT, Cublas::DEFAULT_ALGORITHM),
              "cublasGemmStridedBatchedEx");
}

std::unique_ptr<GpuConvolution> GpuConvolution::create(const GpuConvolutionSettings& settings, const GpuMemory& weights,
                                                       const GpuMemory& bias)
{
    return std::unique_ptr<GpuConvolution>(new CudnnConvolution(settings, weights, bias));
}

}} // namespace cv::anomaly
