// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "precomp.hpp"
#include "cuda_driver.hpp"

#ifdef _WIN32
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace cv {
namespace anomaly {

namespace {

// The lowest that kernels are built for: cuda_capability_80 in cmake/halide.cmake.
const int lowestMajor = 8;

// The driver's library, of which no header is at hand: some of its functions.
class CudaDriver
{
public:
    static const CudaDriver& get()
    {
        static const CudaDriver& driver = *new CudaDriver; // for good: Halide's run time asks for the context when the process ends, too
        return driver;
    }

    String missing;

    // It takes memory on the GPU, so only who computes there asks for it.
    void* retainContext() const
    {
        void* context = NULL;
        return missing.empty() && !retain(&context, device) ? context : NULL;
    }

    int (*push)(void* context);
    int (*pop)(void** context);
    int (*allocateHost)(void** memory, size_t bytes, unsigned flags);
    int (*freeHost)(void* memory);

private:
    CudaDriver() : library(open()), device(0)
    {
        find("cuInit", init);
        find("cuDeviceGetCount", getCount);
        find("cuCtxGetDevice", getCurrent);
        find("cuDeviceGet", getDevice);
        find("cuDeviceGetAttribute", getAttribute);
        find("cuDevicePrimaryCtxRetain", retain);
        find("cuCtxPushCurrent_v2", push);
        find("cuCtxPopCurrent_v2", pop);
        find("cuMemHostAlloc", allocateHost);
        find("cuMemFreeHost", freeHost);
        missing = start();
    }

    String start()
    {
        int count = 0, major = 0;
        const int majorCapability = 75; // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR
        if (!init || !getCount || !getCurrent || !getDevice || !getAttribute || !retain || !push || !pop || !allocateHost || !freeHost)
            return "this machine has no NVIDIA driver (libcuda is not found)";
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

    // Never closed: others in the process may be using it.
#ifdef _WIN32
    static HMODULE open() { return LoadLibraryA("nvcuda.dll"); }
    void* address(const char* name) const { return library ? reinterpret_cast<void*>(GetProcAddress(library, name)) : NULL; }
    const HMODULE library;
#else
    static void* open() { return dlopen("libcuda.so.1", RTLD_NOW); }
    void* address(const char* name) const { return library ? dlsym(library, name) : NULL; }
    void* const library;
#endif

    template <typename Function> void find(const char* name, Function*& function) const { function = reinterpret_cast<Function*>(address(name)); }

    int (*init)(unsigned);
    int (*getCount)(int* count);
    int (*getCurrent)(int* device);
    int (*getDevice)(int* device, int ordinal);
    int (*getAttribute)(int* value, int attribute, int device);
    int (*retain)(void** context, int device);
    int device;
};

} // namespace

String missingInCudaDriver()
{
    return CudaDriver::get().missing;
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
        CV_Error(Error::GpuApiCallError, "NVIDIA's driver gives no context on the GPU");
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
            return; // when the process ends, the driver may be gone before
        driver.freeHost(given);
        driver.pop(&popped);
    });
}

}} // namespace cv::anomaly
