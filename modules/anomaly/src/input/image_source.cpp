// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "image_source.hpp"
#include "preprocess.hpp"

#include "opencv2/anomaly/detector.hpp"
#include "opencv2/core/utils/filesystem.hpp"
#include "opencv2/imgcodecs.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace cv { namespace anomaly {

static String nameOfFile(const String& file)
{
    return "Image '" + file + "'";
}

// The reason why a file cannot be read as an image; the system's error text if it cannot even be opened.
static String reasonOf(const String& file)
{
    if (!utils::fs::exists(file))
        return "there is no such file";
    FILE* const stream = std::fopen(file.c_str(), "rb");
    if (!stream)
        return std::strerror(errno);
    std::fclose(stream);
    return "it is damaged or of a format that this OpenCV lacks";
}

// cv::imread returns an empty Mat for a damaged image. For one that is larger than its limits it throws an exception
// that does not name the file.
static Mat decoded(const String& file)
{
    try
    {
        // Not IMREAD_UNCHANGED, which ignores the orientation stored in a photograph, unlike imread in most
        // applications.
        return imread(file, IMREAD_ANYCOLOR | IMREAD_ANYDEPTH);
    }
    catch (const cv::Exception& e)
    {
        if (e.err.find("CV_IO_MAX_IMAGE") == String::npos)
            CV_Error_(e.code, ("%s cannot be read: %s", nameOfFile(file).c_str(), e.err.c_str()));
        CV_Error_(Error::StsOutOfRange,
                  ("%s is larger than OpenCV reads by default (2^20 pixels a side, 2^30 in all): cut it into pieces, "
                   "or raise the limits by the environment variables OPENCV_IO_MAX_IMAGE_WIDTH, "
                   "OPENCV_IO_MAX_IMAGE_HEIGHT and OPENCV_IO_MAX_IMAGE_PIXELS",
                   nameOfFile(file).c_str()));
    }
}

Mat readImage(const String& file)
{
    const Mat read = decoded(file);
    if (read.empty())
        CV_Error_(Error::StsObjectNotFound,
                  ("%s cannot be read: %s", nameOfFile(file).c_str(), reasonOf(file).c_str()));
    return read;
}

namespace {

//! Images that are read from files each time they are asked for. One mask holds for all.
class FileImages CV_FINAL : public ImageSource
{
public:
    FileImages(const std::vector<String>& names, const Mat& m, int bits)
        : files(names),
          commonMask(m),
          significantBits(bits)
    {}

    int size() const CV_OVERRIDE { return int(files.size()); }
    Mat mask(int) const CV_OVERRIDE { return commonMask; }
    String name(int index) const CV_OVERRIDE { return nameOfFile(files[index]); }

    Mat image(int index) const CV_OVERRIDE
    {
        const Mat read = anomaly::readImage(files[index]);
        checkImage(read, name(index), significantBits);
        checkMask(commonMask, read.size(), name(index));
        return read;
    }

private:
    std::vector<String> files;
    Mat commonMask;
    int significantBits;
};

//! Images in memory, each with a mask of its own if masks are given.
class ArrayImages CV_FINAL : public ImageSource
{
public:
    ArrayImages(InputArrayOfArrays imageArrays, InputArrayOfArrays maskArrays, int bits) : significantBits(bits)
    {
        imageArrays.getMatVector(images);
        if (!maskArrays.empty())
            maskArrays.getMatVector(masks);
        if (!masks.empty() && masks.size() != images.size())
            CV_Error_(Error::StsUnmatchedSizes,
                      ("%zu masks for %zu images: give one for each image, or none", masks.size(), images.size()));
    }

    int size() const CV_OVERRIDE { return int(images.size()); }
    String name(int index) const CV_OVERRIDE { return "Image " + std::to_string(index); }

    Mat image(int index) const CV_OVERRIDE
    {
        checkImage(images[index], name(index), significantBits);
        return images[index];
    }

    Mat mask(int index) const CV_OVERRIDE
    {
        if (masks.empty())
            return Mat();
        checkMask(masks[index], images[index].size(), name(index));
        return masks[index];
    }

private:
    std::vector<Mat> images, masks;
    int significantBits;
};

} // namespace

bool readImage(const ImageSource& images, int index, bool leaveOut, Mat& image)
{
    try
    {
        image = images.image(index);
        return true;
    }
    catch (const cv::Exception& e)
    {
        if (!leaveOut)
            throw;
        CV_LOG_WARNING(NULL, "anomaly: left out: " << e.err);
        return false;
    }
}

bool canRead(const ImageSource& images, int index, Mat& image)
{
    try
    {
        image = images.image(index);
        return true;
    }
    catch (const cv::Exception&)
    {
        return false;
    }
}

std::unique_ptr<ImageSource> imagesFromFiles(const std::vector<String>& files, const Mat& mask, int significantBits)
{
    return std::unique_ptr<ImageSource>(new FileImages(files, mask, significantBits));
}

std::unique_ptr<ImageSource> imagesFromArrays(InputArrayOfArrays images, InputArrayOfArrays masks, int significantBits)
{
    return std::unique_ptr<ImageSource>(new ArrayImages(images, masks, significantBits));
}

}} // namespace cv::anomaly
