// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ROW_DISTANCES_HPP
#define OPENCV_ANOMALY_ROW_DISTANCES_HPP

#include "opencv2/core.hpp"

#include <vector>

namespace cv { namespace anomaly {

//! Squared Euclidean distance of two vectors, added in the order that all engines use.
float squaredRowDistance(const float* a, const float* b, int length);

/** @brief Computes squared distances of pairs of rows, one of each matrix.

Both engines, ENGINE_PLAIN and ENGINE_HALIDE, give the same bits.
@param pairs (row of a, row of b)
@param a, b CV_32F with the same number of columns, a multiple of partialSums (see withWholeVectors)
*/
void squaredRowDistances(const std::vector<Vec2i>& pairs, const Mat& a, const Mat& b, int engine,
                         std::vector<float>& distances);

// The Halide implementation, in builds that have it.
void squaredRowDistancesHalide(const std::vector<Vec2i>& pairs, const Mat& a, const Mat& b,
                               std::vector<float>& distances);

}} // namespace cv::anomaly

#endif
