// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "gpu_libraries.hpp"
#include "gpu_queue.hpp"
#include "halide_runtime.hpp"

#include "anomaly_gpu_plain_convolution.h"
#include "anomaly_gpu_plain_product.h"
#include "anomaly_gpu_plain_product_bfloat.h"

namespace cv { namespace anomaly {

namespace {

//! A convolution by a simple kernel.
class PlainGpuConvolution CV_FINAL : public GpuConvolution
{
public:
    PlainGpuConvolution(const GpuConvolutionSettings& s, const GpuMemory& w, const GpuMemory& b)
        : settings(s),
          weights(w),
          bias(b)
    {}

    size_t workspaceBytes() const CV_OVERRIDE { return 0; }

    void run(const GpuMemory& in, const GpuMemory* added, const GpuMemory& out, const GpuMemory&) const CV_OVERRIDE
    {
        const GpuConvolutionSettings& s = settings;
        const Size kernel = s.kernel(), size = s.outputSize();
        runKernel("plain_convolution", [&](void* context) {
            return anomaly_gpu_plain_convolution(
                context, in.floats({s.size.width, s.size.height, s.channels, s.images}),
                weights.floats({kernel.width, kernel.height, s.channels / s.groups, s.outputs()}),
                bias.floats({s.outputs()}),
                (added ? *added : out).floats({size.width, size.height, s.outputs(), s.images}), added != NULL,
                s.stride, s.dilation, s.padX, s.padY, s.groups, s.relu ? 0 : -FLT_MAX,
                out.floats({size.width, size.height, s.outputs(), s.images}));
        });
    }

private:
    const GpuConvolutionSettings settings;
    const GpuMemory &weights, &bias;
};

//! OpenCL has one queue, which all work joins.
class PlainQueue CV_FINAL : public GpuQueue
{
public:
    std::unique_ptr<GpuRecord> record(const std::function<void()>&) CV_OVERRIDE { return NULL; }
};

} // namespace

std::shared_ptr<GpuQueue> GpuQueue::create()
{
    return std::make_shared<PlainQueue>();
}

void multiplyOnGpu(const GpuView& a, const GpuView& b, float factor, const GpuView& out)
{
    runKernel("plain_product", [&](void* context) {
        return (a.bits() == 32 ? anomaly_gpu_plain_product : anomaly_gpu_plain_product_bfloat)(context, a, b, factor,
                                                                                               out);
    });
}

std::unique_ptr<GpuConvolution> GpuConvolution::create(const GpuConvolutionSettings& settings, const GpuMemory& weights,
                                                       const GpuMemory& bias)
{
    return std::unique_ptr<GpuConvolution>(new PlainGpuConvolution(settings, weights, bias));
}

String missingGpuLibraries()
{
    return String();
}

}} // namespace cv::anomaly
