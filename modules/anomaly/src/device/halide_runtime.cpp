// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "halide_runtime.hpp"

#ifdef HAVE_ANOMALY_HALIDE

#include "halide_symbols.hpp"

#ifdef __MINGW32__
#include "opencv2/core/utils/tls.hpp"
#endif
#ifdef HAVE_ANOMALY_GPU
#include "cuda_driver.hpp"

#include "HalideRuntimeCuda.h"
#endif
#ifndef _WIN32
#include <dlfcn.h>
#endif

#if defined _MSC_VER && defined _M_X64
#include <intrin.h>
#elif defined __x86_64__
#include <cpuid.h>
#endif

#include <atomic>
#include <mutex>

extern "C" {
HALIDE_FUNCTION_ATTRS halide_error_handler_t ANOMALY_RUNTIME(halide_set_error_handler)(halide_error_handler_t);
HALIDE_FUNCTION_ATTRS halide_do_par_for_t ANOMALY_RUNTIME(halide_set_custom_do_par_for)(halide_do_par_for_t);
HALIDE_FUNCTION_ATTRS halide_malloc_t ANOMALY_RUNTIME(halide_set_custom_malloc)(halide_malloc_t);
HALIDE_FUNCTION_ATTRS halide_free_t ANOMALY_RUNTIME(halide_set_custom_free)(halide_free_t);
HALIDE_FUNCTION_ATTRS halide_can_use_target_features_t
    ANOMALY_RUNTIME(halide_set_custom_can_use_target_features)(halide_can_use_target_features_t);
HALIDE_FUNCTION_ATTRS int ANOMALY_RUNTIME(halide_default_can_use_target_features)(int, const uint64_t*);
#ifdef HAVE_ANOMALY_GPU
HALIDE_FUNCTION_ATTRS halide_load_library_t ANOMALY_RUNTIME(halide_set_custom_load_library)(halide_load_library_t);
#ifdef HAVE_ANOMALY_CUDA
HALIDE_FUNCTION_ATTRS
halide_cuda_acquire_context_t ANOMALY_RUNTIME(halide_set_cuda_acquire_context)(halide_cuda_acquire_context_t);
HALIDE_FUNCTION_ATTRS
halide_cuda_release_context_t ANOMALY_RUNTIME(halide_set_cuda_release_context)(halide_cuda_release_context_t);
HALIDE_FUNCTION_ATTRS halide_cuda_get_stream_t ANOMALY_RUNTIME(halide_set_cuda_get_stream)(halide_cuda_get_stream_t);
#endif
#endif
}

#ifdef __MINGW64__
// For Windows, Halide writes code that takes Microsoft's run time for granted. MinGW-w64's has the function that
// touches the pages of large stack frames by another name; the variable only says that numbers with a fraction are in
// use.
extern "C" int _fltused;
int _fltused = 1;
asm(".globl __chkstk\n__chkstk: jmp ___chkstk_ms");
#endif

namespace cv { namespace anomaly {

namespace {

//! User context of one call of a kernel. Several of the kernel's threads may fail at the same time; the first message
//! is kept.
class KernelCall
{
public:
    void record(const char* text)
    {
        std::lock_guard<std::mutex> lock(mutex);
        if (message.empty())
            message = text;
    }

    std::string message;

private:
    std::mutex mutex;
};

// Halide's default handler aborts the process. When memory is freed there is no call to which an error could be
// reported.
void recordError(void* context, const char* message)
{
    if (context)
        static_cast<KernelCall*>(context)->record(message);
}

//! The tasks of a parallel loop in a kernel, as OpenCV runs them. They stop after the first error.
class Tasks CV_FINAL : public ParallelLoopBody
{
public:
    Tasks(void* c, halide_task_t t, uint8_t* own) : result(halide_error_code_success), context(c), task(t), closure(own)
    {}

    void operator()(const Range& range) const CV_OVERRIDE
    {
        for (int i = range.start; i < range.end && result == halide_error_code_success; i++)
            if (const int error = task(context, i, closure))
                result = error;
    }

    mutable std::atomic<int> result;

private:
    void* context;
    halide_task_t task;
    uint8_t* closure;
};

// Kernels use OpenCV's threads, so that cv::setNumThreads is obeyed. No exception may pass through a kernel's stack
// frames.
int parallelFor(void* context, halide_task_t task, int first, int count, uint8_t* closure)
{
    try
    {
        const Tasks tasks(context, task, closure);
        parallel_for_(Range(first, first + count), tasks);
        return tasks.result;
    }
    catch (const std::exception& e)
    {
        static_cast<KernelCall*>(context)->record(e.what());
        return halide_error_code_generic_error;
    }
}

//! Blocks of memory for kernels, kept by each thread. Kernels ask for memory thousands of times for each image, and
//! glibc returns large blocks to the system, which then gives them back page by page. A kernel frees memory in the
//! thread that asked for it.
class Scratch
{
public:
    ~Scratch()
    {
        for (const Block& block : blocks)
            fastFree(block.memory);
    }

