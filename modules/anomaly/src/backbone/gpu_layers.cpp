// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "gpu_layers.hpp"
#include "../device/gpu_libraries.hpp"
#include "../device/halide_runtime.hpp"

#include "anomaly_gpu_add_maps.h"
#include "anomaly_gpu_clip_map.h"
#include "anomaly_gpu_depthwise_3_1.h"
#include "anomaly_gpu_depthwise_3_2.h"
#include "anomaly_gpu_depthwise_5_1.h"
#include "anomaly_gpu_depthwise_5_2.h"
#include "anomaly_gpu_max_pool.h"

namespace cv { namespace anomaly {

namespace {

//! Base of both kinds of convolutions. Weights stay on the host until finish, because layers may still be fused into
//! them.
class ConvolutionBase : public GpuLayer, protected Convolution
{
public:
    explicit ConvolutionBase(const Convolution& c) : Convolution(c) {}

    MapShape outputShape(const MapShape& in) const CV_OVERRIDE { return Convolution::outputShape(in); }

    bool takeScale(const Mat& scale, const Mat& shift) CV_OVERRIDE
    {
        return clip.isNone() && added < 0 && Convolution::takeScale(scale, shift);
    }

    void finish() CV_OVERRIDE
    {
        gpuWeights.upload(weights);
        gpuBias.upload(bias);
    }

protected:
    Clip clip;
    GpuMemory gpuWeights, gpuBias;
};

//! A convolution that the GPU's library (cuDNN) computes, set up for maps of one shape.
class LibraryTask CV_FINAL : public GpuTask
{
public:
    explicit LibraryTask(std::unique_ptr<GpuConvolution> c) : convolution(std::move(c)) {}
    size_t workspaceBytes() const CV_OVERRIDE { return convolution->workspaceBytes(); }

    void run(const GpuMemory& in, const GpuMemory* added, const GpuMemory& out,
             const GpuMemory& workspace) const CV_OVERRIDE
    {
        convolution->run(in, added, out, workspace);
    }

private:
    const std::unique_ptr<GpuConvolution> convolution;
};

//! A convolution for the library: with an added map and ReLU fused, if there are any.
class ConvolutionLayer CV_FINAL : public ConvolutionBase
{
public:
    ConvolutionLayer(const Convolution& c, bool digits) : ConvolutionBase(c), threeDigits(digits) {}

    bool takeSum() CV_OVERRIDE { return clip.isNone() && added < 0; }

    bool takeClip(const Clip& other) CV_OVERRIDE { return other.isRelu() && clip.takeOver(other); }

    // The library pads opposite sides alike. Zeros are added to the kernel on the side with less padding, so that it
    // still reads the same pixels.
    void finish() CV_OVERRIDE
    {
        const int rows = window.bottom - window.top, columns = window.right - window.left;
        if (rows || columns)
            weights = withZeros(std::max(rows, 0), std::max(-rows, 0), std::max(columns, 0), std::max(-columns, 0));
        ConvolutionBase::finish();
    }

    std::unique_ptr<GpuTask> setUp(const MapShape& in) const CV_OVERRIDE
    {
        const int padX = std::max(window.left, window.right), padY = std::max(window.top, window.bottom);
        const GpuConvolutionSettings settings = {in.images, in.channels,   in.size,         weights,
                                                 bias,      window.stride, window.dilation, padX,
                                                 padY,      groups,        clip.isRelu(),   threeDigits};
        return std::unique_ptr<GpuTask>(new LibraryTask(GpuConvolution::create(settings, gpuWeights, gpuBias)));
    }

private:
    // The weights with rows and columns of zeros around each kernel.
    Mat withZeros(int above, int below, int before, int behind) const
    {
        const int height = weights.size[2], width = weights.size[3];
        const int shape[] = {outputs, weights.size[1], height + above + below, width + before + behind};
        Mat longer(4, shape, CV_32F, Scalar(0));
        for (int o = 0; o < shape[0]; o++)
            for (int c = 0; c < shape[1]; c++)
            {
                const Mat from(height, width, CV_32F, const_cast<float*>(weights.ptr<float>(o, c)));
                from.copyTo(
                    Mat(shape[2], shape[3], CV_32F, longer.ptr<float>(o, c))(Rect(before, above, width, height)));
            }
        return longer;
    }

    const bool threeDigits;
};

// The same kernels as on the processor, 3x3 and 5x5 with stride 1 or 2.
bool hasDepthwiseKernel(const Window& window)
{
    const int size = window.kernel.width;
    return window.kernel.height == size && (size == 3 || size == 5) && window.stride <= 2 && window.dilation == 1;
}

//! A depthwise convolution by a kernel of this library, which also clips its input and its output.
class DepthwiseLayer CV_FINAL : public ConvolutionBase
{
public:
    explicit DepthwiseLayer(const Convolution& c) : ConvolutionBase(c) {}

    bool takeClip(const Clip& other) CV_OVERRIDE { return clip.takeOver(other); }

    bool takeClipBefore(const Clip& other) CV_OVERRIDE
    {
        clipBefore = other;
        return true;
    }

    std::unique_ptr<GpuTask> setUp(const MapShape& in) const CV_OVERRIDE;

private:
    friend class DepthwiseTask;
    Clip clipBefore;
};

//! A depthwise convolution, set up for maps of one shape. It refers to the weights of its layer.
class DepthwiseTask CV_FINAL : public GpuTask
{
public:
    DepthwiseTask(const DepthwiseLayer& l, const MapShape& in) : layer(l), shape(in), outShape(l.outputShape(in)) {}

