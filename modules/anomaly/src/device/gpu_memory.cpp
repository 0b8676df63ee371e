// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "gpu_memory.hpp"
#include "cuda_driver.hpp"
#include "gpu_queue.hpp"
#include "halide_runtime.hpp"
#include "halide_symbols.hpp"

extern "C" {
HALIDE_FUNCTION_ATTRS const halide_device_interface_t* ANOMALY_RUNTIME(ANOMALY_GPU_INTERFACE)();
HALIDE_FUNCTION_ATTRS int ANOMALY_RUNTIME(halide_device_malloc)(void*, halide_buffer_t*,
                                                                const halide_device_interface_t*);
HALIDE_FUNCTION_ATTRS int ANOMALY_RUNTIME(halide_device_free)(void*, halide_buffer_t*);
HALIDE_FUNCTION_ATTRS int ANOMALY_RUNTIME(halide_copy_to_device)(void*, halide_buffer_t*,
                                                                 const halide_device_interface_t*);
HALIDE_FUNCTION_ATTRS int ANOMALY_RUNTIME(halide_copy_to_host)(void*, halide_buffer_t*);
HALIDE_FUNCTION_ATTRS int ANOMALY_RUNTIME(halide_device_sync)(void*, halide_buffer_t*);
HALIDE_FUNCTION_ATTRS int ANOMALY_RUNTIME(halide_device_crop)(void*, const halide_buffer_t*, halide_buffer_t*);
HALIDE_FUNCTION_ATTRS int ANOMALY_RUNTIME(halide_device_release_crop)(void*, halide_buffer_t*);
}

namespace cv { namespace anomaly {

// A view without memory. If no strides are given, elements are dense, with the first dimension innermost.
GpuView::GpuView(halide_type_t type, std::initializer_list<int> extents, std::initializer_list<int> strides)
    : buffer(),
      isPart(false)
{
    CV_Assert(extents.size() <= size_t(mostDimensions) && (strides.size() == 0 || strides.size() == extents.size()));
    int dense = 1;
    const int* stride = strides.begin();
    for (const int extent : extents)
    {
        dimensions[buffer.dimensions++] = {0, extent, strides.size() ? *stride++ : dense};
        dense *= extent;
    }
    buffer.type = type;
    buffer.dim = dimensions;
}

GpuView::GpuView(const GpuMemory& memory, halide_type_t type, std::initializer_list<int> extents,
                 std::initializer_list<int> strides)
    : GpuView(type, extents, strides)
{
    CV_CheckLE(buffer.size_in_bytes(), memory.capacity, "A kernel's argument must lie within the memory on the GPU");
    buffer.device = memory.device;
    buffer.device_interface = memory.deviceInterface;
}

GpuView::GpuView(const GpuMemory& memory, halide_type_t type, std::initializer_list<int> extents)
    : GpuView(memory, type, extents, {})
{}

// A destructor must not throw, and nothing could be done about an error.
GpuView::~GpuView()
{
    if (isPart)
        ANOMALY_RUNTIME(halide_device_release_crop)(NULL, &buffer);
}

GpuView& GpuView::part(int dimension, int first, int count)
{
    CV_Assert(!isPart && first >= 0 && first + count <= dimensions[dimension].extent);
    const halide_buffer_t whole = buffer;
    halide_dimension_t of[mostDimensions];
    std::copy(dimensions, dimensions + mostDimensions, of);
    halide_buffer_t from = whole;
    from.dim = of;
    dimensions[dimension].min = first;
    dimensions[dimension].extent = count;
    buffer.device = 0;
    buffer.device_interface = NULL;
    runKernel("device_crop",
              [&](void* context) { return ANOMALY_RUNTIME(halide_device_crop)(context, &from, &buffer); });
    isPart = true;
    dimensions[dimension].min = 0; // kernels count elements from 0
    return *this;
}

void GpuMemory::reserve(size_t bytes)
{
    if (bytes <= capacity)
        return;
    // Memory is allocated in words of 64 bits, because Halide counts elements in an int: up to 16 GiB are possible.
    const size_t words = (bytes + sizeof(uint64_t) - 1) / sizeof(uint64_t);
    CV_CheckLE(words, size_t(INT_MAX), "Kernels count in 32 bits");
    release();
    GpuView all(halide_type_t(halide_type_uint, 64), {int(words)}, {});
    runKernel("device_malloc", [&](void* context) {
        return ANOMALY_RUNTIME(halide_device_malloc)(context, all, ANOMALY_RUNTIME(ANOMALY_GPU_INTERFACE)());
    });
    device = all.buffer.device;
    deviceInterface = all.buffer.device_interface;
    capacity = words * sizeof(uint64_t);
}

// A destructor must not throw, and nothing could be done about an error.
void GpuMemory::release()
{
    if (device)
    {
        GpuView all(*this, halide_type_t(halide_type_uint, 64), {int(capacity / sizeof(uint64_t))});
        ANOMALY_RUNTIME(halide_device_free)(NULL, all);
    }
    device = 0;
    capacity = 0;
}

void GpuMemory::upload(const Mat& from)
{
    const size_t size = from.total() * from.elemSize();
    CV_Assert(from.isContinuous() && !from.empty());
    CV_CheckLE(size, size_t(INT_MAX), "A copy counts in 32 bits");
    reserve(size);
    GpuView both = bytes({int(size)});
    both.buffer.host = const_cast<uchar*>(from.data);
    both.buffer.set_host_dirty();
    runKernel("copy_to_device",
              [&](void* context) { return ANOMALY_RUNTIME(halide_copy_to_device)(context, both, deviceInterface); });
    // Work in a queue is executed in order. Without a queue, the caller may change `from` as soon as this returns.
    if (!GpuQueue::current())
        wait();
}

void GpuMemory::download(Mat& to) const
{
    CV_Assert(to.isContinuous() && !to.empty());
    GpuView both = bytes({int(to.total() * to.elemSize())});
    both.buffer.host = to.data;
    both.buffer.set_device_dirty();
    runKernel("copy_to_host", [&](void* context) { return ANOMALY_RUNTIME(halide_copy_to_host)(context, both); });
    wait();
}

void GpuMemory::wait() const
{
    GpuView all = bytes({1});
    runKernel("device_sync", [&](void* context) { return ANOMALY_RUNTIME(halide_device_sync)(context, all); });
}

Mat HostMemory::matrix(int rows, int columns, int type)
{
    const size_t bytes = size_t(rows) * columns * CV_ELEM_SIZE(type);
    if (bytes > capacity)
    {
        memory = pageLockedMemory(bytes);
        // Ordinary memory, if there is no page-locked memory.
        if (!memory)
            memory = std::shared_ptr<void>(fastMalloc(bytes), fastFree);
        capacity = bytes;
    }
    return Mat(rows, columns, type, memory.get());
}

// Tries to allocate memory, because a driver may be there while another program uses all memory of the GPU.
String missingForGpuMemory()
{
    try
    {
        GpuMemory().reserve(1);
        return String();
    }
    catch (const Exception& e)
    {
        return "the GPU has not enough memory (" + e.err + ")";
    }
}

}} // namespace cv::anomaly