    void* take(size_t size)
    {
        Block* best = NULL;
        for (Block& block : blocks)
            if (!block.taken && block.size >= size && (!best || block.size < best->size))
                best = &block;
        if (!best)
        {
            blocks.push_back(Block());
            best = &blocks.back();
            best->size = size;
            best->memory = fastMalloc(size + padding);
        }
        best->taken = true;
        return best->memory;
    }

    void giveBack(void* memory)
    {
        for (Block& block : blocks)
            if (block.memory == memory)
                block.taken = false;
    }

private:
    static const size_t padding = 64; // one vector beyond the end, as in Halide's own allocator

    struct Block
    {
        void* memory;
        size_t size;
        bool taken;
    };

    std::vector<Block> blocks;
};

#ifdef __MINGW32__
// MinGW-w64 frees the memory of thread_local objects before it calls their destructors.
const TLSData<Scratch> scratches;

Scratch& scratch()
{
    return scratches.getRef();
}
#else
Scratch& scratch()
{
    static thread_local Scratch own;
    return own;
}
#endif

// Halide calls these two functions for the working memory of kernels. They must not throw into its C code.
void* takeMemory(void* context, size_t size)
{
    try
    {
        return scratch().take(size);
    }
    catch (const std::exception& e)
    {
        static_cast<KernelCall*>(context)->record(e.what());
        return NULL; // the kernel reports that
    }
}

void giveMemoryBack(void*, void* memory)
{
    scratch().giveBack(memory);
}

std::atomic<int> highestTarget(KERNELS_AVX512_VNNI);

// Halide passes features as bits in several words.
bool hasFeature(const uint64_t* features, int feature)
{
    return (features[feature / 64] >> (feature % 64)) & 1;
}

// The kernels that a set of features stands for.
int targetOf(const uint64_t* features)
{
    if (hasFeature(features, halide_target_feature_avx512_skylake))
        return KERNELS_AVX512;
    if (hasFeature(features, halide_target_feature_avx2))
        return KERNELS_AVX2;
    return hasFeature(features, halide_target_feature_sse41) ? KERNELS_SSE41 : KERNELS_X86_64;
}

// Halide asks this before it chooses a kernel: whether the machine has the features and they are not limited.
int canUseFeatures(int count, const uint64_t* features)
{
    return targetOf(features) <= highestTarget &&
           ANOMALY_RUNTIME(halide_default_can_use_target_features)(count, features);
}

#ifdef HAVE_ANOMALY_GPU
#ifndef _WIN32
// Halide opens libcuda.so and libOpenCL.so, names that exist only with development packages. The files in use end in
// .1.
void* loadLibrary(const char* name)
{
    void* const library = dlopen(name, RTLD_LAZY);
    return library ? library : dlopen((std::string(name) + ".1").c_str(), RTLD_LAZY);
}
#endif

#ifdef HAVE_ANOMALY_CUDA
// Kernels use the same context as cv::dnn. Its page-locked memory then serves kernels, too, so that maps are copied at
// the full speed of the bus, and the GPU does not switch between contexts.
int acquireContext(void*, void** context, bool)
{
    *context = primaryCudaContext();
    return *context ? halide_error_code_success : halide_error_code_device_malloc_failed;
}

int getStream(void*, void*, void** stream)
{
    *stream = currentCudaStream();
    return halide_error_code_success;
}

int releaseContext(void*)
{
    return halide_error_code_success;
}
#endif

// Replaces the functions by which Halide's runtime finds the GPU's driver, context and stream.
void installGpuHandlers()
{
#ifndef _WIN32
    ANOMALY_RUNTIME(halide_set_custom_load_library)(loadLibrary);
#endif
#ifdef HAVE_ANOMALY_CUDA
    ANOMALY_RUNTIME(halide_set_cuda_acquire_context)(acquireContext);
    ANOMALY_RUNTIME(halide_set_cuda_release_context)(releaseContext);
    ANOMALY_RUNTIME(halide_set_cuda_get_stream)(getStream);
#endif
}
#else
void installGpuHandlers() {}
#endif

// Replaces functions of Halide's runtime, for the whole process and once.
void installHandlers()
{
    installGpuHandlers();
    ANOMALY_RUNTIME(halide_set_error_handler)(recordError);
    ANOMALY_RUNTIME(halide_set_custom_do_par_for)(parallelFor);
    ANOMALY_RUNTIME(halide_set_custom_malloc)(takeMemory);
    ANOMALY_RUNTIME(halide_set_custom_free)(giveMemoryBack);
    ANOMALY_RUNTIME(halide_set_custom_can_use_target_features)(canUseFeatures);
}

// Whether Halide finds the feature on this machine.
bool machineHasFeature(int feature)
{
    const int words = (halide_target_feature_end + 63) / 64;
    uint64_t mask[words] = {};
    mask[feature / 64] |= uint64_t(1) << (feature % 64);
    return ANOMALY_RUNTIME(halide_default_can_use_target_features)(words, mask) != 0;
}

// Bit 4 of EAX of CPUID's leaf 7, subleaf 1. OpenCV and Halide do not ask for it.
bool processorHasAvxVnni()
{
    unsigned registers[4] = {0, 0, 0, 0};
#if defined _MSC_VER && defined _M_X64
    __cpuidex(reinterpret_cast<int*>(registers), 7, 1);
#elif defined __x86_64__
    __get_cpuid_count(7, 1, &registers[0], &registers[1], &registers[2], &registers[3]);
#endif
    return (registers[0] >> 4) & 1;
}

// Whether the processor and the system support the instruction set, whatever the limit is.
bool machineHas(KernelTarget target)
{
    static const bool hasAvxVnni = processorHasAvxVnni(); // asked for once: it takes long in a virtual machine
    switch (target)
    {
    case KERNELS_X86_64:
        return true;
    case KERNELS_SSE41:
        return machineHasFeature(halide_target_feature_sse41);
    case KERNELS_AVX2:
        return machineHasFeature(halide_target_feature_avx2);
    case KERNELS_AVX_VNNI:
        return machineHas(KERNELS_AVX2) && hasAvxVnni;
    case KERNELS_AVX512:
        return machineHasFeature(halide_target_feature_avx512_skylake);
    case KERNELS_AVX512_VNNI:
        return machineHas(KERNELS_AVX512) && checkHardwareSupport(CPU_AVX_512VNNI);
    }
    return false;
}

} // namespace

void runKernel(const char* name, int (*kernel)(void*, const void*), const void* state)
{
    static std::once_flag installed;
    std::call_once(installed, installHandlers);
    KernelCall call;
    const int result = kernel(&call, state);
    if (result != halide_error_code_success)
        CV_Error_(Error::StsInternal, ("Kernel %s failed with code %d: %s", name, result, call.message.c_str()));
}

bool limitKernels(KernelTarget highest)
{
#if defined __x86_64__ || defined _M_X64
    if (!machineHas(highest))
        return false;
    highestTarget = highest;
    return true;
#else
    return highest == KERNELS_AVX512;
#endif
}

bool kernelsMayUse(KernelTarget target)
{
    return target <= highestTarget && machineHas(target);
}

String kernelTargetName()
{
#if defined __x86_64__ || defined _M_X64
    static const char* const names[] = {"x86-64", "SSE4.1", "AVX2", "AVX-VNNI", "AVX-512", "AVX-512 VNNI"};
    int target = KERNELS_AVX512_VNNI;
    while (target > KERNELS_X86_64 && !kernelsMayUse(KernelTarget(target)))
        target--;
    return names[target];
#else
    return "ARM64";
#endif
}

#ifdef HAVE_ANOMALY_GPU

GpuKernels gpuKernels()
{
    return ANOMALY_GPU_KERNELS;
}

#endif

}} // namespace cv::anomaly

#else

namespace cv { namespace anomaly {

void runKernel(const char* name, int (*)(void*, const void*), const void*)
{
    CV_Error_(Error::StsNotImplemented, ("Kernel %s is not in this build", name));
}

bool limitKernels(KernelTarget)
{
    return false;
}

String kernelTargetName()
{
    return String();
}

}} // namespace cv::anomaly

#endif

#ifndef HAVE_ANOMALY_GPU

namespace cv { namespace anomaly {

GpuKernels gpuKernels()
{
    return GPU_KERNELS_NONE;
}

String missingForGpuMemory()
{
    return "this build has no kernels for a GPU";
}

String missingGpuLibraries()
{
    return String();
}

}} // namespace cv::anomaly

#endif
