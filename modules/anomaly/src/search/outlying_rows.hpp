// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_OUTLYING_ROWS_HPP
#define OPENCV_ANOMALY_OUTLYING_ROWS_HPP

#include "opencv2/core.hpp"

#include <vector>

namespace cv { namespace anomaly {

/** @brief Finds the rows that are no more unusual than those of good groups, if a share of the groups is not good.

Groups are images, and rows their patches. How unusual a row is, is measured by its distance to the nearest row of the
other half of the groups, because what a good group shows appears in other groups, too. The given share of the groups,
those with the most unusual rows, is taken as bad. Then all rows are removed that are more unusual than every row of the
other groups.
@param rows CV_32F
@param groups index of each row's group, from 0
@param share 0 to 0.5
@return indices of the rows that are kept, in rising order; all of them if there is only one group
*/
std::vector<int> rowsWithoutOutliers(const Mat& rows, const std::vector<int>& groups, double share, int engine);

}} // namespace cv::anomaly

#endif
