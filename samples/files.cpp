// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "files.hpp"

#include "opencv2/core/utils/filesystem.hpp"
#include "opencv2/imgcodecs.hpp"

#include "../modules/anomaly/src/base/sha256.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

#ifdef _WIN32
#include <io.h>
#include <system_error>
#include <windows.h>
#else
#include <dirent.h>
#include <unistd.h>
#endif

namespace fs = cv::utils::fs;

bool isImageFile(const std::string& path)
{
    static const std::set<std::string> extensions = {"bmp",  "dib", "exr", "hdr", "jfif", "jp2", "jpe",
                                                     "jpeg", "jpg", "pbm", "pfm", "pgm",  "png", "pnm",
                                                     "ppm",  "ras", "sr",  "tif", "tiff", "webp"};
    return extensions.count(extension(path)) > 0;
}

bool isPictureOrVideo(const std::string& path)
{
    static const std::set<std::string> extensions = {
        "avif", "gif", "heic", "heif", "jxl", "pam", "pic",  "raw", "svg", "3gp", "asf", "avi",  "flv", "h264", "h265",
        "m2ts", "m4v", "mjpg", "mkv",  "mov", "mp4", "mpeg", "mpg", "mts", "ogv", "ts",  "webm", "wmv", "y4m"};
    return isImageFile(path) || extensions.count(extension(path)) > 0;
}

bool isModelOrNetwork(const std::string& path)
{
    static const std::set<std::string> extensions = {"yml", "yaml", "xml", "gz", "onnx"};
    return extensions.count(extension(path)) > 0;
}

