// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_GPU_MEMORY_HPP
#define OPENCV_ANOMALY_GPU_MEMORY_HPP

#include "opencv2/core.hpp"

#include "HalideRuntime.h"

#include <initializer_list>

namespace cv {
namespace anomaly {

class GpuMemory;

//! A kernel's argument: dense, innermost dimension first.
class GpuView
{
public:
    GpuView(std::initializer_list<int> extents, halide_type_t type);
    GpuView(const GpuMemory& memory, std::initializer_list<int> extents, halide_type_t type);
    GpuView(const GpuView&) = delete; // the buffer points to the dimensions
    GpuView& operator=(const GpuView&) = delete;

    operator halide_buffer_t*() { return &buffer; } // as kernels take it

    halide_buffer_t buffer;

private:
    static const int mostDimensions = 3;
    halide_dimension_t dimensions[mostDimensions];
};

//! Memory on the GPU for numbers of 32 bits, kept from call to call.
class GpuMemory
{
public:
    GpuMemory() : device(0), interface(NULL), capacity(0) {}
    ~GpuMemory() { release(); }
    GpuMemory(const GpuMemory&) = delete;
    GpuMemory& operator=(const GpuMemory&) = delete;

    //! Room for so many numbers. What is there now may be lost.
    void reserve(size_t numbers);

    //! Makes room and copies a dense matrix of CV_32F there.
    void upload(const Mat& from);
    //! Fills a dense matrix of CV_32F.
    void download(Mat& to) const;
    //! Until the GPU has done what it was given.
    void wait() const;

    GpuView floats(std::initializer_list<int> extents) const { return GpuView(*this, extents, halide_type_t(halide_type_float, 32)); }
    GpuView integers(std::initializer_list<int> extents) const { return GpuView(*this, extents, halide_type_t(halide_type_int, 32)); }

private:
    friend class GpuView;
    void release();

    uint64_t device;
    const halide_device_interface_t* interface;
    size_t capacity;
};

}} // namespace cv::anomaly

#endif
