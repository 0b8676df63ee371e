// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "fuzz_model.hpp"

#include <cstdint>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

// Calls CFA::load for a file with any bytes. The bytes determine the format, not the name.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
    cv::setNumThreads(1);
    static const int descriptor = memfd_create("model", 0);
    require(descriptor >= 0 && ftruncate(descriptor, 0) == 0 && pwrite(descriptor, data, size, 0) == ssize_t(size));
    try
    {
        requireScore(*cv::anomaly::CFA::load("/proc/self/fd/" + std::to_string(descriptor)));
    }
    catch (const cv::Exception&)
    {}
    return 0;
}
