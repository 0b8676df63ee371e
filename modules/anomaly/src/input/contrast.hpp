// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_CONTRAST_HPP
#define OPENCV_ANOMALY_CONTRAST_HPP

#include "image_source.hpp"
#include "preprocess.hpp"

namespace cv { namespace anomaly {

//! What matchContrast gives all values of an image: the middle of their range, and so wide that few leave it.
const double matchedMean = 127, matchedDeviation = 40;

//! Below this deviation an image is blank, and what it shows is noise, which is not raised further.
const double leastDeviation = 5;

//! Mean and standard deviation of all values of an image, its channels taken together.
struct Contrast
{
    //! image: CV_8UC3
    explicit Contrast(const Mat& image);

    double mean, deviation;
};

//! Brings the image, CV_8UC3, to matchedMean and matchedDeviation, in place. Values beyond 0 to 255 are cut off.
void matchContrast(Mat& image);

//! Whether the images that `indices` number differ in contrast so much that it is better matched: an even sample of
//! those that can be read, at the input's size.
bool contrastVaries(const ImageSource& images, const std::vector<int>& indices, const InputSettings& input);

}} // namespace cv::anomaly

#endif
