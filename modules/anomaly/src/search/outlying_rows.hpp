// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_OUTLYING_ROWS_HPP
#define OPENCV_ANOMALY_OUTLYING_ROWS_HPP

#include "opencv2/core.hpp"

#include <set>
#include <vector>

namespace cv { namespace anomaly {

/** @brief Finds what groups of rows that are most unlike all others have alone: defects in images among good ones.

Groups are images, and rows their patches. What a good image shows appears in other images, too, so a row is unusual as
far as it is from the nearest row of other groups, and a group as far as its most unusual hundredth is in the mean. The
`count` most unusual groups are taken as bad. Their rows that are farther than the most unusual good group is are found;
the others are kept, because a group that was taken as bad may still be a good one.
@param rows CV_32F, with absolute values of at most 1e15
@param groups number of each row's group
@param count of bad groups; at least one group is taken as good
@param bad numbers of groups that are known as bad, which are passed over. Those that are found join them
@return indices of the rows found, in rising order
*/
std::vector<int> outlyingRows(const Mat& rows, const std::vector<int>& groups, int count, int engine,
                              std::set<int>& bad);

}} // namespace cv::anomaly

#endif
