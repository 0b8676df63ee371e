// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
// A libcuda that computes nothing. Its memory is on the host, it counts the calls, and it refuses what a GPU would
// refuse. With it, the host code of the CUDA kernels runs on machines without a GPU. PTX is written to files in the
// folder that the environment variable FAKE_CUDA_PTX names.
#include "fake_cuda.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>

namespace {

typedef int Result;
const Result success = 0, invalidValue = 1, invalidContext = 201;

// For good: programs free what is left when they end.
std::mutex& mutex = *new std::mutex;
std::map<uintptr_t, size_t>& allocations = *new std::map<uintptr_t, size_t>;
FakeCudaCounts counts;
thread_local int current = 0; // contexts that are pushed
char context;                 // the primary one
void* capturing = NULL;       // the stream of which work is recorded

Result mistake(const char* what)
{
    std::fprintf(stderr, "fake libcuda: %s\n", what);
    counts.mistakes++;
    return invalidValue;
}

bool isWithin(uintptr_t address, size_t bytes)
{
    const auto after = allocations.upper_bound(address);
    if (after == allocations.begin())
        return false;
    const auto at = std::prev(after);
    return address + bytes <= at->first + at->second;
}

Result copy(void* to, const void* from, size_t bytes, uintptr_t device)
{
    if (!current || capturing)
        return mistake("a copy without a context, or within a recording");
    if (!isWithin(device, bytes))
        return mistake("a copy beyond what was allocated");
    std::memcpy(to, from, bytes);
    return success;
}

void writePtx(const char* image)
{
    const char* const folder = std::getenv("FAKE_CUDA_PTX");
    if (!folder)
        return;
    const std::string name = std::string(folder) + "/" + std::to_string(counts.modules) + ".ptx";
    if (std::FILE* const file = std::fopen(name.c_str(), "w"))
    {
        std::fputs(image, file);
        std::fclose(file);
    }
}

} // namespace

#define EXPORTED extern "C" __attribute__((visibility("default")))

EXPORTED FakeCudaCounts fakeCudaCounts()
{
    const std::lock_guard<std::mutex> lock(mutex);
    return counts;
}

EXPORTED bool isFakeCudaMemory(uintptr_t address, size_t bytes)
{
    const std::lock_guard<std::mutex> lock(mutex);
    return isWithin(address, bytes);
}

EXPORTED Result cuInit(unsigned)
{
    return success;
}
EXPORTED Result cuDeviceGetCount(int* count)
{
    *count = 1;
    return success;
}
EXPORTED Result cuDeviceGet(int* device, int)
{
    *device = 0;
    return success;
}
EXPORTED Result cuDeviceGetName(char* name, int length, int)
{
    std::snprintf(name, size_t(length), "fake");
    return success;
}
EXPORTED Result cuDeviceTotalMem_v2(size_t* bytes, int)
{
    *bytes = size_t(1) << 34;
    return success;
}
EXPORTED Result cuProfilerStop()
{
    return success;
}
EXPORTED Result cuCtxSynchronize()
{
    return success;
}
EXPORTED Result cuStreamSynchronize(void*)
{
    return success;
}
EXPORTED Result cuCtxGetApiVersion(void*, unsigned* version)
{
    *version = 3020;
    return success;
}
EXPORTED Result cuCtxGetDevice(int* device)
{
    *device = 0;
    return current ? success : invalidContext;
}
EXPORTED Result cuCtxDestroy_v2(void*)
{
    return success;
}
EXPORTED Result cuModuleUnload(void*)
{
    return success;
}
EXPORTED Result cuPointerGetAttribute(void*, int, uintptr_t)
{
    return invalidValue;
}
EXPORTED Result cuMemcpy3D_v2(const void*)
{
    return mistake("a copy of boxes, where all memory is dense");
}
EXPORTED Result cuMemcpyDtoD_v2(uintptr_t, uintptr_t, size_t)
{
    return mistake("a copy within the GPU");
}

EXPORTED Result cuDeviceGetAttribute(int* value, int attribute, int)
{
    const int major = 75, minor = 76;
    *value = attribute == major ? 8 : attribute == minor ? 0 : 1;
    return success;
}

EXPORTED Result cuCtxCreate_v2(void** made, unsigned, int)
{
    counts.contextsMade++;
    *made = &context;
    return success;
}

EXPORTED Result cuDevicePrimaryCtxRetain(void** made, int)
{
    counts.contextsRetained++;
    *made = &context;
    return success;
}

EXPORTED Result cuCtxPushCurrent_v2(void* pushed)
{
    if (pushed != &context)
        return mistake("a context that is none");
    current++;
    return success;
}

EXPORTED Result cuCtxPopCurrent_v2(void** popped)
{
    if (!current)
        return mistake("no context to pop");
    current--;
    if (popped)
        *popped = &context;
    return success;
}

