// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "../backbone/onednn_network.hpp"
#include "../base/version.hpp"
#include "../device/halide_runtime.hpp"

#include "opencv2/core/utility.hpp"
#include "opencv2/dnn.hpp"

namespace cv { namespace anomaly {

namespace {

String kernels()
{
#ifdef HAVE_ANOMALY_HALIDE
    return "Halide " ANOMALY_HALIDE_VERSION ", up to " + kernelTargetName();
#else
    return "plain C++ (built without Halide)";
#endif
}

String backbone()
{
#ifdef HAVE_ANOMALY_ONEDNN
    return "oneDNN " + oneDnnVersion();
#else
    return "cv::dnn (built without oneDNN)";
#endif
}

String training()
{
#if defined(ANOMALY_TRAINS_BY_PYTHON)
    return "PyTorch of the Python that runs this package";
#elif defined(ANOMALY_TORCH_VERSION)
    return "LibTorch " ANOMALY_TORCH_VERSION;
#else
    return "none (built without LibTorch)";
#endif
}

String nameOf(int target)
{
    switch (target)
    {
    case dnn::DNN_TARGET_CPU:
        return "CPU";
    case dnn::DNN_TARGET_CUDA:
        return "CUDA";
    case dnn::DNN_TARGET_CUDA_FP16:
        return "CUDA_FP16";
    }
    return "OpenCL";
}

String targets()
{
    String names;
    for (const int target : getAvailableTargets())
        names += (names.empty() ? "" : ", ") + nameOf(target);
    return names;
}

String line(const String& title, const String& text)
{
    return format("%-11s", title.c_str()) + text + "\n";
}

} // namespace

String getVersionInformation()
{
    return "opencv_anomaly " ANOMALY_VERSION "\n" + line("OpenCV:", getVersionString()) + line("kernels:", kernels()) +
           line("backbone:", backbone()) + line("training:", training()) + line("targets:", targets()) +
           line("processor:", getCPUFeaturesLine());
}

}} // namespace cv::anomaly
