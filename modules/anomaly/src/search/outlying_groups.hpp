// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_OUTLYING_GROUPS_HPP
#define OPENCV_ANOMALY_OUTLYING_GROUPS_HPP

#include "opencv2/core.hpp"

#include <vector>

namespace cv { namespace anomaly {

/** @brief Finds the groups of rows that are most unlike all others: defective images among good ones.

Groups are images, and rows their patches. What a good image shows appears in other images, too, so a row is unusual as
far as it is from the nearest row of other groups, and a group as far as its most unusual hundredth is in the mean.
@param rows CV_32F, with absolute values of at most 1e15
@param groups number of each row's group
@param count of the groups to find; at least one group is left over
@return their numbers, in rising order
*/
std::vector<int> outlyingGroups(const Mat& rows, const std::vector<int>& groups, int count, int engine);

}} // namespace cv::anomaly

#endif
