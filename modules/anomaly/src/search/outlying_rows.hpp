// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_OUTLYING_ROWS_HPP
#define OPENCV_ANOMALY_OUTLYING_ROWS_HPP

#include "opencv2/core.hpp"

#include <vector>

namespace cv { namespace anomaly {

/** @brief The rows that lie no farther out than good ones do, in rising order, where a share of the groups that rows
come from is not good.

A row lies as far out as it is from the nearest row of the other half of the groups: what a good group has, others have,
too. The share of the groups whose outermost rows lie farthest out is taken to be the bad one; of all groups the rows go
that lie farther out than any row of the rest.

rows: CV_32F. groups: of each row, counted from 0. share: [0, 0.5]. Where there is only one group all rows are kept.
*/
std::vector<int> rowsWithoutOutliers(const Mat& rows, const std::vector<int>& groups, double share, int engine);

}} // namespace cv::anomaly

#endif