    void run(const GpuMemory& in, const GpuMemory*, const GpuMemory& out, const GpuMemory&) const CV_OVERRIDE
    {
        static decltype(&anomaly_gpu_depthwise_3_1)
            const kernels[2][2] = {{anomaly_gpu_depthwise_3_1, anomaly_gpu_depthwise_3_2},
                                   {anomaly_gpu_depthwise_5_1, anomaly_gpu_depthwise_5_2}};
        const int size = layer.window.kernel.width, planes = shape.images * shape.channels;
        runKernel("depthwise", [&](void* context) {
            return kernels[size / 2 - 1][layer.window.stride - 1](
                context, in.floats({shape.size.width, shape.size.height, planes}),
                layer.gpuWeights.floats({size, size, shape.channels}), layer.gpuBias.floats({shape.channels}),
                layer.window.left, layer.window.top, layer.clipBefore.lowest, layer.clipBefore.highest,
                layer.clip.lowest, layer.clip.highest, out.floats({outShape.size.width, outShape.size.height, planes}));
        });
    }

private:
    const DepthwiseLayer& layer;
    const MapShape shape, outShape;
};

std::unique_ptr<GpuTask> DepthwiseLayer::setUp(const MapShape& in) const
{
    return std::unique_ptr<GpuTask>(new DepthwiseTask(*this, in));
}

//! Max pooling by a kernel of this library.
class MaxPoolLayer CV_FINAL : public GpuLayer
{
public:
    explicit MaxPoolLayer(const Window& w) : window(w) {}
    MapShape outputShape(const MapShape& in) const CV_OVERRIDE
    {
        return MapShape{in.images, in.channels, window.outputSize(in.size)};
    }
    std::unique_ptr<GpuTask> setUp(const MapShape& in) const CV_OVERRIDE
    {
        return std::unique_ptr<GpuTask>(new Task(window, in, outputShape(in)));
    }

private:
    struct Task CV_FINAL : GpuTask
    {
        Task(const Window& w, const MapShape& from, const MapShape& to) : window(w), in(from), out(to) {}

        void run(const GpuMemory& maps, const GpuMemory*, const GpuMemory& result, const GpuMemory&) const CV_OVERRIDE
        {
            const int planes = in.images * in.channels;
            runKernel("max_pool", [&](void* context) {
                return anomaly_gpu_max_pool(context, maps.floats({in.size.width, in.size.height, planes}),
                                            window.kernel.width, window.stride, window.left, window.top,
                                            result.floats({out.size.width, out.size.height, planes}));
            });
        }

        const Window window;
        const MapShape in, out;
    };

    const Window window;
};

//! The sum of two maps of the same shape, clipped to a range.
class AddLayer CV_FINAL : public GpuLayer
{
public:
    bool takeClip(const Clip& other) CV_OVERRIDE { return clip.takeOver(other); }

    std::unique_ptr<GpuTask> setUp(const MapShape& in) const CV_OVERRIDE
    {
        return std::unique_ptr<GpuTask>(new Task(clip, int(in.total())));
    }

private:
    struct Task CV_FINAL : GpuTask
    {
        Task(const Clip& c, int n) : clip(c), count(n) {}

        void run(const GpuMemory& in, const GpuMemory* added, const GpuMemory& out, const GpuMemory&) const CV_OVERRIDE
        {
            runKernel("add_maps", [&](void* context) {
                return anomaly_gpu_add_maps(context, in.floats({count}), added->floats({count}), clip.lowest,
                                            clip.highest, out.floats({count}));
            });
        }

        const Clip clip;
        const int count;
    };

    Clip clip;
};

//! Clipping to a range, where no other layer could include it.
class ClipLayer CV_FINAL : public GpuLayer
{
public:
    explicit ClipLayer(const Clip& c) : clip(c) {}
    std::unique_ptr<GpuTask> setUp(const MapShape& in) const CV_OVERRIDE
    {
        return std::unique_ptr<GpuTask>(new Task(clip, int(in.total())));
    }

private:
    struct Task CV_FINAL : GpuTask
    {
        Task(const Clip& c, int n) : clip(c), count(n) {}

        void run(const GpuMemory& in, const GpuMemory*, const GpuMemory& out, const GpuMemory&) const CV_OVERRIDE
        {
            runKernel("clip_map", [&](void* context) {
                return anomaly_gpu_clip_map(context, in.floats({count}), clip.lowest, clip.highest,
                                            out.floats({count}));
            });
        }

        const Clip clip;
        const int count;
    };

    const Clip clip;
};

} // namespace

std::unique_ptr<GpuLayer> createConvolutionLayer(const Convolution& convolution, bool threeDigits)
{
    const Window& window = convolution.window;
    if (convolution.groups > 1 && convolution.groups == convolution.outputs && convolution.weights.size[1] == 1 &&
        hasDepthwiseKernel(window))
        return std::unique_ptr<GpuLayer>(new DepthwiseLayer(convolution));
    if (window.dilation > 1 && (window.top != window.bottom || window.left != window.right))
        CV_Error(Error::StsNotImplemented, "Conv with dilation and padding that differs between sides");
    return std::unique_ptr<GpuLayer>(new ConvolutionLayer(convolution, threeDigits));
}

std::unique_ptr<GpuLayer> createMaxPoolLayer(const Window& window)
{
    return std::unique_ptr<GpuLayer>(new MaxPoolLayer(window));
}

std::unique_ptr<GpuLayer> createAddLayer()
{
    return std::unique_ptr<GpuLayer>(new AddLayer);
}

std::unique_ptr<GpuLayer> createClipLayer(const Clip& clip)
{
    return std::unique_ptr<GpuLayer>(new ClipLayer(clip));
}

}} // namespace cv::anomaly
