// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_GAUSSIAN_PANELS_HPP
#define OPENCV_ANOMALY_GAUSSIAN_PANELS_HPP

#include "../kernels/panels.hpp"

namespace cv { namespace anomaly {

//! Number of panels for this many positions. The last panel may have places without a position.
inline int panelsOf(int positions)
{
    return divideUp(positions, gaussianPanel);
}

//! Number of entries of a lower triangle with its diagonal.
inline int triangle(int rows)
{
    return rows * (rows + 1) / 2;
}

}} // namespace cv::anomaly

#endif
