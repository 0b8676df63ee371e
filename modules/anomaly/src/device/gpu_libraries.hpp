// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_GPU_LIBRARIES_HPP
#define OPENCV_ANOMALY_GPU_LIBRARIES_HPP

#include "gpu_memory.hpp"

#include <memory>

namespace cv { namespace anomaly {

// Operations that the GPU's own libraries compute faster than kernels of this library: dense products and convolutions.
// For CUDA these are cuBLAS and cuDNN, which are opened at run time (cuda_libraries.cpp). The OpenCL build, which is
// only for tests, has simple kernels instead (plain_libraries.cpp). All functions enqueue their work behind earlier
// work and return at once.

//! Computes out(row, column, n) = factor * sum over k of a(row, k, n) * b(k, column, n). All three have 3 dimensions,
//! and the innermost is dense. b may be the same for each n, with a stride of 0. a and b are float or the bits of
//! bfloat16; out is float.
void multiplyOnGpu(const GpuView& a, const GpuView& b, float factor, const GpuView& out);

//! Settings of a convolution with bias in NCHW layout. Padding is the same on opposite sides.
struct GpuConvolutionSettings
{
    int images, channels;
    Size size;         // size of the input maps
    Mat weights, bias; // weights: outputs x channels of a group x rows x columns; bias: outputs
    int stride, dilation, padX, padY, groups;
    bool relu;        // whether negative results become 0
    bool threeDigits; // whether factors may be rounded to 11 bits, about three digits, for tensor cores

    int outputs() const { return weights.size[0]; }
    Size kernel() const { return Size(weights.size[3], weights.size[2]); }
    Size outputSize() const
    {
        return Size((size.width + 2 * padX - dilation * (kernel().width - 1) - 1) / stride + 1,
                    (size.height + 2 * padY - dilation * (kernel().height - 1) - 1) / stride + 1);
    }
};

//! A convolution that is set up for one number of images.
class GpuConvolution
{
public:
    virtual ~GpuConvolution() {}

    virtual size_t workspaceBytes() const = 0;

    //! added: maps of out's shape that are added before the activation, or null. workspace: at least workspaceBytes().
    virtual void run(const GpuMemory& in, const GpuMemory* added, const GpuMemory& out,
                     const GpuMemory& workspace) const = 0;

    //! weights and bias: uploaded to the GPU, kept by reference, and shared by all set-ups of a network.
    static std::unique_ptr<GpuConvolution> create(const GpuConvolutionSettings& settings, const GpuMemory& weights,
                                                  const GpuMemory& bias);
};

}} // namespace cv::anomaly

#endif
