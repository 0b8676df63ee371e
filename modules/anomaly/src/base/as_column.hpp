// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_AS_COLUMN_HPP
#define OPENCV_ANOMALY_AS_COLUMN_HPP

#include "opencv2/core.hpp"

#include <vector>

namespace cv { namespace anomaly {

//! A vector's numbers as a matrix of n x 1 that shares their memory. Mat(values) is one in OpenCV 4, and has a single
//! dimension in OpenCV 5.
template <typename T> Mat asColumn(const std::vector<T>& values)
{
    return Mat(int(values.size()), 1, traits::Type<T>::value, const_cast<T*>(values.data()));
}

}} // namespace cv::anomaly

#endif
