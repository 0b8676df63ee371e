// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_IMAGE_STATISTICS_HPP
#define OPENCV_ANOMALY_IMAGE_STATISTICS_HPP

#include "opencv2/core.hpp"

namespace cv { namespace anomaly {

//! Number of figures that imageStatistics returns.
const int imageFigures = 5;

/** @brief Measures what light, focus and position make of an image.

The figures are, in the order of cv::anomaly::DriftFigure: mean and standard deviation of the gray values, 0 to 255; the
share of fine detail, which is the root of the ratio of the Laplacian's energy to the gradient's and does not depend on
light; and the center of the gradient's magnitude, as shares of width and height. That center moves with a part on a
plain background, and is in the middle if the image has no edges.
@param picture CV_8UC3, BGR
@return 1 x imageFigures, CV_32F, finite
*/
Mat imageStatistics(const Mat& picture);

}} // namespace cv::anomaly

#endif
