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
#include <memory>

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
    return path.find_last_of("/\\") + 1; // 0 if there is no folder, since npos + 1 is 0
}

// The part of a temporary file's name that follows its number. cv::FileStorage recognizes formats by extensions in
// lower case and cuts names at question marks. The name is shortened, so that with the number it is not longer than the
// system allows.
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

// The system's words for an error.
String systemsWords(DWORD error)
{
    char text[512] = "";
    FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, error, 0, text, sizeof(text),
                   NULL);
    const String line = String(text).substr(0, String(text).find_first_of("\r\n"));
    return line.empty() ? format("error %lu", error) : line;
}

//! A file that is written beside another one, and then takes its place.
class Replacement
{
public:
    explicit Replacement(const String& filename) : target(filename)
    {
        const DWORD attributes = GetFileAttributesA(target.c_str()), error = GetLastError();
        if (attributes == INVALID_FILE_ATTRIBUTES && error != ERROR_FILE_NOT_FOUND)
            refuse(systemsWords(error)); // there is no such folder, or names may not have such a letter
        if (attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY))
            refuse("it is a folder");
        if (attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_READONLY))
            refuse("it is read-only");
        makeTemporary();
    }
    ~Replacement() { std::remove(temporary.c_str()); }
    Replacement(const Replacement&) = delete;
    Replacement& operator=(const Replacement&) = delete;

    // A file that another program reads, or a virus scanner looks at, cannot be replaced at that moment.
    void commit() const
    {
        const int attempts = 50;
        const DWORD milliseconds = 20;
        for (int i = 1;
             !MoveFileExA(temporary.c_str(), target.c_str(), MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH); i++)
        {
            const DWORD error = GetLastError();
            if (i == attempts || (error != ERROR_SHARING_VIOLATION && error != ERROR_ACCESS_DENIED))
                refuse(systemsWords(error));
            Sleep(milliseconds);
        }
    }

    String temporary;

private:
    // Creates an empty file under a new name.
    void makeTemporary()
    {
        static std::atomic<int> counter(0);
        HANDLE file = INVALID_HANDLE_VALUE;
        while (file == INVALID_HANDLE_VALUE)
        {
            temporary =
                target.substr(0, startOfName(target)) + format(".%d-%d-", _getpid(), ++counter) + plainName(target);
            file = CreateFileA(temporary.c_str(), GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
            if (file == INVALID_HANDLE_VALUE && GetLastError() != ERROR_FILE_EXISTS)
                refuse(systemsWords(GetLastError()));
        }
        CloseHandle(file);
    }

    CV_NORETURN void refuse(const String& why) const
    {
        CV_Error_(Error::StsError, ("'%s' cannot be written: %s", target.c_str(), why.c_str()));
    }

    const String target;
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

// Follows links to the file that a name stands for. That file need not exist.
String withoutLinks(String path)
{
    const int mostLinks = 40; // the limit of Linux
    for (int i = 0; i < mostLinks; i++)
    {
        const String target = targetOfLink(path);
        if (target.empty())
            return path;
        path = target;
    }
    CV_Error_(Error::StsError, ("'%s' cannot be written: it is a link that leads to itself", path.c_str()));
}

//! A file descriptor that is open during the life of this object.
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
    bool setOwner(uid_t user, gid_t group) const { return fchown(descriptor, user, group) == 0; }
    bool setMode(mode_t mode) const { return fchmod(descriptor, mode) == 0; }
    //! Whether that name still stands for this file, and not for a link or another file that took its place.
    bool isAt(const String& name) const
    {
        struct stat own, there;
        return fstat(descriptor, &own) == 0 && lstat(name.c_str(), &there) == 0 && own.st_dev == there.st_dev &&
               own.st_ino == there.st_ino;
    }
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

// The part beyond the old length is written first. If the disk is full, this fails while the old contents are still
// whole.
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

//! A file that is written beside another one, and then takes its place.
class Replacement
{
public:
    explicit Replacement(const String& name) : filename(name), target(withoutLinks(name)), isBeside(true)
    {
        isThere = stat(target.c_str(), &old) == 0;
        if (isThere && !S_ISREG(old.st_mode))
            refuse(S_ISDIR(old.st_mode) ? "it is a folder" : "it is not an ordinary file");
        // A file without write permission may be replaced, but not one on a read-only file system or with the immutable
        // flag.
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

    // Takes the name of the old file. If that is not possible, or would change its owner, overwrites the old file
    // instead.
    void commit() const
    {
        // Whoever may write to the folder could put a link in the place of the file, by which a foreign file would get
        // another owner, or be copied.
        if (!file->isAt(temporary))
            CV_Error_(Error::StsError,
                      ("'%s' was replaced by another program while it was written", temporary.c_str()));
        if (!file->flush())
            CV_Error_(Error::StsError,
                      ("'%s' cannot be written to the disk: %s", temporary.c_str(), std::strerror(errno)));
        const bool keepsOwner = takeOwnerAndMode();
        if (isBeside && keepsOwner && takeName())
            return;
        if (overwriteOld(*file))
            return;
        const int error = errno;
        if (!isBeside || !takeName())
            refuse(std::strerror(error));
    }

    String temporary;

private:
    // Creates an empty file under a new name. Existing files are never touched: neither a user's nor those of other
    // processes.
    bool makeTemporary(const String& folder)
    {
        static std::atomic<int> counter(0);
        const mode_t asNew = 0666, hidden = 0600; // hidden until it gets the mode of the old file
        for (;;)
        {
            const String name = folder + format(".%d-%d-", int(getpid()), ++counter) + plainName(filename);
            file.reset(new OpenFile(name, O_RDWR | O_CREAT | O_EXCL, isThere ? hidden : asNew));
            if (file->isOpen())
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
        const bool keepsOwner = file->setOwner(old.st_uid, old.st_gid);
        return file->setMode(old.st_mode & 07777) && keepsOwner;
    }

    bool takeName() const
    {
        if (std::rename(temporary.c_str(), target.c_str()) != 0)
            return false;
        const String folder = folderWithSlash(target);
        const OpenFile opened(folder.empty() ? "." : folder, O_RDONLY);
        if (opened.isOpen()) // a folder that can be written but not read cannot be flushed
            opened.flush();
        return true;
    }

    bool overwriteOld(const OpenFile& source) const
    {
        if (!isThere)
            return false;
        const OpenFile there(target, O_RDWR);
        std::vector<char> before, after;
        return there.isOpen() && there.readAll(before) && source.readAll(after) && overwrite(there, before, after);
    }

    CV_NORETURN void refuse(const String& why) const
    {
        CV_Error_(Error::StsError, ("'%s' cannot be written: %s", filename.c_str(), why.c_str()));
    }

    const String filename, target;
    std::unique_ptr<const OpenFile> file; // the temporary one
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
