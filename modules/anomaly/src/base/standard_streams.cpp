// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "standard_streams.hpp"

#include <atomic>

#ifndef _WIN32
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#endif

namespace cv { namespace anomaly {

static std::atomic<bool> outputWasMissing(false);

bool hasStandardOutput()
{
    return !outputWasMissing;
}

#ifdef _WIN32

void openMissingStreams() {} // in Windows, files do not share numbers with the standard streams

#else

void openMissingStreams()
{
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (fcntl(stream, F_GETFD) < 0 && errno == EBADF)
        {
            outputWasMissing = outputWasMissing || stream == STDOUT_FILENO;
            if (open("/dev/null", O_RDWR) < 0)
                (void)!open("/", O_RDONLY); // without devices, at least the number is taken
        }
}

#endif

}} // namespace cv::anomaly
