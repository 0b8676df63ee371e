// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "precomp.hpp"
#include "gpu_memory.hpp"
#include "halide_runtime.hpp"
#include "halide_symbols.hpp"

extern "C" {
HALIDE_FUNCTION_ATTRS const halide_device_interface_t* ANOMALY_RUNTIME(ANOMALY_GPU_INTERFACE)();
HALIDE_FUNCTION_ATTRS int ANOMALY_RUNTIME(halide_device_malloc)(void*, halide_buffer_t*, const halide_device_interface_t*);
HALIDE_FUNCTION_ATTRS int ANOMALY_RUNTIME(halide_device_free)(void*, halide_buffer_t*);
HALIDE_FUNCTION_ATTRS int ANOMALY_RUNTIME(halide_copy_to_device)(void*, halide_buffer_t*, const halide_device_interface_t*);
HALIDE_FUNCTION_ATTRS int ANOMALY_RUNTIME(halide_copy_to_host)(void*, halide_buffer_t*);
HALIDE_FUNCTION_ATTRS int ANOMALY_RUNTIME(halide_device_sync)(void*, halide_buffer_t*);
}

namespace cv {
namespace anomaly {

GpuView::GpuView(std::initializer_list<int> extents, halide_type_t type) : buffer()
{
    CV_Assert(extents.size() <= size_t(mostDimensions));
    int stride = 1;
    for (const int extent : extents)
    {
        dimensions[buffer.dimensions++] = {0, extent, stride};
        stride *= extent;
    }
    buffer.type = type;
    buffer.dim = dimensions;
}

GpuView::GpuView(const GpuMemory& memory, std::initializer_list<int> extents, halide_type_t type) : GpuView(extents, type)
{
    CV_CheckLE(buffer.number_of_elements(), memory.capacity, "A kernel's argument must lie within the memory on the GPU");
    buffer.device = memory.device;
    buffer.device_interface = memory.interface;
}

void GpuMemory::reserve(size_t numbers)
{
    if (numbers <= capacity)
        return;
    CV_CheckLE(numbers, size_t(INT_MAX), "Kernels count in 32 bits");
    release();
    GpuView all({int(numbers)}, halide_type_t(halide_type_float, 32));
    runKernel("device_malloc", [&](void* context) { return ANOMALY_RUNTIME(halide_device_malloc)(context, all, ANOMALY_RUNTIME(ANOMALY_GPU_INTERFACE)()); });
    device = all.buffer.device;
    interface = all.buffer.device_interface;
    capacity = numbers;
}

// No error may leave a destructor, and there is nothing to be done about one.
void GpuMemory::release()
{
    if (device)
        ANOMALY_RUNTIME(halide_device_free)(NULL, floats({int(capacity)}));
    device = 0;
    capacity = 0;
}

void GpuMemory::upload(const Mat& from)
{
    CV_Assert(from.isContinuous() && from.depth() == CV_32F && !from.empty());
    reserve(from.total());
    GpuView both = floats({int(from.total())});
    both.buffer.host = const_cast<uchar*>(from.data);
    both.buffer.set_host_dirty();
    runKernel("copy_to_device", [&](void* context) { return ANOMALY_RUNTIME(halide_copy_to_device)(context, both, interface); });
}

void GpuMemory::download(Mat& to) const
{
    CV_Assert(to.isContinuous() && to.depth() == CV_32F && !to.empty());
    GpuView both = floats({int(to.total())});
    both.buffer.host = to.data;
    both.buffer.set_device_dirty();
    runKernel("copy_to_host", [&](void* context) { return ANOMALY_RUNTIME(halide_copy_to_host)(context, both); });
}

void GpuMemory::wait() const
{
    GpuView all = floats({int(capacity)});
    runKernel("device_sync", [&](void* context) { return ANOMALY_RUNTIME(halide_device_sync)(context, all); });
}

String missingForGpuMemory()
{
    try
    {
        GpuMemory().reserve(1);
        return String();
    }
    catch (const Exception& e)
    {
        return "the GPU gives no memory (" + e.err + ")";
    }
}

}} // namespace cv::anomaly
