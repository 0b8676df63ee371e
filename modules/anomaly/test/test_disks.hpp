// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_TEST_DISKS_HPP
#define OPENCV_ANOMALY_TEST_DISKS_HPP

#include "test_precomp.hpp"

#include "opencv2/core/utils/filesystem.hpp"

#include <cstdlib>

#if defined(__linux__)
#include <csignal>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace opencv_test {

//! Makes cv::tempfile use this folder during the lifetime of the object.
struct TemporaryFolder
{
    explicit TemporaryFolder(const char* folder)
        : before(std::getenv("OPENCV_TEMP_PATH") ? std::getenv("OPENCV_TEMP_PATH") : "")
    {
        set(folder);
    }
    ~TemporaryFolder() { set(before.c_str()); }

    static void set(const char* folder)
    {
#ifdef _WIN32
        _putenv_s("OPENCV_TEMP_PATH", folder);
#else
        *folder ? setenv("OPENCV_TEMP_PATH", folder, 1) : unsetenv("OPENCV_TEMP_PATH");
#endif
    }

    std::string before;
};

//! Returns the names of all files and folders in a folder, including hidden ones, without that of the folder.
inline std::vector<String> filesIn(const String& folder)
{
    std::vector<String> files;
    utils::fs::glob_relative(folder, "*", files, false, true);
    return files;
}

#if defined(__linux__)

//! Limits the files of this process to so many bytes during the lifetime of the object, as a full disk does.
struct SizeLimit
{
    explicit SizeLimit(rlim_t bytes) : handler(std::signal(SIGXFSZ, SIG_IGN))
    {
        getrlimit(RLIMIT_FSIZE, &before);
        rlimit now = before;
        now.rlim_cur = bytes;
        setrlimit(RLIMIT_FSIZE, &now);
    }
    ~SizeLimit()
    {
        setrlimit(RLIMIT_FSIZE, &before);
        std::signal(SIGXFSZ, handler);
    }

    rlimit before;
    void (*handler)(int);
};

//! A file system in memory of so many KiB. Only root can create one.
struct SmallDisk
{
    explicit SmallDisk(int kibibytes) : folder(cv::tempfile()), size("size=" + std::to_string(kibibytes) + "k")
    {
        std::remove(folder.c_str());
        mounted = mkdir(folder.c_str(), 0700) == 0 && mountIt();
    }
    ~SmallDisk()
    {
        if (mounted)
            umount(folder.c_str());
        rmdir(folder.c_str());
    }

    //! Unmounts it, and its files are lost. Returns false if a file is still open, even one without a name.
    bool isClosed() const { return umount(folder.c_str()) == 0 && mountIt(); }

    String folder, size;
    bool mounted;

private:
    bool mountIt() const { return mount("tmpfs", folder.c_str(), "tmpfs", 0, size.c_str()) == 0; }
};

#endif

} // namespace opencv_test

#endif
