// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "outputs.hpp"
#include "command_line.hpp"
#include "files.hpp"
#include "interruption.hpp"

#include "opencv2/anomaly/detector.hpp"
#include "opencv2/core/utils/filesystem.hpp"
#include "opencv2/imgcodecs.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <stdexcept>

#ifdef _WIN32
#include <io.h>
#else
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace fs = cv::utils::fs;

namespace {

#ifdef _WIN32

std::string withoutDanglingLink(const std::string& file)
{
    return file;
}

// Returns the same text for all names of one file, even if it does not exist yet. The text is empty for a device.
std::string identity(const std::string& file)
{
    if (isSpecialFile(file))
        return std::string();
    if (fs::exists(file))
        return realPath(file);
    return joined(realPath(folderOf(file)), lowerCase(fileName(file))); // which means the same in either case
}

bool mayWrite(const std::string& file)
{
    return _access(file.c_str(), 2) == 0;
}

#else

// Follows symbolic links whose target does not exist yet. Other names stay as they are.
std::string withoutDanglingLink(std::string file)
{
    const int mostLinks = 40; // the limit of Linux
    std::vector<char> target(4096);
    for (int i = 0; i < mostLinks && !fs::exists(file); i++)
    {
        const ssize_t length = readlink(file.c_str(), target.data(), target.size());
        if (length <= 0)
            break;
        const std::string text(target.data(), size_t(length));
        file = text[0] == '/' ? text : joined(folderOf(file), text);
    }
    return file;
}

// Returns the same text for all names of one file, even if it does not exist yet. The text is empty for a device or a
// pipe, because nothing is lost when it is written to.
std::string identity(const std::string& name)
{
    const std::string file = withoutDanglingLink(name);
    struct stat status;
    if (stat(file.c_str(), &status) != 0)
        return file == folderOf(file) ? file : identity(folderOf(file)) + "/" + fileName(file);
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))
        return std::string();
    return cv::format("%llu:%llu", (unsigned long long)status.st_dev, (unsigned long long)status.st_ino);
}

bool mayWrite(const std::string& file)
{
    return access(file.c_str(), W_OK) == 0;
}

#endif

// Returns a name for a copy of `file` in `folder` that is not in use: model_2.yml.gz for model.yml.gz.
std::string freeName(const std::string& folder, const std::string& file)
{
    const std::string name = fileName(file), unpacked = extension(name) == "gz" ? withoutExtension(name) : name;
    const std::string stem = withoutExtension(unpacked);
    std::string free;
    for (int i = 2; free.empty() || fs::exists(free); i++)
        free = joined(folder, cv::format("%s_%d", stem.c_str(), i) + name.substr(stem.size()));
    return free;
}

bool trySaving(const cv::anomaly::AnomalyDetector& detector, const std::string& file)
{
    try
    {
        detector.save(file);
        return true;
    }
    catch (const cv::Exception&)
    {
        return false;
    }
}

// Encodes a picture, and returns whether its format can hold it. Some versions of cv::imencode return false if not,
// others throw.
bool encode(const std::string& file, const cv::Mat& picture, std::vector<uchar>& bytes)
{
    try
    {
        return cv::imencode("." + extension(file), picture, bytes);
    }
    catch (const cv::Exception&)
    {
        return false;
    }
}

// Writes a picture as a file. cv::imwrite is not used, because it does not report a full disk.
void writeEncoded(const std::string& file, const cv::Mat& picture)
{
    std::vector<uchar> bytes;
    if (!encode(file, picture, bytes))
        throw std::runtime_error(cv::format("'%s' cannot be written: its format does not hold %d x %d pixels",
                                            file.c_str(), picture.cols, picture.rows));
    makeParentFolder(file);
    writeFile(file, std::string(bytes.begin(), bytes.end()));
}

} // namespace

void Outputs::reads(const std::string& file)
{
    if (!file.empty())
        inputs.insert(identity(file));
}

void Outputs::reads(const std::vector<std::string>& files)
{
    for (const std::string& file : files)
        reads(file);
}

