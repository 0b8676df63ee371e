// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_PREPROCESS_HPP
#define OPENCV_ANOMALY_PREPROCESS_HPP

#include "opencv2/anomaly/detector.hpp"

namespace cv { namespace anomaly {

//! How an image, or a tile of one, becomes a backbone's input: stretched to the size `resize`, of which the center of
//! the size `crop` is cut, then (x - mean) * scale.
struct InputSettings
{
    Size resize;
    Size crop;
    Scalar mean, scale; // in the backbone's channel order
    bool swapRB;
    int tile;            // pixels of the image that a tile's side shows, 0: the image is seen as a whole
    double tileOverlap;  // of neighboring tiles at least, as a share of their side
    int significantBits; // of 16-bit images
    bool matchContrast;  // of what is cut, before it is converted
};

//! INPUT_RESIZED or INPUT_CROPPED, in the order of the models of an ensemble.
std::vector<int> inputModes(int inputMode);

//! Range of the sides of a backbone's input, and the longest one of an image that it is cut from.
const int smallestInputSide = 32, largestInputSide = 4096, largestStretchedSide = 8192;

//! The size of the backbone's input.
Size inputShapeOf(const DetectorParams& params);

//! The size of the stretched image from which INPUT_CROPPED and randomView cut the input.
Size stretchedShapeOf(const DetectorParams& params);

//! inputMode: INPUT_RESIZED or INPUT_CROPPED.
InputSettings inputSettings(const DetectorParams& params, int inputMode);

//! Of an image: below this a 3x3 average of features that each see 50 pixels and more has nothing of the image's own to
//! tell.
const int smallestImageSide = 8;

//! Throws if the image cannot be scored; `what` names it in the message.
void checkImage(const Mat& image, const String& what, int significantBits);

//! The image in 8-bit BGR.
Mat toBgr8(const Mat& image, int significantBits);

//! Throws if the mask is neither empty nor CV_8UC1 of the image's size; `what` names the image in the message.
void checkMask(const Mat& mask, Size size, const String& what = "The image");

//! The image at this size: averaged where that is smaller, else interpolated.
Mat stretch(const Mat& image, Size size);

//! The backbone's input, 1 x 3 x rows x cols of the crop, CV_32F.
Mat preprocess(const Mat& image, const InputSettings& input);

//! What preprocessing works in and gives, kept from call to call. blob: images x 3 x rows x cols, CV_32F.
struct InputMemory
{
    Mat stretched, channel, blob;
};

//! The same of each image into memory.blob.
void preprocess(const Mat* images, int count, const InputSettings& input, InputMemory& memory);

//! The same before conversion, for who converts by himself: 8-bit BGR pixels, of one image below the other, into
//! `pixels`, which has that size.
void stretchImages(const Mat* images, int count, const InputSettings& input, Mat& pixels);

//! Pixels of an image's map at the resolution of the input: those of the crop, or more where the image is seen by
//! tiles.
Size mapSize(Size image, const InputSettings& input);

//! The mask at the map's pixels, 0 or 255, where any nonzero value marks a pixel, 1 as well as 255; empty where the
//! mask is.
Mat maskAtInput(const Mat& mask, const InputSettings& input);

//! Whether a mask at the map's pixels leaves one of them; an empty mask leaves all.
bool leavesPixels(const Mat& inputMask);

//! What is cut of a stretched image.
Rect centerOf(Size stretched, Size crop);

//! The part of an image of this size that the map shows.
Rect2d visibleRegion(Size image, const InputSettings& input);

//! The same in whole pixels.
Rect visiblePixels(Size image, const InputSettings& input);

}} // namespace cv::anomaly

#endif
