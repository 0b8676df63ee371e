// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_IMAGE_STATISTICS_HPP
#define OPENCV_ANOMALY_IMAGE_STATISTICS_HPP

#include "opencv2/core.hpp"

namespace cv { namespace anomaly {

//! How many figures imageStatistics gives.
const int imageFigures = 5;

/** @brief What light, focus and position make of an image, in the order of cv::anomaly::DriftFigure.

Mean and standard deviation of the gray values, 0 to 255; the share of fine detail, which does not depend on light: the
root of the energy of the Laplacian over that of the gradient; and the center of the gradient's magnitude, as shares of
width and height, which moves with a part that lies on a plain ground and stays in the middle where there is none.
@param picture CV_8UC3, BGR
@return 1 x imageFigures, CV_32F, finite
*/
Mat imageStatistics(const Mat& picture);

}} // namespace cv::anomaly

#endif
