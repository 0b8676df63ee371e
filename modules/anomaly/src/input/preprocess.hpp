// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_PREPROCESS_HPP
#define OPENCV_ANOMALY_PREPROCESS_HPP

#include "opencv2/anomaly/detector.hpp"

namespace cv { namespace anomaly {

//! How an image, or one of its tiles, becomes a backbone's input: it is stretched to the size `resize`, the center of
//! the size `crop` is cut out, and each value x becomes (x - mean) * scale.
struct InputSettings
{
    Size resize;
    Size crop;
    Scalar mean, scale; // for each channel, in the backbone's order
    bool swapRB;
    int tile;            // side of a tile in pixels of the image; 0: the image is not cut into tiles
    double tileOverlap;  // minimum overlap of neighboring tiles, as a share of their side
    int significantBits; // number of bits that 16-bit images use
    bool matchContrast;  // whether the contrast of the cut part is matched, before it is converted to float
};

//! The input modes of the models that an input mode needs: INPUT_RESIZED and INPUT_CROPPED for INPUT_ENSEMBLE, else the
//! mode itself.
std::vector<int> inputModes(int inputMode);

//! Limits of the sides of a backbone's input, and of an image that the input is cut from.
const int smallestInputSide = 32, largestInputSide = 4096, largestStretchedSide = 8192;

//! Size of the backbone's input.
Size inputShapeOf(const DetectorParams& params);

//! Size of the stretched image from which INPUT_CROPPED and randomView cut the input.
Size stretchedShapeOf(const DetectorParams& params);

//! Collects the input settings of one model. inputMode: INPUT_RESIZED or INPUT_CROPPED.
InputSettings inputSettings(const DetectorParams& params, int inputMode);

//! Smallest side of an image. In a smaller one a 3x3 average of features, each of which sees 50 pixels or more, would
//! show nothing of the image itself.
const int smallestImageSide = 8;

//! Throws if the image cannot be scored. `what` names the image in the message, such as "Image 3".
void checkImage(const Mat& image, const String& what, int significantBits);

//! Converts an image of any accepted type to 8-bit BGR.
Mat toBgr8(const Mat& image, int significantBits);

//! Throws unless the mask is empty or CV_8UC1 of the image's size. `what` names the image in the message.
void checkMask(const Mat& mask, Size size, const String& what = "The image");

//! Stretches an image to a size: averages pixels if both sides become shorter, else interpolates.
Mat stretch(const Mat& image, Size size);

//! Makes the backbone's input of one image: 1 x 3 x rows x columns of the crop, CV_32F, planes in the backbone's order.
Mat preprocess(const Mat& image, const InputSettings& input);

//! Buffers of preprocess, to be kept from call to call. The result is `blob`: images x 3 x rows x columns, CV_32F.
struct InputMemory
{
    Mat stretched, channel, blob;
};

//! Makes the backbone's input of several images in memory.blob. Several images are preprocessed in parallel.
void preprocess(const Mat* images, int count, const InputSettings& input, InputMemory& memory);

//! Does the steps of preprocess before the conversion to float, for callers that convert on a GPU. `pixels` must have
//! the size of all inputs, one below the other, and receives them as 8-bit BGR.
void stretchImages(const Mat* images, int count, const InputSettings& input, Mat& pixels);

//! Size of an image's map at the resolution of the input: the crop, or more if the image is cut into tiles.
Size mapSize(Size image, const InputSettings& input);

//! Brings a mask to the pixels of the map: 255 where any nonzero value, 1 as well as 255, marks a pixel, else 0. The
//! result is empty if the mask is.
Mat maskAtInput(const Mat& mask, const InputSettings& input);

//! Whether a mask at the pixels of the map leaves any of them to be scored; an empty mask leaves all.
bool leavesPixels(const Mat& inputMask);

//! The part that is cut out of the center of a stretched image.
Rect centerOf(Size stretched, Size crop);

//! The part of an image of this size that its map shows.
Rect2d visibleRegion(Size image, const InputSettings& input);

//! visibleRegion rounded to whole pixels.
Rect visiblePixels(Size image, const InputSettings& input);

}} // namespace cv::anomaly

#endif
