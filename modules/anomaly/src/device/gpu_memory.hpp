// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_GPU_MEMORY_HPP
#define OPENCV_ANOMALY_GPU_MEMORY_HPP

#include "opencv2/core.hpp"

#include "HalideRuntime.h"

#include <initializer_list>
#include <memory>

namespace cv { namespace anomaly {

class GpuMemory;

//! A kernel's argument, innermost dimension first: memory on the GPU, or a part of it.
class GpuView
{
public:
    //! Dense.
    GpuView(const GpuMemory& memory, halide_type_t type, std::initializer_list<int> extents);
    GpuView(const GpuMemory& memory, halide_type_t type, std::initializer_list<int> extents,
            std::initializer_list<int> strides);
    ~GpuView();
    GpuView(const GpuView&) = delete; // the buffer points to the dimensions
    GpuView& operator=(const GpuView&) = delete;

    //! From now on only so many elements of a dimension.
    GpuView& part(int dimension, int first, int count);

    //! As kernels take it; those that only read do not say so.
    operator halide_buffer_t*() const { return const_cast<halide_buffer_t*>(&buffer); }
    int extent(int dimension) const { return dimensions[dimension].extent; }
    int stride(int dimension) const { return dimensions[dimension].stride; }
    int bits() const { return buffer.type.bits; }
    //! Where it begins, as CUDA's libraries take it.
    void* address() const { return reinterpret_cast<void*>(buffer.device); }

private:
    friend class GpuMemory;
    GpuView(halide_type_t type, std::initializer_list<int> extents, std::initializer_list<int> strides);

    static const int mostDimensions = 4;
    halide_buffer_t buffer;
    halide_dimension_t dimensions[mostDimensions];
    bool isPart;
};

//! Memory on the GPU, kept from call to call.
class GpuMemory
{
public:
    GpuMemory() : device(0), deviceInterface(NULL), capacity(0) {}
    ~GpuMemory() { release(); }
    GpuMemory(const GpuMemory&) = delete;
    GpuMemory& operator=(const GpuMemory&) = delete;

    //! Room for so many bytes. What is there now may be lost.
    void reserve(size_t bytes);

    //! Makes room and copies a dense matrix there: within the queue of the calling thread, until whose end HostMemory
    //! must hold.
    void upload(const Mat& from);
    //! Fills a dense matrix, when the queue is done.
    void download(Mat& to) const;
    //! Until the GPU has done what the queue gave it.
    void wait() const;

    GpuView floats(std::initializer_list<int> extents) const
    {
        return GpuView(*this, halide_type_t(halide_type_float, 32), extents);
    }
    GpuView integers(std::initializer_list<int> extents) const
    {
        return GpuView(*this, halide_type_t(halide_type_int, 32), extents);
    }
    GpuView bytes(std::initializer_list<int> extents) const
    {
        return GpuView(*this, halide_type_t(halide_type_uint, 8), extents);
    }
    GpuView shorts(std::initializer_list<int> extents) const
    {
        return GpuView(*this, halide_type_t(halide_type_uint, 16), extents);
    }

private:
    friend class GpuView;
    void release();

    uint64_t device;
    const halide_device_interface_t* deviceInterface;
    size_t capacity;
};

//! Feature maps of several images where a GPU's network left them: images x channels x rows x columns, CV_32F.
struct GpuMaps
{
    const GpuMemory* memory;
    int images, channels;
    Size size;
    float lowest, highest; // an activation that whoever reads them is to apply
};

//! Memory of the host from which, and to which, a GPU copies at the bus's full speed; where its driver gives none it is
//! ordinary.
class HostMemory
{
public:
    HostMemory() : capacity(0) {}

    //! A dense matrix in it. It holds until the next call.
    Mat matrix(int rows, int columns, int type);

private:
    std::shared_ptr<void> memory;
    size_t capacity;
};

}} // namespace cv::anomaly

#endif
