// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_PREPROCESS_HPP
#define OPENCV_ANOMALY_PREPROCESS_HPP

#include "opencv2/core.hpp"

namespace cv {
namespace anomaly {

//! How an image becomes a backbone's input: stretched to resize x resize, then the centre crop x crop, then (x - mean) * scale.
struct InputSettings
{
    int resize;
    int crop;
    Scalar mean, scale; // in the backbone's channel order
    bool swapRB;
};

//! Refuses an image that no score can be given for, by the words of `what`.
void checkImage(const Mat& image, const String& what = "The image");

//! Refuses a mask that is neither empty nor CV_8UC1 of the image's size.
void checkMask(const Mat& mask, Size image);

//! The image at side x side pixels: averaged where that is smaller, else interpolated.
Mat stretch(const Mat& image, int side);

//! The backbone's input, 1 x 3 x crop x crop, CV_32F.
CV_EXPORTS Mat preprocess(const Mat& image, const InputSettings& input);

//! What preprocessing works in and gives, kept from call to call.
struct InputMemory
{
    Mat stretched, channel, blob;
};

//! The same into memory.blob.
void preprocess(const Mat& image, const InputSettings& input, InputMemory& memory);

//! The mask at the input's pixels, 0 or 255.
Mat preprocessMask(const Mat& mask, const InputSettings& input);

//! The part of an image of this size that the input shows.
Rect2d visibleRegion(Size image, const InputSettings& input);

}} // namespace cv::anomaly

#endif
