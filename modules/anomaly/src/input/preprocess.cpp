// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "preprocess.hpp"
#include "contrast.hpp"

#include "opencv2/imgproc.hpp"

namespace cv { namespace anomaly {

std::vector<int> inputModes(int inputMode)
{
    if (inputMode == INPUT_ENSEMBLE)
        return {INPUT_RESIZED, INPUT_CROPPED};
    return {inputMode};
}

Size inputShapeOf(const DetectorParams& params)
{
    return params.inputShape.empty() ? Size(params.inputSize, params.inputSize) : params.inputShape;
}

Size stretchedShapeOf(const DetectorParams& params)
{
    const Size shape = inputShapeOf(params);
    const double resizeSize = std::max(params.resizeSize, params.inputSize);
    return Size(cvRound(shape.width * resizeSize / params.inputSize),
                cvRound(shape.height * resizeSize / params.inputSize));
}

InputSettings inputSettings(const DetectorParams& params, int inputMode)
{
    const Size crop = inputShapeOf(params), resize = inputMode == INPUT_CROPPED ? stretchedShapeOf(params) : crop;
    const InputSettings input = {resize,
                                 crop,
                                 params.inputMean,
                                 params.inputScale,
                                 params.swapRB,
                                 params.tile,
                                 params.tileOverlap,
                                 params.significantBits,
                                 params.matchContrast};
    return input;
}

// Floating-point images must be in 0..1. The tolerance is for rounding errors of an earlier conversion.
static void checkValues(const Mat& image, const String& what)
{
    if (image.depth() < CV_32F)
        return;
    double lowest, highest;
    if (!checkRange(image))
        CV_Error_(Error::StsBadArg, ("%s holds NaN or infinity: replace them before scoring", what.c_str()));
    minMaxIdx(image.reshape(1), &lowest, &highest);
    if (lowest < -1e-3 || highest > 1 + 1e-3)
        CV_Error_(Error::StsOutOfRange,
                  ("%s is floating point with values in [%g, %g], expected [0, 1]: scale it first", what.c_str(),
                   lowest, highest));
}

// The highest value that an image with this number of significant bits has.
static double highestOf(int significantBits)
{
    return double((1 << significantBits) - 1);
}

// 16-bit images must not exceed the range of their significant bits, which would become values above 255.
static void checkBits(const Mat& image, const String& what, int significantBits)
{
    if (image.depth() != CV_16U || significantBits == 16)
        return;
    double highest;
    minMaxIdx(image.reshape(1), NULL, &highest);
    if (highest > highestOf(significantBits))
        CV_Error_(Error::StsOutOfRange, ("%s has 16-bit values up to %g, but significantBits is %d, which allows 0 "
                                         "to %g: fit with the bits that the images have",
                                         what.c_str(), highest, significantBits, highestOf(significantBits)));
}

void checkImage(const Mat& image, const String& what, int significantBits)
{
    if (image.empty())
        CV_Error_(Error::StsBadArg, ("%s is empty", what.c_str()));
    const int depth = image.depth(), channels = image.channels();
    if (image.dims != 2 || !(depth == CV_8U || depth == CV_16U || depth == CV_32F || depth == CV_64F) ||
        !(channels == 1 || channels == 3 || channels == 4))
        CV_Error_(
            Error::StsUnsupportedFormat,
            ("%s has %d dimensions and type %s, expected 2 and CV_8U, CV_16U, CV_32F or CV_64F with 1, 3 or 4 channels",
             what.c_str(), image.dims, typeToString(image.type()).c_str()));
    if (std::min(image.rows, image.cols) < smallestImageSide)
        CV_Error_(Error::StsBadSize, ("%s is %dx%d, expected at least %d pixels on each side", what.c_str(), image.cols,
                                      image.rows, smallestImageSide));
    checkValues(image, what);
    checkBits(image, what, significantBits);
}

void checkMask(const Mat& mask, Size size, const String& what)
{
    if (mask.empty())
        return;
    if (mask.size() != size)
        CV_Error_(Error::StsBadArg, ("%s: Mask is %dx%d, expected its image's size %dx%d", what.c_str(), mask.cols,
                                     mask.rows, size.width, size.height));
    if (mask.type() != CV_8UC1)
        CV_Error_(Error::StsBadArg, ("%s: Mask is of type %s, expected CV_8UC1; (mask != 0) makes one of any depth",
                                     what.c_str(), typeToString(mask.type()).c_str()));
}

Mat toBgr8(const Mat& image, int significantBits)
{
    Mat bytes = image, bgr;
    if (image.depth() == CV_16U)
        image.convertTo(bytes, CV_8U, 255 / highestOf(significantBits));
    else if (image.depth() != CV_8U)
        image.convertTo(bytes, CV_8U, 255);
    if (bytes.channels() == 3)
        return bytes;
    cvtColor(bytes, bgr, bytes.channels() == 1 ? COLOR_GRAY2BGR : COLOR_BGRA2BGR);
    return bgr;
}

Rect centerOf(Size stretched, Size crop)
{
    return Rect(Point((stretched.width - crop.width) / 2, (stretched.height - crop.height) / 2), crop);
}

// Resizes an image to exactly this size, whatever its aspect ratio is.
static void stretchInto(const Mat& image, Size size, Mat& stretched)
{
    // When an image is made smaller, INTER_LINEAR would skip pixels, and scores would depend on the image's size.
    const bool shrinks = image.cols >= size.width && image.rows >= size.height;
    resize(image, stretched, size, 0, 0, shrinks ? INTER_AREA : INTER_LINEAR);
}

Mat stretch(const Mat& image, Size size)
{
    Mat stretched;
    stretchInto(image, size, stretched);
    return stretched;
}

// Writes image number `index` of the blob, which is images x 3 x rows x columns: (value - mean) * scale for each
// channel.
static void preprocessInto(Mat& blob, int index, const Mat& image, const InputSettings& input, InputMemory& memory)
{
    stretchInto(toBgr8(image, input.significantBits), input.resize, memory.stretched);
    Mat part = memory.stretched(centerOf(input.resize, input.crop));
    if (input.matchContrast)
        matchContrast(part);
    for (int c = 0; c < 3; c++)
    {
        Mat plane(input.crop, CV_32F, blob.ptr<float>(index, c));
        extractChannel(part, memory.channel, input.swapRB ? 2 - c : c);
        memory.channel.convertTo(plane, CV_32F, input.scale[c], -input.mean[c] * input.scale[c]);
    }
}

void preprocess(const Mat* images, int count, const InputSettings& input, InputMemory& memory)
{
    const int sizes[] = {count, 3, input.crop.height, input.crop.width};
    memory.blob.create(4, sizes, CV_32F);
    if (count == 1)
        return preprocessInto(memory.blob, 0, images[0], input, memory);
    parallel_for_(Range(0, count), [&](const Range& range) {
        // Each thread has memory of its own, because preprocessInto writes to it.
        InputMemory own;
        for (int i = range.start; i < range.end; i++)
            preprocessInto(memory.blob, i, images[i], input, own);
    });
}

void stretchImages(const Mat* images, int count, const InputSettings& input, Mat& pixels)
{
    const int rows = input.crop.height;
    CV_Assert(pixels.type() == CV_8UC3 && pixels.size() == Size(input.crop.width, count * rows));
    parallel_for_(Range(0, count), [&](const Range& range) {
        Mat stretched;
        for (int i = range.start; i < range.end; i++)
        {
            Mat part = pixels.rowRange(i * rows, (i + 1) * rows);
            const bool isWhole = input.resize == input.crop;
            stretchInto(toBgr8(images[i], input.significantBits), input.resize, isWhole ? part : stretched);
            if (!isWhole)
                stretched(centerOf(input.resize, input.crop)).copyTo(part);
            if (input.matchContrast)
                matchContrast(part);
        }
    });
}

Mat preprocess(const Mat& image, const InputSettings& input)
{
    InputMemory memory;
    preprocess(&image, 1, input, memory);
    return memory.blob;
}

Size mapSize(Size image, const InputSettings& input)
{
    Size size = input.crop;
    if (input.tile > 0)
    {
        size.width = std::max(size.width, cvRound(double(image.width) * input.crop.width / input.tile));
        size.height = std::max(size.height, cvRound(double(image.height) * input.crop.height / input.tile));
    }
    return size;
}

Mat maskAtInput(const Mat& mask, const InputSettings& input)
{
    if (mask.empty())
        return Mat();
    Mat stretched;
    resize(mask, stretched, input.tile > 0 ? mapSize(mask.size(), input) : input.resize, 0, 0, INTER_NEAREST);
    return (input.tile > 0 ? stretched : stretched(centerOf(input.resize, input.crop))) != 0;
}

bool leavesPixels(const Mat& inputMask)
{
    return inputMask.empty() || countNonZero(inputMask) > 0;
}

Rect2d visibleRegion(Size image, const InputSettings& input)
{
    const Rect center = centerOf(input.resize, input.crop);
    const double x = double(image.width) / input.resize.width, y = double(image.height) / input.resize.height;
    return Rect2d(center.x * x, center.y * y, center.width * x, center.height * y);
}

Rect visiblePixels(Size image, const InputSettings& input)
{
    const Rect2d region = visibleRegion(image, input);
    const Point first(std::min(cvRound(region.x), image.width - 1), std::min(cvRound(region.y), image.height - 1)),
        last(cvRound(region.x + region.width), cvRound(region.y + region.height));
    // Of an image of a few pixels the center can be less than half a pixel wide.
    return Rect(first, Point(std::max(last.x, first.x + 1), std::max(last.y, first.y + 1)));
}

}} // namespace cv::anomaly
