// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "cuda_driver.hpp"

#ifdef _WIN32
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace cv { namespace anomaly {

namespace {

// Lowest major compute capability that kernels are built for: cuda_capability_80 in cmake/halide.cmake.
const int lowestMajor = 8;

#ifdef _WIN32
const char* const driverName = "nvcuda.dll";

void* openLibrary(const char* name)
{
    return LoadLibraryA(name);
}
#else
const char* const driverName = "libcuda.so.1";

void* openLibrary(const char* name)
{
    return dlopen(name, RTLD_NOW);
}
#endif

} // namespace

CudaLibrary::CudaLibrary(std::initializer_list<const char*> names) : handle(NULL)
{
    for (const char* name : names)
        if (!handle)
            handle = openLibrary(name);
}

void* CudaLibrary::address(const char* name) const
{
    if (!handle)
        return NULL;
#ifdef _WIN32
    return reinterpret_cast<void*>(GetProcAddress(HMODULE(handle), name));
#else
    return dlsym(handle, name);
#endif
}

const CudaDriver& CudaDriver::get()
{
    static const CudaDriver& driver =
        *new CudaDriver; // never destroyed: Halide's run time still asks for the context when the process ends
    return driver;
}

CudaDriver::CudaDriver() : library({driverName}), device(0)
{
    foundAll =
        library.find("cuInit", init) && library.find("cuDeviceGetCount", getCount) &&
        library.find("cuCtxGetDevice", getCurrent) && library.find("cuDeviceGet", getDevice) &&
        library.find("cuDeviceGetAttribute", getAttribute) && library.find("cuDevicePrimaryCtxRetain", retain) &&
        library.find("cuCtxPushCurrent_v2", push) && library.find("cuCtxPopCurrent_v2", pop) &&
        library.find("cuMemHostAlloc", allocateHost) && library.find("cuMemFreeHost", freeHost) &&
        library.find("cuStreamCreate", createStream) && library.find("cuStreamDestroy_v2", destroyStream) &&
        library.find("cuStreamBeginCapture_v2", beginCapture) && library.find("cuStreamEndCapture", endCapture) &&
        library.find("cuGraphInstantiateWithFlags", instantiate) && library.find("cuGraphDestroy", destroyGraph) &&
        library.find("cuGraphLaunch", launch) && library.find("cuGraphExecDestroy", destroyExecutable);
    missing = start();
}

// Starts the driver and chooses the device. Returns the reason if that is not possible, else an empty text.
String CudaDriver::start()
{
    int count = 0, major = 0;
    const int majorCapability = 75; // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR
    if (!library.find("cuInit", init))
        return "this machine has no NVIDIA driver (libcuda is not found)";
    if (!foundAll)
        return "NVIDIA's driver is older than CUDA 11.4";
    if (const int error = init(0))
        return format("NVIDIA's driver finds no GPU or does not start (cuInit gives error %d)", error);
    if (getCount(&count) || count == 0)
        return "NVIDIA's driver finds no GPU (see CUDA_VISIBLE_DEVICES)";
    if (getCurrent(&device) && getDevice(&device, 0))
        return "NVIDIA's driver does not open the GPU";
    if (getAttribute(&major, majorCapability, device) || major < lowestMajor)
        return format("the GPU has compute capability %d.x, and the kernels need %d.0", major, lowestMajor);
    return String();
}

// A context takes memory on the GPU, so it is only created when something is computed there.
void* CudaDriver::retainContext() const
{
    void* context = NULL;
    return missing.empty() && !retain(&context, device) ? context : NULL;
}

void checkCuda(int status, const char* function)
{
    if (status)
        CV_Error_(Error::GpuApiCallError, ("%s fails with status %d", function, status));
}

void* primaryCudaContext()
{
    static void* const context = CudaDriver::get().retainContext();
    return context;
}

CudaContextScope::CudaContextScope()
{
    void* const context = primaryCudaContext();
    if (!context || CudaDriver::get().push(context))
        CV_Error(Error::GpuApiCallError, "NVIDIA's driver creates no context on the GPU");
}

CudaContextScope::~CudaContextScope()
{
    void* popped;
    CudaDriver::get().pop(&popped);
}

std::shared_ptr<void> pageLockedMemory(size_t bytes)
{
    if (!primaryCudaContext())
        return NULL;
    const CudaContextScope scope;
    const unsigned portable = 1; // CU_MEMHOSTALLOC_PORTABLE
    void* memory = NULL;
    if (CudaDriver::get().allocateHost(&memory, bytes, portable))
        return NULL;
    return std::shared_ptr<void>(memory, [](void* given) {
        void* popped;
        const CudaDriver& driver = CudaDriver::get();
        if (driver.push(primaryCudaContext()))
            return; // at the end of the process the driver may already be gone
        driver.freeHost(given);
        driver.pop(&popped);
    });
}

}} // namespace cv::anomaly
