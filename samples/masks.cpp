// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "masks.hpp"
#include "files.hpp"

#include "opencv2/imgcodecs.hpp"

#include <stdexcept>

using namespace cv;

const char* const lossyRule =
    "values over 127 count as defect, since its compression leaves small values around the edges";

static bool startsWith(const std::string& text, const std::string& start)
{
    return text.compare(0, start.size(), start) == 0;
}

bool isLossy(const std::string& file)
{
    // The content counts, not the extension: OpenCV goes by the content too, and names may be wrong.
    const std::string bytes = firstBytes(file, 32);
    const bool isJpeg = startsWith(bytes, "\xff\xd8\xff");
    const std::string box("\0\0\0\x0cjP  ", 8); // the signature of a JPEG 2000 file
    const bool isJpeg2000 = startsWith(bytes, box) || startsWith(bytes, "\xff\x4f\xff\x51");
    const bool isWebp = startsWith(bytes, "RIFF") && bytes.size() > 16 && bytes.compare(8, 4, "WEBP") == 0;
    return isJpeg || isJpeg2000 || (isWebp && bytes.compare(12, 4, "VP8L") != 0);
}

// Returns 255 for each defective pixel, and 0 for others. Any channel may mark a pixel, unless alpha makes it
// transparent.
static Mat markedPixels(const Mat& mask, bool lossy)
{
    const bool hasAlpha = mask.channels() == 2 || mask.channels() == 4;
    const int colors = mask.channels() - hasAlpha;
    const double middle = mask.depth() == CV_16U ? 32767 : 127;
    Mat marked = Mat::zeros(mask.size(), CV_8U), channel;
    for (int i = 0; i < colors; i++)
    {
        extractChannel(mask, channel, i);
        marked |= lossy ? channel > middle : channel != 0;
    }
    if (hasAlpha)
    {
        extractChannel(mask, channel, colors);
        marked &= channel != 0;
    }
    return marked;
}

Mat readMask(const std::string& file)
{
    const bool lossy = isLossy(file);
    // Only IMREAD_UNCHANGED gives the alpha channel. It does not turn a photograph upright by its EXIF data, as the
    // image is turned, so that masks in photograph formats are read with other flags.
    try
    {
        return markedPixels(readPicture(file, lossy ? IMREAD_ANYCOLOR | IMREAD_ANYDEPTH : IMREAD_UNCHANGED), lossy);
    }
    catch (const std::exception& error)
    {
        throw std::runtime_error(std::string("the mask ") + error.what());
    }
}

Mat readMasks(const std::vector<std::string>& files, Size image)
{
    Mat all;
    for (const std::string& file : files)
    {
        const Mat mask = readMask(file);
        if (mask.size() != image)
            throw std::runtime_error(format("the mask '%s' has %dx%d pixels, but its image has %dx%d", file.c_str(),
                                            mask.cols, mask.rows, image.width, image.height));
        all = all.empty() ? mask : all | mask;
    }
    return all;
}
