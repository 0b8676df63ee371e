// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "precomp.hpp"
#include "file_replacement.hpp"

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>

#ifdef _WIN32
#include <process.h>
#include <windows.h>
#else
#include <fcntl.h>
#include <unistd.h>
#endif

namespace cv {
namespace anomaly {

namespace {

#ifdef _WIN32

int processId()
{
    return _getpid();
}

void moveOver(const String& from, const String& to)
{
    if (!MoveFileExA(from.c_str(), to.c_str(), MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
        CV_Error_(Error::StsError, ("'%s' can not be replaced (error %lu)", to.c_str(), GetLastError()));
}

#else

int processId()
{
    return int(getpid());
}

// Asks the system to bring a file or a folder to the disk.
void flush(const String& path)
{
    const int descriptor = open(path.c_str(), O_RDONLY);
    const bool done = descriptor >= 0 && fsync(descriptor) == 0;
    const int error = errno;
    if (descriptor >= 0)
        close(descriptor);
    if (!done)
        CV_Error_(Error::StsError, ("'%s' can not be brought to the disk: %s", path.c_str(), std::strerror(error)));
}

void moveOver(const String& from, const String& to)
{
    flush(from);
    if (std::rename(from.c_str(), to.c_str()) != 0)
        CV_Error_(Error::StsError, ("'%s' can not be replaced: %s", to.c_str(), std::strerror(errno)));
    const size_t slash = to.find_last_of('/');
    flush(slash == String::npos ? "." : to.substr(0, slash + 1));
}

#endif

// Removes the temporary file when the writing fails.
struct TemporaryFile
{
    String name;
    ~TemporaryFile() { std::remove(name.c_str()); }
};

} // namespace

void replaceFile(const String& filename, const std::function<void(const String&)>& write)
{
    static std::atomic<int> counter(0);
    const size_t start = filename.find_last_of("/\\") + 1; // 0 where there is no folder
    const TemporaryFile temporary = {filename.substr(0, start) + format(".%d-%d-", processId(), ++counter) + filename.substr(start)};
    write(temporary.name);
    moveOver(temporary.name, filename);
}

}} // namespace cv::anomaly
