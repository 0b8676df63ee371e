// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_INPUT_SHAPE_HPP
#define OPENCV_ANOMALY_INPUT_SHAPE_HPP

#include "image_source.hpp"

namespace cv { namespace anomaly {

//! Width / height of the images that `indices` number: the median of an even sample of them, 1 where none can be read.
double medianAspect(const ImageSource& images, const std::vector<int>& indices);

/** @brief The size of an input for images of this aspect ratio.
@param aspect width / height; taken as no less than 1/8 and no more than 8
@param side of a square that has about the area of the input
@param stride both sides are multiples of it, at least twice
@return side x side where both sides come out alike
*/
Size shapeOfAspect(double aspect, int side, int stride);

}} // namespace cv::anomaly

#endif
