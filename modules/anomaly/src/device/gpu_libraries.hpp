// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_GPU_LIBRARIES_HPP
#define OPENCV_ANOMALY_GPU_LIBRARIES_HPP

#include "gpu_memory.hpp"

#include <memory>

namespace cv { namespace anomaly {

// What a GPU's own libraries do better than kernels of ours: dense products and convolutions. For CUDA these are cuBLAS
// and cuDNN, opened at run time (cuda_libraries.cpp); the OpenCL build, which is for tests, has kernels in the plainest
// form (plain_libraries.cpp). All of it joins what the GPU was given before, in order, and returns at once.

//! out(row, column, n) = factor * sum over k of a(row, k, n) * b(k, column, n). All three have 3 dimensions, the
//! innermost dense; b may be the same for each n (a stride of 0). a and b are float, or the bits of bfloat16; out is
//! float.
void multiplyOnGpu(const GpuView& a, const GpuView& b, float factor, const GpuView& out);

//! A convolution with a bias, in NCHW. Padding is the same on both sides.
struct GpuConvolutionSettings
{
    int images, channels;
    Size size;         // of the input
    Mat weights, bias; // outputs x channels of a group x rows x columns; outputs
    int stride, dilation, padX, padY, groups;
    bool relu;        // of the sum
    bool threeDigits; // may round factors to 11 bits, for tensor cores

    int outputs() const { return weights.size[0]; }
    Size kernel() const { return Size(weights.size[3], weights.size[2]); }
    Size outputSize() const
    {
        return Size((size.width + 2 * padX - dilation * (kernel().width - 1) - 1) / stride + 1,
                    (size.height + 2 * padY - dilation * (kernel().height - 1) - 1) / stride + 1);
    }
};

//! Set up for one number of images.
class GpuConvolution
{
public:
    virtual ~GpuConvolution() {}

    virtual size_t workspaceBytes() const = 0;

    //! `added`, of out's shape, is added before the activation; may be null. `workspace` has room for workspaceBytes().
    virtual void run(const GpuMemory& in, const GpuMemory* added, const GpuMemory& out,
                     const GpuMemory& workspace) const = 0;

    //! weights and bias as upload() left them, shared by all set-ups of a network.
    static std::unique_ptr<GpuConvolution> create(const GpuConvolutionSettings& settings, const GpuMemory& weights,
                                                  const GpuMemory& bias);
};

}} // namespace cv::anomaly

#endif