void Outputs::readsModel(const std::string& model, const std::string& backbone,
                         const cv::anomaly::AnomalyDetector& detector)
{
    reads(model);
    reads(backbone);
    if (backbone.empty())
        reads(joined(folderOf(model), detector.getDetectorParams().backbone));
}

bool Outputs::isRead(const std::string& file) const
{
    const std::string key = identity(file);
    return !key.empty() && inputs.count(key) > 0;
}

void Outputs::writes(const std::string& option, const std::string& file)
{
    const std::string key = file.empty() ? file : identity(file);
    if (key.empty())
        return;
    if (inputs.count(key))
        throw UsageError(
            "--" + option + ": '" + file +
            "' is one of the files that are read, and what it holds would be lost: name another place to write to");
    const auto added = outputs.insert(std::make_pair(key, option));
    if (!added.second)
        throw UsageError("--" + option + ": '" + file + "' is also what --" + added.first->second +
                         " writes: name another place to write to");
}

void Outputs::writesText(const std::string& option, const std::string& file)
{
    if (isPictureOrVideo(file) || isModelOrNetwork(file))
        throw UsageError("--" + option + ": '" + file +
                         "' ends as an image, a video, a model or a network does, but something else is written: name "
                         "a file that ends in ." +
                         option);
    if (file == "-")
        throw UsageError("--" + option + "=-: expected the name of a file; ./- is one of that name");
    writes(option, file);
}

void checkWritable(const std::string& name)
{
    if (fs::isDirectory(name))
        throw std::runtime_error("'" + name + "' is a folder");
    const std::string file = withoutDanglingLink(name);
    errno = 0;
    if (fs::exists(file))
    {
        if (!mayWrite(file))
            throw notWritable(name);
        return;
    }
    if (!std::ofstream(file.c_str(), std::ios::app))
        throw notWritable(name);
    std::remove(file.c_str());
}

void checkWritableFolder(const std::string& folder)
{
    if (!fs::isDirectory(folder) && !makeFolder(folder))
        throw std::runtime_error("the folder '" + folder + "' cannot be made");
    if (!mayWrite(folder))
        throw notWritable(folder);
}

cv::Ptr<cv::anomaly::AnomalyDetector> readModel(const std::string& file, const std::string& backbone)
{
    if (fs::isDirectory(file))
        throw std::runtime_error("'" + file + "' is a folder, expected a model file that anomaly_train wrote");
    return cv::anomaly::loadDetector(file, backbone);
}

void checkModelName(const std::string& option, const std::string& file)
{
    if (fs::isDirectory(file))
        throw std::runtime_error("--" + option + ": '" + file + "' is a folder: name a file, such as '" +
                                 joined(file, "model.yml.gz") + "'");
    try
    {
        cv::anomaly::checkModelFile(file);
    }
    catch (const cv::Exception& error)
    {
        if (error.code == cv::Error::StsBadArg)
            throw UsageError("--" + option + ": " + error.err);
        throw;
    }
}

void saveModel(const cv::anomaly::AnomalyDetector& detector, const std::string& file)
{
    const Interruption untilSaved;
    try
    {
        return detector.save(file);
    }
    catch (const cv::Exception& error)
    {
        for (const std::string& folder : {folderOf(file), std::string("."), folderOf(cv::tempfile())})
        {
            const std::string kept = freeName(folder, file);
            if (trySaving(detector, kept))
                throw std::runtime_error(error.err + ". The model is kept as '" + kept + "'");
        }
        throw;
    }
}

void writePicture(const std::string& name, const cv::Mat& picture, const Outputs& outputs)
{
    const int longestJpeg = 65500; // libjpeg's limit
    if (std::max(picture.rows, picture.cols) <= longestJpeg)
        return writeEncoded(name + ".jpg", picture);
    const std::string file = name + ".png";
    if (outputs.isRead(file))
        throw std::runtime_error(
            "the picture of '" + file +
            "' is too long for a JPEG, and as PNG it would be written over that image: name another folder");
    writeEncoded(file, picture);
}

void writeMap(const std::string& file, const cv::Mat& map)
{
    writeEncoded(file, map);
}
