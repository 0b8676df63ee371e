// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "paths.hpp"

#include "opencv2/core.hpp"
#include "opencv2/core/utils/filesystem.hpp"

#include <algorithm>
#include <cctype>

#ifdef _WIN32
#include <vector>
#include <windows.h>
#else
#include <sys/stat.h>
#endif

namespace fs = cv::utils::fs;

std::string lowerCase(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return char(std::tolower(c)); });
    return text;
}

std::string fileName(const std::string& path)
{
    const size_t end = path.find_last_not_of("/\\");
    const std::string trimmed = path.substr(0, end + 1);
    return trimmed.substr(trimmed.find_last_of("/\\") + 1);
}

std::string folderOf(const std::string& file)
{
    const size_t end = file.find_last_not_of("/\\");
    const size_t slash = end == std::string::npos ? end : file.find_last_of("/\\", end);
    return slash == std::string::npos ? "." : file.substr(0, std::max(slash, size_t(1)));
}

std::string withoutExtension(const std::string& path)
{
    const size_t dot = path.rfind('.'), name = path.find_last_of("/\\") + 1;
    return dot == std::string::npos || dot <= name ? path : path.substr(0, dot);
}

std::string extension(const std::string& path)
{
    const std::string name = lowerCase(path.substr(withoutExtension(path).size()));
    return name.empty() ? name : name.substr(1);
}

bool isAbsolute(const std::string& path)
{
    return !path.empty() && (path[0] == '/' || path[0] == '\\' || path.find(':') == 1);
}

std::string joined(const std::string& folder, const std::string& name)
{
    const bool hasSlash = folder.empty() || folder.find_last_of("/\\") + 1 == folder.size();
    return folder + (hasSlash ? "" : "/") + name;
}

std::string withSlashes(std::string path)
{
    std::replace(path.begin(), path.end(), '\\', '/');
    return path;
}

#ifdef _WIN32

namespace {

//! A file, folder or device that is opened to ask about it, without a right to read or write.
class OpenedPath
{
public:
    explicit OpenedPath(const std::string& path)
        : handle(CreateFileA(path.c_str(), 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                             OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL))
    {}
    ~OpenedPath()
    {
        if (isOpen())
            CloseHandle(handle);
    }
    OpenedPath(const OpenedPath&) = delete;
    OpenedPath& operator=(const OpenedPath&) = delete;

    bool isOpen() const { return handle != INVALID_HANDLE_VALUE; }

    const HANDLE handle;
};

} // namespace

// By way of the opened file or folder, which alone gives the end of links, and letters in the case that they were
// created with.
std::string realPath(const std::string& path)
{
    const OpenedPath opened(path);
    std::vector<char> text(1 << 15, 0);
    const DWORD length =
        opened.isOpen() ? GetFinalPathNameByHandleA(opened.handle, text.data(), DWORD(text.size()), 0) : 0;
    return withSlashes(length > 0 && length < text.size() ? std::string(text.data(), length) : path);
}

bool isSpecialFile(const std::string& path)
{
    const OpenedPath opened(path);
    return opened.isOpen() && GetFileType(opened.handle) != FILE_TYPE_DISK;
}

bool makeFolder(const std::string& folder)
{
    return fs::createDirectories(withSlashes(folder)); // which takes only one kind of slashes in a path
}

#else

std::string realPath(const std::string& path)
{
    return fs::canonical(path);
}

bool isSpecialFile(const std::string& path)
{
    struct stat status;
    return stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

bool makeFolder(const std::string& folder)
{
    return fs::createDirectories(folder);
}

#endif

std::string realPathToBe(const std::string& folder)
{
    if (fs::exists(folder))
        return realPath(folder);
    const std::string trimmed = folder.substr(0, folder.find_last_not_of("/\\") + 1), above = fs::getParent(trimmed);
    return joined(above.empty() ? realPath(".") : realPathToBe(above), fileName(trimmed));
}