EXPORTED Result cuModuleLoadData(void** module, const void* image)
{
    const std::lock_guard<std::mutex> lock(mutex);
    counts.modules++;
    writePtx(static_cast<const char*>(image));
    *module = &counts;
    return success;
}

EXPORTED Result cuModuleLoadDataEx(void** module, const void* image, unsigned, void*, void**)
{
    return cuModuleLoadData(module, image);
}

EXPORTED Result cuModuleGetFunction(void** function, void*, const char*)
{
    *function = &counts;
    return success;
}

EXPORTED Result cuMemAlloc_v2(uintptr_t* address, size_t bytes)
{
    const std::lock_guard<std::mutex> lock(mutex);
    if (!current || capturing)
        return mistake("memory without a context, or within a recording");
    *address = reinterpret_cast<uintptr_t>(std::calloc(bytes, 1));
    allocations[*address] = bytes;
    counts.allocations++;
    return success;
}

EXPORTED Result cuMemFree_v2(uintptr_t address)
{
    const std::lock_guard<std::mutex> lock(mutex);
    if (!allocations.erase(address))
        return mistake("memory that is not to be freed");
    std::free(reinterpret_cast<void*>(address));
    return success;
}

EXPORTED Result cuStreamCreate(void** stream, unsigned)
{
    *stream = new int();
    return current ? success : mistake("a stream without a context");
}

EXPORTED Result cuStreamDestroy_v2(void* stream)
{
    delete static_cast<int*>(stream);
    return success;
}

EXPORTED Result cuStreamBeginCapture_v2(void* stream, int)
{
    if (capturing)
        return mistake("a recording within another");
    capturing = stream;
    counts.records++;
    return success;
}

EXPORTED Result cuStreamEndCapture(void* stream, void** graph)
{
    if (capturing != stream)
        return mistake("the end of a recording that did not begin");
    capturing = NULL;
    *graph = &counts;
    return success;
}

EXPORTED Result cuGraphInstantiateWithFlags(void** executable, void* graph, unsigned long long)
{
    *executable = graph;
    return success;
}

EXPORTED Result cuGraphLaunch(void*, void*)
{
    counts.replays++;
    return current ? success : mistake("a replay without a context");
}

EXPORTED Result cuGraphDestroy(void*)
{
    return success;
}
EXPORTED Result cuGraphExecDestroy(void*)
{
    return success;
}

EXPORTED Result cuMemHostAlloc(void** memory, size_t bytes, unsigned)
{
    if (!current)
        return mistake("page-locked memory without a context");
    counts.hostAllocations++;
    *memory = std::malloc(bytes);
    return success;
}

EXPORTED Result cuMemFreeHost(void* memory)
{
    std::free(memory);
    return success;
}

EXPORTED Result cuMemcpyHtoD_v2(uintptr_t to, const void* from, size_t bytes)
{
    const std::lock_guard<std::mutex> lock(mutex);
    counts.uploads++;
    counts.bytesUp += bytes;
    return copy(reinterpret_cast<void*>(to), from, bytes, to);
}

EXPORTED Result cuMemcpyDtoH_v2(void* to, uintptr_t from, size_t bytes)
{
    const std::lock_guard<std::mutex> lock(mutex);
    counts.downloads++;
    counts.bytesDown += bytes;
    return copy(to, reinterpret_cast<const void*>(from), bytes, from);
}

EXPORTED Result cuMemcpyHtoDAsync_v2(uintptr_t to, const void* from, size_t bytes, void*)
{
    return cuMemcpyHtoD_v2(to, from, bytes);
}
EXPORTED Result cuMemcpyDtoHAsync_v2(void* to, uintptr_t from, size_t bytes, void*)
{
    return cuMemcpyDtoH_v2(to, from, bytes);
}
EXPORTED Result cuMemcpyDtoDAsync_v2(uintptr_t to, uintptr_t from, size_t bytes, void*)
{
    return cuMemcpyDtoD_v2(to, from, bytes);
}

EXPORTED Result cuLaunchKernel(void*, unsigned x, unsigned y, unsigned z, unsigned threadsX, unsigned threadsY,
                               unsigned threadsZ, unsigned sharedBytes, void* stream, void** arguments, void**)
{
    const std::lock_guard<std::mutex> lock(mutex);
    counts.launches++;
    if (!current || !arguments || !stream)
        return mistake("a launch without a context, arguments or a stream");
    if (x == 0 || y == 0 || z == 0 || y > 65535 || z > 65535)
        return mistake("a grid that no GPU takes");
    if (threadsX * threadsY * threadsZ == 0 || threadsX * threadsY * threadsZ > 1024 || sharedBytes > 49152)
        return mistake("a block that no GPU takes");
    return success;
}
