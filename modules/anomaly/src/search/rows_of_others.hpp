// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ROWS_OF_OTHERS_HPP
#define OPENCV_ANOMALY_ROWS_OF_OTHERS_HPP

#include "opencv2/core.hpp"

#include <vector>

namespace cv { namespace anomaly {

//! Rows, each of which belongs to a group, such as the patches of images.
struct GroupedRows
{
    Mat rows;                // CV_32F
    std::vector<int> groups; // index of each row's group
};

/** @brief For each query, finds the nearest candidate of another group, and the nearest one of a third group.

The results are indices of candidates, -1 if there is no such group. Distances have rounding errors, so of candidates at
the same distance any may be found.
*/
std::vector<Vec2i> nearestRowsOfOthers(const GroupedRows& queries, const GroupedRows& candidates);

}} // namespace cv::anomaly

#endif
