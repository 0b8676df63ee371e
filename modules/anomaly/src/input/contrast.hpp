// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_CONTRAST_HPP
#define OPENCV_ANOMALY_CONTRAST_HPP

#include "image_source.hpp"
#include "preprocess.hpp"

namespace cv { namespace anomaly {

//! The mean and standard deviation that matchContrast gives an image: the middle of the range of 8-bit values, and a
//! spread with which few values leave that range.
const double matchedMean = 127, matchedDeviation = 40;

//! An image with a smaller standard deviation than this is blank. What it shows is noise, so it is amplified no
//! further.
const double leastDeviation = 5;

//! Mean and standard deviation of all values of an image, over all channels together.
struct Contrast
{
    //! image: CV_8UC3
    explicit Contrast(const Mat& image);

    double mean, deviation;
};

//! Scales an image, CV_8UC3, to matchedMean and matchedDeviation, in place. Values beyond 0 to 255 are clipped.
void matchContrast(Mat& image);

//! Whether the contrast of images varies so much that matching it is better. It is measured on an even sample of the
//! images that `indices` list and that can be read, at the input's size.
bool contrastVaries(const ImageSource& images, const std::vector<int>& indices, const InputSettings& input);

}} // namespace cv::anomaly

#endif
