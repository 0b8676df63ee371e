// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_GAUSSIAN_PANELS_HPP
#define OPENCV_ANOMALY_GAUSSIAN_PANELS_HPP

#include "../kernels/panels.hpp"

namespace cv { namespace anomaly {

//! Panels of so many positions; the last one may reach past them.
inline int panelsOf(int positions)
{
    return divideUp(positions, gaussianPanel);
}

//! Entries of a lower triangle with its diagonal.
inline int triangle(int rows)
{
    return rows * (rows + 1) / 2;
}

}} // namespace cv::anomaly

#endif
