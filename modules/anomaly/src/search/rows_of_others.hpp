// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ROWS_OF_OTHERS_HPP
#define OPENCV_ANOMALY_ROWS_OF_OTHERS_HPP

#include "opencv2/core.hpp"

#include <vector>

namespace cv { namespace anomaly {

struct GroupedRows
{
    Mat rows;                // CV_32F
    std::vector<int> groups; // of each row
};

/** @brief For each of some rows the index of the nearest candidate of another group, and of the nearest one of a third
group.

-1 stands where there is no such group. Distances are rounded: of candidates that are equally near any may come back.
*/
std::vector<Vec2i> nearestRowsOfOthers(const GroupedRows& some, const GroupedRows& candidates);

}} // namespace cv::anomaly

#endif
