// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "file_replacement.hpp"
#include "standard_streams.hpp"

#include "opencv2/core/utils/filesystem.hpp"

#include <atomic>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>

#ifdef _WIN32
#include <process.h>
#include <windows.h>
#else
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace cv { namespace anomaly {

namespace {

size_t startOfName(const String& path)
{
    return path.find_last_of("/\\") + 1; // 0 where there is no folder
}

// A temporary file's name after its number. cv::FileStorage knows formats by extensions in lower case and cuts names
// at question marks, and the number in front must not make a long name longer than the system allows.
String plainName(const String& filename)
{
    const size_t longest = 100;
    String name = filename.substr(startOfName(filename));
    if (name.size() > longest)
        name = name.substr(name.size() - longest);
    for (char& c : name)
        c = c == '?' || c == '\n' ? '_' : char(std::tolower(uchar(c)));
    return name;
}

#ifdef _WIN32

//! A file that is written beside another one, to take its place.
class Replacement
{
public:
    explicit Replacement(const String& filename) : target(filename)
    {
        static std::atomic<int> counter(0);
        const String folder = filename.substr(0, startOfName(filename));
        do
            temporary = folder + format(".%d-%d-", _getpid(), ++counter) + plainName(filename);
        while (utils::fs::exists(temporary));
    }
    ~Replacement() { std::remove(temporary.c_str()); }

    void commit() const
    {
        if (!MoveFileExA(temporary.c_str(), target.c_str(), MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
            CV_Error_(Error::StsError, ("'%s' can not be replaced (error %lu)", target.c_str(), GetLastError()));
    }

    String temporary;

private:
    String target;
};

#else

String folderWithSlash(const String& path)
{
    return path.substr(0, startOfName(path));
}

String targetOfLink(const String& link)
{
    std::vector<char> text(4096);
    const ssize_t length = readlink(link.c_str(), text.data(), text.size());
    if (length < 0)
        return String(); // no link
    const String target(text.data(), size_t(length));
    return target[0] == '/' ? target : folderWithSlash(link) + target;
}

// The file that a name leads to in the end, which need not be there yet.
String withoutLinks(String path)
{
    const int mostLinks = 40; // as in Linux
    for (int i = 0; i < mostLinks; i++)
    {
        const String target = targetOfLink(path);
        if (target.empty())
            return path;
        path = target;
    }
    CV_Error_(Error::StsError, ("'%s' can not be written: it is a link that leads to itself", path.c_str()));
}

//! A file that is open while this lives.
class OpenFile
{
public:
    OpenFile(const String& name, int flags, mode_t mode = 0) : descriptor(open(name.c_str(), flags | O_CLOEXEC, mode))
    {}
    ~OpenFile()
    {
        if (isOpen())
            close(descriptor);
    }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;

    bool isOpen() const { return descriptor >= 0; }
    bool flush() const { return fsync(descriptor) == 0; }
    bool setSize(size_t bytes) const { return ftruncate(descriptor, off_t(bytes)) == 0; }

    bool readAll(std::vector<char>& bytes) const
    {
        struct stat status;
        if (fstat(descriptor, &status) != 0)
            return false;
        bytes.resize(size_t(status.st_size));
        size_t done = 0;
        while (done < bytes.size())
        {
            const ssize_t count = pread(descriptor, bytes.data() + done, bytes.size() - done, off_t(done));
            if (count <= 0)
                return false;
            done += size_t(count);
        }
        return true;
    }

    bool write(const std::vector<char>& bytes, size_t first, size_t last) const
    {
        while (first < last)
        {
            const ssize_t count = pwrite(descriptor, bytes.data() + first, last - first, off_t(first));
            if (count < 0)
                return false;
            first += size_t(count);
        }
        return true;
    }

private:
    const int descriptor;
};

// What is longer than before comes first: on a full disk that is what fails, and nothing of the old is gone yet.
bool overwrite(const OpenFile& file, const std::vector<char>& old, const std::vector<char>& bytes)
{
    const size_t shared = std::min(old.size(), bytes.size());
    if (!file.write(bytes, shared, bytes.size()) || !file.flush())
    {
        file.setSize(old.size());
        return false;
    }
    if (file.write(bytes, 0, shared) && file.setSize(bytes.size()) && file.flush())
        return true;
    file.write(old, 0, old.size());
    file.setSize(old.size());
    return false;
}

//! A file that is written beside another one, to take its place.
class Replacement
{
public:
    explicit Replacement(const String& name) : filename(name), target(withoutLinks(name)), isBeside(true)
    {
        isThere = stat(target.c_str(), &old) == 0;
        if (isThere && !S_ISREG(old.st_mode))
            refuse(S_ISDIR(old.st_mode) ? "it is a folder" : "it is no ordinary file");
        // A mode that forbids writing does not keep a file from being replaced, but these do.
        if (isThere && access(target.c_str(), W_OK) != 0 && (errno == EROFS || errno == EPERM))
            refuse(std::strerror(errno));
        if (makeTemporary(folderWithSlash(target)))
            return;
        const int error = errno;
        isBeside = false;
        if (!isThere || access(target.c_str(), W_OK) != 0 || !makeTemporary(folderWithSlash(tempfile())))
            refuse(std::strerror(error));
    }
    ~Replacement() { std::remove(temporary.c_str()); }
    Replacement(const Replacement&) = delete;
    Replacement& operator=(const Replacement&) = delete;

    void commit() const
    {
        const OpenFile file(temporary, O_RDONLY);
        if (!file.isOpen() || !file.flush())
            CV_Error_(Error::StsError,
                      ("'%s' can not be brought to the disk: %s", temporary.c_str(), std::strerror(errno)));
        const bool keepsOwner = takeOwnerAndMode();
        if (isBeside && keepsOwner && takeName())
            return;
        if (overwriteOld(file))
            return;
        const int error = errno;
        if (!isBeside || !takeName())
            refuse(std::strerror(error));
    }

    String temporary;

private:
    // Nothing that is there is touched: not a user's file, nor what another process is about to write.
    bool makeTemporary(const String& folder)
    {
        static std::atomic<int> counter(0);
        const mode_t asNew = 0666, hidden = 0600; // until the old file's mode is known to be right for it
        for (;;)
        {
            const String name = folder + format(".%d-%d-", int(getpid()), ++counter) + plainName(filename);
            if (OpenFile(name, O_WRONLY | O_CREAT | O_EXCL, isThere ? hidden : asNew).isOpen())
            {
                temporary = name;
                return true;
            }
            if (errno != EEXIST)
                return false;
        }
    }

    bool takeOwnerAndMode() const
    {
        if (!isThere)
            return true;
        const bool keepsOwner = chown(temporary.c_str(), old.st_uid, old.st_gid) == 0;
        return chmod(temporary.c_str(), old.st_mode & 07777) == 0 && keepsOwner;
    }

    bool takeName() const
    {
        if (std::rename(temporary.c_str(), target.c_str()) != 0)
            return false;
        const String folder = folderWithSlash(target);
        const OpenFile opened(folder.empty() ? "." : folder, O_RDONLY);
        if (opened.isOpen()) // one that may be written to, but not read, can not be flushed
            opened.flush();
        return true;
    }

    bool overwriteOld(const OpenFile& source) const
    {
        if (!isThere)
            return false;
        const OpenFile file(target, O_RDWR);
        std::vector<char> before, after;
        return file.isOpen() && file.readAll(before) && source.readAll(after) && overwrite(file, before, after);
    }

    CV_NORETURN void refuse(const String& why) const
    {
        CV_Error_(Error::StsError, ("'%s' can not be written: %s", filename.c_str(), why.c_str()));
    }

    const String filename, target;
    struct stat old;
    bool isThere, isBeside;
};

#endif

} // namespace

void replaceFile(const String& filename, const std::function<void(const String&)>& write)
{
    openMissingStreams();
    const Replacement replacement(filename);
    write(replacement.temporary);
    replacement.commit();
}

void checkReplaceable(const String& filename, const std::function<void(const String&)>& write)
{
    const Replacement replacement(filename);
    write(replacement.temporary);
}

}} // namespace cv::anomaly
