// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_TEST_ANOMALY_MAPS_HPP
#define OPENCV_TEST_ANOMALY_MAPS_HPP

#include "test_precomp.hpp"

namespace opencv_test {

//! Returns a random feature map of the form that a backbone gives, 1 x channels x rows x columns.
inline Mat randomMap(int channels, Size size, int seed)
{
    const int shape[] = {1, channels, size.height, size.width};
    Mat map(4, shape, CV_32F);
    RNG(seed).fill(map, RNG::UNIFORM, 0, 6);
    return map;
}

//! Returns the largest difference, relative to the largest expected value.
inline double difference(const Mat& found, const Mat& expected)
{
    return cv::norm(found, expected, NORM_INF) / cv::norm(expected, NORM_INF);
}

} // namespace opencv_test

#endif
