// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_INPUT_SHAPE_HPP
#define OPENCV_ANOMALY_INPUT_SHAPE_HPP

#include "image_source.hpp"

namespace cv { namespace anomaly {

//! Median of width / height over an even sample of the images that `indices` list; 1 if none of them can be read.
double medianAspect(const ImageSource& images, const std::vector<int>& indices);

/** @brief Chooses the size of the input for images of a given aspect ratio.
@param aspect width / height; limited to 1/8 to 8
@param side side of a square that has about the area of the input
@param stride both sides of the result are a multiple of it, and at least two times the stride
@return the size; exactly side x side if both sides come out equal
*/
Size shapeOfAspect(double aspect, int side, int stride);

}} // namespace cv::anomaly

#endif
