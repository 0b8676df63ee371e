// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_CUDA_DRIVER_HPP
#define OPENCV_ANOMALY_CUDA_DRIVER_HPP

#include "opencv2/core.hpp"

#include <initializer_list>
#include <memory>

namespace cv { namespace anomaly {

//! One of NVIDIA's libraries. It is opened at run time, under the first of its names that is found, so the build does
//! not need it. It is never closed, because other code in the process may use it.
class CudaLibrary
{
public:
    explicit CudaLibrary(std::initializer_list<const char*> names);

    template <typename Function> bool find(const char* name, Function*& function) const
    {
        function = reinterpret_cast<Function*>(address(name));
        return function != NULL;
    }

private:
    void* address(const char* name) const;

    void* handle;
};

//! Some functions of the driver's library. Each returns 0 or an error code.
class CudaDriver
{
public:
    static const CudaDriver& get();

    //! The reason why this machine cannot run the CUDA kernels, and what to do; empty if it can.
    String missing;

    int (*push)(void* context);
    int (*pop)(void** context);
    int (*allocateHost)(void** memory, size_t bytes, unsigned flags);
    int (*freeHost)(void* memory);
    int (*createStream)(void** stream, unsigned flags);
    int (*destroyStream)(void* stream);
    int (*beginCapture)(void* stream, int mode);
    int (*endCapture)(void* stream, void** graph);
    int (*instantiate)(void** executable, void* graph, unsigned long long flags);
    int (*destroyGraph)(void* graph);
    int (*launch)(void* executable, void* stream);
    int (*destroyExecutable)(void* executable);

private:
    friend void* primaryCudaContext();
    CudaDriver();
    String start();
    void* retainContext() const;

    int (*init)(unsigned);
    int (*getCount)(int* count);
    int (*getCurrent)(int* device);
    int (*getDevice)(int* device, int ordinal);
    int (*getAttribute)(int* value, int attribute, int device);
    int (*retain)(void** context, int device);
    const CudaLibrary library;
    bool foundAll;
    int device;
};

//! Throws, with the function's name, if a function of one of NVIDIA's libraries returned an error.
void checkCuda(int status, const char* function);

//! The primary context, in which CUDA's run time library and cv::dnn work, too. Its device is the one that was current
//! at the first call, or else the first device. Returns null if the driver gives no context.
void* primaryCudaContext();

//! Makes the primary context current for the calling thread, which CUDA's libraries require, and restores the earlier
//! one at the end.
class CudaContextScope
{
public:
    CudaContextScope();
    ~CudaContextScope();
    CudaContextScope(const CudaContextScope&) = delete;
    CudaContextScope& operator=(const CudaContextScope&) = delete;
};

//! Page-locked memory of the host, which the GPU can access directly; null if the driver gives none.
std::shared_ptr<void> pageLockedMemory(size_t bytes);

//! The CUDA stream of the calling thread's queue; null if it has no queue.
void* currentCudaStream();

}} // namespace cv::anomaly

#endif
