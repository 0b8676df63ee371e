// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_CUDA_DRIVER_HPP
#define OPENCV_ANOMALY_CUDA_DRIVER_HPP

#include "opencv2/core.hpp"

#include <initializer_list>
#include <memory>

namespace cv { namespace anomaly {

//! One of NVIDIA's libraries, opened at run time under the first of its names that is found: the build needs none of
//! them. Never closed, since others in the process may be using it.
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

//! The driver's library: some of its functions, which give 0 or an error.
class CudaDriver
{
public:
    static const CudaDriver& get();

    //! What keeps this machine from running the CUDA kernels, with what to do; empty: nothing.
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

//! Throws, with the function's name, when a call of one of NVIDIA's libraries gives an error.
void checkCuda(int status, const char* function);

//! The context that CUDA's run time library, and with it cv::dnn, works in: of the device that was current when this
//! was first called, else of the first. Null where the driver gives none.
void* primaryCudaContext();

//! Makes that context current for the calling thread, as CUDA's libraries need it, and at its end the one before.
class CudaContextScope
{
public:
    CudaContextScope();
    ~CudaContextScope();
    CudaContextScope(const CudaContextScope&) = delete;
    CudaContextScope& operator=(const CudaContextScope&) = delete;
};

//! Memory of the host that the GPU reaches by itself; null where the driver gives none.
std::shared_ptr<void> pageLockedMemory(size_t bytes);

//! The stream of the calling thread's queue; null: it has none.
void* currentCudaStream();

}} // namespace cv::anomaly

#endif
