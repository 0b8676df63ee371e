// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "files.hpp"

#include "opencv2/core/utils/filesystem.hpp"
#include "opencv2/imgproc.hpp"

#include <algorithm>
#include <cctype>
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
#else
#include <unistd.h>
#endif

namespace fs = cv::utils::fs;

std::string fileName(const std::string& path)
{
    const size_t end = path.find_last_not_of("/\\");
    const std::string trimmed = path.substr(0, end + 1);
    return trimmed.substr(trimmed.find_last_of("/\\") + 1);
}

std::string withoutExtension(const std::string& path)
{
    const size_t dot = path.rfind('.'), name = path.find_last_of("/\\") + 1;
    return dot == std::string::npos || dot <= name ? path : path.substr(0, dot);
}

std::string extension(const std::string& path)
{
    std::string name = path.substr(withoutExtension(path).size());
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return char(std::tolower(c)); });
    return name.empty() ? name : name.substr(1);
}

bool isAbsolute(const std::string& path)
{
    return !path.empty() && (path[0] == '/' || path[0] == '\\' || path.find(':') == 1);
}

bool isImageFile(const std::string& path)
{
    static const std::set<std::string> extensions = {"bmp", "dib", "exr", "hdr", "jp2", "jpe", "jpeg", "jpg",  "pbm", "pfm",
                                                     "pgm", "png", "pnm", "ppm", "ras", "sr",  "tif",  "tiff", "webp"};
    return extensions.count(extension(path)) > 0;
}

std::vector<std::string> listFolder(const std::string& folder)
{
    if (!fs::isDirectory(folder))
        throw std::runtime_error("there is no folder '" + folder + "'");
    std::vector<std::string> names, visible;
    fs::glob_relative(folder, "", names, false, true);
    for (size_t i = 0; i < names.size(); i++)
        if (names[i][0] != '.')
            visible.push_back(names[i]);
    std::sort(visible.begin(), visible.end());
    return visible;
}

std::vector<std::string> listImages(const std::string& folder)
{
    std::vector<std::string> files;
    for (const std::string& name : listFolder(folder))
        if (isImageFile(name) && !fs::isDirectory(fs::join(folder, name)))
            files.push_back(fs::join(folder, name));
    return files;
}

// A link to a folder further up would otherwise be followed for ever: each real folder is visited once.
static void listBelow(const std::string& root, const std::string& below, std::set<std::string>& visited, std::vector<std::string>& files)
{
    const std::string folder = below.empty() ? root : fs::join(root, below);
    if (!visited.insert(fs::canonical(folder)).second)
        return;
    for (const std::string& name : listFolder(folder))
    {
        const std::string relative = below.empty() ? name : fs::join(below, name);
        if (fs::isDirectory(fs::join(folder, name)))
            listBelow(root, relative, visited, files);
        else if (isImageFile(name))
            files.push_back(relative);
    }
}

std::vector<std::string> listImagesBelow(const std::string& folder, const std::string& except)
{
    std::vector<std::string> files;
    std::set<std::string> visited;
    if (!except.empty() && fs::exists(except))
        visited.insert(fs::canonical(except));
    listBelow(folder, "", visited, files);
    return files;
}

cv::Mat toDisplay(const cv::Mat& image)
{
    const double scale = image.depth() == CV_16U ? 1 / 257. : image.depth() == CV_8U ? 1 : 255;
    cv::Mat bytes, display;
    image.convertTo(bytes, CV_8U, scale);
    if (bytes.channels() == 3)
        return bytes;
    cv::cvtColor(bytes, display, bytes.channels() == 1 ? cv::COLOR_GRAY2BGR : cv::COLOR_BGRA2BGR);
    return display;
}

void makeParentFolder(const std::string& file)
{
    const std::string folder = fs::getParent(file);
    if (!folder.empty() && !fs::createDirectories(folder))
        throw std::runtime_error("the folder '" + folder + "' can not be made");
}

std::string readFile(const std::string& file)
{
    std::ifstream stream(file.c_str(), std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    if (!stream || fs::isDirectory(file))
        throw std::runtime_error("'" + file + "' can not be read");
    return text.str();
}

std::runtime_error notWritable(const std::string& file)
{
    const std::string reason = errno ? std::string(": ") + std::strerror(errno) : "";
    return std::runtime_error("'" + file + "' can not be written" + reason);
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
