// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "device.hpp"
#include "cuda_driver.hpp"
#include "halide_runtime.hpp"

#include "opencv2/dnn.hpp"

namespace cv { namespace anomaly {

namespace {

#ifdef HAVE_ANOMALY_HALIDE
const bool haveHalide = true;
#else
const bool haveHalide = false;
#endif

// Returns ENGINE_PLAIN or ENGINE_HALIDE, and throws if the build lacks the engine.
int resolveEngine(int engine)
{
    switch (engine)
    {
    case ENGINE_AUTO:
        return haveHalide ? ENGINE_HALIDE : ENGINE_PLAIN;
    case ENGINE_PLAIN:
        return ENGINE_PLAIN;
    case ENGINE_HALIDE:
        if (!haveHalide)
            CV_Error(Error::StsNotImplemented,
                     "This build has no Halide kernels: install Halide (Debian: libhalide14-0-dev) and build "
                     "with ANOMALY_WITH_HALIDE=ON, or use ENGINE_PLAIN");
        return ENGINE_HALIDE;
    }
    CV_Error_(Error::StsOutOfRange,
              ("Engine is %d, expected one of ENGINE_AUTO (0), ENGINE_PLAIN (1), ENGINE_HALIDE (2)", engine));
}

typedef std::vector<String> Parts;
// What is missing for a target, in words.

void addPart(const String& part, Parts& parts)
{
    if (!part.empty())
        parts.push_back(part);
}

// Returns what this build and this machine lack to compute with CUDA.
Parts missingForCuda()
{
    Parts missing;
    if (gpuKernels() != GPU_KERNELS_CUDA)
        missing.push_back("this build has no CUDA kernels (build it with Halide and ANOMALY_GPU_KERNELS=cuda)");
    addPart(CudaDriver::get().missing, missing);
    addPart(missingGpuLibraries(), missing);
    return missing;
}

// Lists everything that is missing, so that nobody has to build twice.
Parts missingFor(int target)
{
    Parts missing;
    switch (target)
    {
    case dnn::DNN_TARGET_CPU:
        break;
    case dnn::DNN_TARGET_CUDA:
    case dnn::DNN_TARGET_CUDA_FP16:
        missing = missingForCuda();
        break;
    case dnn::DNN_TARGET_OPENCL:
        if (gpuKernels() != GPU_KERNELS_OPENCL)
            missing.push_back("this build has no OpenCL kernels, which are for tests only (build it with Halide and "
                              "ANOMALY_GPU_KERNELS=opencl)");
        break;
    default:
        missing.push_back("a detector computes on DNN_TARGET_CPU, DNN_TARGET_CUDA or DNN_TARGET_CUDA_FP16");
    }
    if (missing.empty() && target != dnn::DNN_TARGET_CPU)
        addPart(missingForGpuMemory(), missing);
    return missing;
}

// The name of the constant in cv::dnn, for messages.
String nameOf(int target)
{
    switch (target)
    {
    case dnn::DNN_TARGET_CUDA:
        return "DNN_TARGET_CUDA";
    case dnn::DNN_TARGET_CUDA_FP16:
        return "DNN_TARGET_CUDA_FP16";
    case dnn::DNN_TARGET_OPENCL:
        return "DNN_TARGET_OPENCL";
    }
    return "Target " + std::to_string(target);
}

// Throws unless the target is available.
void requireTarget(int target)
{
    const Parts missing = missingFor(target);
    if (missing.empty())
        return;
    String all;
    for (const String& part : missing)
        all += (all.empty() ? "" : "; ") + part;
    CV_Error_(Error::StsNotImplemented,
              ("%s is not available: %s. DNN_TARGET_CPU always is; cv::anomaly::getAvailableTargets lists the others",
               nameOf(target).c_str(), all.c_str()));
}

} // namespace

bool Device::isGpu() const
{
    return target != dnn::DNN_TARGET_CPU;
}

bool hasDnnTarget(int target)
{
    const std::vector<dnn::Target> offered = dnn::getAvailableTargets(dnn::Backend(backendOf(target)));
    return std::find(offered.begin(), offered.end(), target) != offered.end();
}

Device onProcessor(int engine)
{
    return Device{engine, dnn::DNN_TARGET_CPU};
}

Device resolveDevice(int engine, int target)
{
    const Device device = {resolveEngine(engine), target};
    requireTarget(target);
    if (device.isGpu() && device.engine == ENGINE_PLAIN)
        CV_Error_(Error::StsNotImplemented,
                  ("ENGINE_PLAIN computes on the processor only, not on %s: use ENGINE_HALIDE, or DNN_TARGET_CPU",
                   nameOf(target).c_str()));
    return device;
}

int backendOf(int target)
{
    return target == dnn::DNN_TARGET_CUDA || target == dnn::DNN_TARGET_CUDA_FP16 ? dnn::DNN_BACKEND_CUDA
                                                                                 : dnn::DNN_BACKEND_OPENCV;
}

int targetOf(int backend, int current)
{
    switch (backend)
    {
    case dnn::DNN_BACKEND_DEFAULT:
    case dnn::DNN_BACKEND_OPENCV:
        return backendOf(current) == dnn::DNN_BACKEND_OPENCV ? current : int(dnn::DNN_TARGET_CPU);
    case dnn::DNN_BACKEND_CUDA:
        return backendOf(current) == dnn::DNN_BACKEND_CUDA ? current : int(dnn::DNN_TARGET_CUDA);
    }
    CV_Error_(Error::StsNotImplemented, ("Backend is %d, expected one of cv::dnn's DNN_BACKEND_DEFAULT (0), "
                                         "DNN_BACKEND_OPENCV (%d), DNN_BACKEND_CUDA (%d)",
                                         backend, int(dnn::DNN_BACKEND_OPENCV), int(dnn::DNN_BACKEND_CUDA)));
}

std::vector<int> getAvailableTargets()
{
    std::vector<int> available;
    for (const int target :
         {dnn::DNN_TARGET_CPU, dnn::DNN_TARGET_OPENCL, dnn::DNN_TARGET_CUDA, dnn::DNN_TARGET_CUDA_FP16})
        if (missingFor(target).empty())
            available.push_back(target);
    return available;
}

}} // namespace cv::anomaly
