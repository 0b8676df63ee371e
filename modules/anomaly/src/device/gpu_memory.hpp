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

//! A kernel's argument: memory on the GPU or a part of it, with extents and strides, innermost dimension first.
class GpuView
{
public:
    //! Without strides, the memory is dense.
    GpuView(const GpuMemory& memory, halide_type_t type, std::initializer_list<int> extents);
    GpuView(const GpuMemory& memory, halide_type_t type, std::initializer_list<int> extents,
            std::initializer_list<int> strides);
    ~GpuView();
    GpuView(const GpuView&) = delete; // the buffer points to the dimensions
    GpuView& operator=(const GpuView&) = delete;

    //! Limits a dimension to `count` elements from `first` on. May be called once.
    GpuView& part(int dimension, int first, int count);

    //! The buffer as kernels take it. Kernels that only read their argument take the same type.
    operator halide_buffer_t*() const { return const_cast<halide_buffer_t*>(&buffer); }
    int extent(int dimension) const { return dimensions[dimension].extent; }
    int stride(int dimension) const { return dimensions[dimension].stride; }
    int bits() const { return buffer.type.bits; }
    //! Address of the first element, as CUDA's libraries take it.
    void* address() const { return reinterpret_cast<void*>(buffer.device); }

private:
    friend class GpuMemory;
    GpuView(halide_type_t type, std::initializer_list<int> extents, std::initializer_list<int> strides);

    static const int mostDimensions = 4;
    halide_buffer_t buffer;
    halide_dimension_t dimensions[mostDimensions];
    bool isPart;
};

//! Memory on the GPU. It is kept from call to call, because allocation takes long.
class GpuMemory
{
public:
    GpuMemory() : device(0), deviceInterface(NULL), capacity(0) {}
    ~GpuMemory() { release(); }
    GpuMemory(const GpuMemory&) = delete;
    GpuMemory& operator=(const GpuMemory&) = delete;

    //! Makes room for this many bytes. The present contents may be lost.
    void reserve(size_t bytes);

    //! Makes room and copies a continuous matrix to the GPU. The copy is enqueued in the calling thread's queue; if the
    //! matrix lies in HostMemory, that must not change until the queue is done.
    void upload(const Mat& from);
    //! Waits for the queue and copies to a continuous matrix of the wanted size and type.
    void download(Mat& to) const;
    //! Waits until the GPU has finished all work of the queue.
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

//! Feature maps of several images in the GPU's memory: images x channels x rows x columns, float.
struct GpuMaps
{
    const GpuMemory* memory;
    int images, channels;
    Size size;
    float lowest, highest; // range of an activation that is still to be applied by whoever reads the maps
};

//! Page-locked memory of the host, with which a GPU exchanges data at the full speed of the bus. If the driver gives
//! none, it is ordinary memory.
class HostMemory
{
public:
    HostMemory() : capacity(0) {}

    //! Returns a continuous matrix in this memory. It is valid until the next call.
    Mat matrix(int rows, int columns, int type);

private:
    std::shared_ptr<void> memory;
    size_t capacity;
};

}} // namespace cv::anomaly

#endif