std::string counted(size_t count, const std::string& one, const std::string& many)
{
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string quoted(const std::vector<std::string>& names)
{
    const size_t most = 5, shown = names.size() <= most + 1 ? names.size() : most;
    std::string text;
    for (size_t i = 0; i < shown; i++)
        text += (i == 0 ? "'" : i + 1 == names.size() ? " and '" : ", '") + names[i] + "'";
    return shown == names.size() ? text : text + cv::format(" and %zu more", names.size() - shown);
}

// Returns why a folder cannot be listed, in the operating system's words, or an empty text if it can be.
static std::string reasonOfFolder(const std::string& folder)
{
#ifdef _WIN32
    WIN32_FIND_DATAA first;
    const HANDLE opened = FindFirstFileA(joined(folder, "*").c_str(), &first);
    if (opened == INVALID_HANDLE_VALUE)
        return std::system_category().message(int(GetLastError()));
    FindClose(opened);
#else
    DIR* const opened = opendir(folder.c_str());
    if (!opened)
        return std::strerror(errno);
    closedir(opened);
#endif
    return std::string();
}

std::vector<std::string> listFolder(const std::string& folder)
{
    if (!fs::isDirectory(folder))
        throw std::runtime_error("there is no folder '" + folder + "'");
    const std::string reason = reasonOfFolder(folder);
    if (!reason.empty())
        throw std::runtime_error("the folder '" + folder + "' cannot be read: " + reason);
    std::vector<std::string> names, visible;
    fs::glob_relative(folder, "", names, false, true);
    for (size_t i = 0; i < names.size(); i++)
        if (names[i][0] != '.')
            visible.push_back(names[i]);
    std::sort(visible.begin(), visible.end());
    return visible;
}

// Adds a line about what was left out, with the right number and some of the names.
static void addNote(std::vector<std::string>& notes, const std::vector<std::string>& names, const std::string& one,
                    const std::string& many)
{
    if (!names.empty())
        notes.push_back("left out: " + counted(names.size(), one, many) + ": " + quoted(names));
}

void LeftOut::add(const LeftOut& other)
{
    noImages.insert(noImages.end(), other.noImages.begin(), other.noImages.end());
    deeper.insert(deeper.end(), other.deeper.begin(), other.deeper.end());
    unreadable.insert(unreadable.end(), other.unreadable.begin(), other.unreadable.end());
    special.insert(special.end(), other.special.begin(), other.special.end());
}

std::vector<std::string> LeftOut::notes() const
{
    std::vector<std::string> lines;
    addNote(lines, noImages, "file that is no image by its name", "files that are no images by their names");
    addNote(lines, deeper, "image that lies in another folder than expected",
            "images that lie in other folders than expected");
    addNote(lines, unreadable, "folder that cannot be read", "folders that cannot be read");
    addNote(lines, special, "pipe, socket or device", "pipes, sockets or devices");
    return lines;
}

std::vector<std::string> listImages(const std::string& folder)
{
    std::vector<std::string> files;
    for (const std::string& name : listFolder(folder))
    {
        const std::string path = joined(folder, name);
        if (isImageFile(name) && !fs::isDirectory(path) && !isSpecialFile(path))
            files.push_back(path);
    }
    return files;
}

// Notes the images of a subfolder as left out, or the subfolder itself if it cannot be read.
static void addDeeper(const std::string& folder, LeftOut& leftOut)
{
    const std::string reason = reasonOfFolder(folder);
    if (!reason.empty())
        return leftOut.unreadable.push_back(folder + ": " + reason);
    const std::vector<std::string> images = listImages(folder);
    leftOut.deeper.insert(leftOut.deeper.end(), images.begin(), images.end());
}

std::vector<std::string> listImages(const std::string& folder, LeftOut& leftOut)
{
    std::vector<std::string> files;
    for (const std::string& name : listFolder(folder))
    {
        const std::string path = joined(folder, name);
        if (fs::isDirectory(path))
            addDeeper(path, leftOut);
        else if (isSpecialFile(path))
            leftOut.special.push_back(path);
        else
            (isImageFile(name) ? files : leftOut.noImages).push_back(path);
    }
    return files;
}

namespace {

//! Lists the images of a folder and of all folders inside it.
class FolderWalk
{
public:
    FolderWalk(const std::string& r, LeftOut& l) : root(r), leftOut(l) {}

    // Excludes a folder.
    void leave(const std::string& folder) { visited.insert(realPath(folder)); }

    // Lists a folder, whose name is relative to the root.
    void visit(const std::string& below)
    {
        const std::string folder = below.empty() ? root : joined(root, below), reason = reasonOfFolder(folder);
        // Each real folder is visited once. A link to a folder further up would otherwise be followed endlessly.
        if (!visited.insert(realPath(folder)).second)
            return;
        if (!reason.empty())
            return leftOut.unreadable.push_back(folder + ": " + reason);
        for (const std::string& name : listFolder(folder))
            add(below.empty() ? name : joined(below, name));
    }

    std::vector<std::string> images;

private:
    void add(const std::string& relative)
    {
        const std::string path = joined(root, relative);
        if (fs::isDirectory(path))
            visit(relative);
        else if (isSpecialFile(path))
            leftOut.special.push_back(path);
        else if (isImageFile(relative))
            images.push_back(relative);
        else
            leftOut.noImages.push_back(path);
    }

    const std::string root;
    LeftOut& leftOut;
    std::set<std::string> visited;
};

} // namespace

std::vector<std::string> listImagesBelow(const std::string& folder, const std::string& except, LeftOut& leftOut)
{
    FolderWalk walk(folder, leftOut);
    if (!except.empty() && fs::exists(except))
        walk.leave(except);
    walk.visit("");
    return walk.images;
}

std::string systemsReason(const std::string& file)
{
    if (!fs::exists(file))
        return "there is no such file";
    errno = 0;
    char byte;
    FILE* const stream = std::fopen(file.c_str(), "rb");
    const bool isOpen = stream != NULL, fails = isOpen && std::fread(&byte, 1, 1, stream) == 0 && std::ferror(stream);
    const std::string reason = isOpen && !fails ? std::string() : std::strerror(errno);
    if (isOpen)
        std::fclose(stream);
    return reason;
}

// Decodes an image, and returns why it could not be decoded, or an empty text. cv::imread returns an empty matrix for a
// damaged image, and throws for one that exceeds its limits.
static std::string decode(const std::string& file, int flags, cv::Mat& picture)
{
    try
    {
        picture = cv::imread(file, flags);
        return picture.empty() ? "it is damaged or of a format that this OpenCV lacks" : "";
    }
    catch (const cv::Exception& error)
    {
        if (error.err.find("CV_IO_MAX_IMAGE") == std::string::npos)
            return error.err;
        return "it is larger than OpenCV reads by default (2^20 pixels a side, 2^30 in all): cut it into pieces, or "
               "raise the limits by the environment variables OPENCV_IO_MAX_IMAGE_WIDTH, OPENCV_IO_MAX_IMAGE_HEIGHT "
               "and OPENCV_IO_MAX_IMAGE_PIXELS";
    }
}

cv::Mat readPicture(const std::string& file, int flags)
{
    cv::Mat picture;
    std::string reason = systemsReason(file);
    if (reason.empty())
        reason = decode(file, flags, picture);
    if (!reason.empty())
        throw std::runtime_error("'" + file + "' cannot be read: " + reason);
    return picture;
}

// The number of images in a file. Only TIFF files are counted, because OpenCV reads one image of all other formats.
static size_t pagesOf(const std::string& file)
{
    const std::string ending = extension(file);
    try
    {
        return ending == "tif" || ending == "tiff" ? cv::imcount(file, cv::IMREAD_UNCHANGED) : 1;
    }
    catch (const cv::Exception&)
    {
        return 0; // The file is damaged or too large, which is reported when it is read.
    }
}

std::vector<std::string> notesOfPages(const std::vector<std::string>& files)
{
    std::vector<std::string> names;
    size_t further = 0;
    for (const std::string& file : files)
    {
        const size_t pages = pagesOf(file);
        if (pages > 1)
            names.push_back(file);
        further += pages > 1 ? pages - 1 : 0;
    }
    if (names.empty())
        return names;
    return {"left out: " + counted(further, "further page of", "further pages of") + " " +
            counted(names.size(), "image", "images") + ", of which only the first page is read: " + quoted(names)};
}

void makeParentFolder(const std::string& file)
{
    const std::string folder = fs::getParent(file);
    if (!folder.empty() && !makeFolder(folder))
        throw std::runtime_error("the folder '" + folder + "' cannot be made");
}

std::string firstBytes(const std::string& file, size_t count)
{
    std::string bytes(count, '\0');
    std::ifstream stream(file.c_str(), std::ios::binary);
    stream.read(&bytes[0], std::streamsize(count));
    bytes.resize(size_t(stream.gcount()));
    return bytes;
}

std::string readFile(const std::string& file)
{
    std::ifstream stream(file.c_str(), std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    const std::string reason = stream ? std::string() : systemsReason(file);
    if (!stream || fs::isDirectory(file))
        throw std::runtime_error("'" + file + "' cannot be read" + (reason.empty() ? "" : ": " + reason));
    return text.str();
}

std::string hashOf(const std::string& modelFile)
{
    const size_t digits = 16;
    const std::string bytes = readFile(modelFile);
    return cv::anomaly::Sha256().add(bytes.data(), bytes.size()).digest().substr(0, digits);
}

std::runtime_error notWritable(const std::string& file)
{
    const std::string reason = errno ? std::string(": ") + std::strerror(errno) : "";
    return std::runtime_error("'" + file + "' cannot be written" + reason);
}

void writeFile(const std::string& file, const std::string& text)
{
    errno = 0;
    std::ofstream stream(file.c_str(), std::ios::binary);
    stream << text;
    stream.close();
    if (!stream)
        throw notWritable(file);
}

void cutFile(const std::string& file, size_t bytes)
{
#ifdef _WIN32
    FILE* const stream = std::fopen(file.c_str(), "r+b");
    const bool done = stream && _chsize_s(_fileno(stream), (long long)bytes) == 0;
    if (stream)
        std::fclose(stream);
#else
    const bool done = truncate(file.c_str(), off_t(bytes)) == 0;
#endif
    if (!done)
        throw notWritable(file);
}

void FlatJson::put(const std::string& key, double number)
{
    if (std::isfinite(number))
        storage << key << number;
}
