// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_GREEDY_CORESET_HPP
#define OPENCV_ANOMALY_GREEDY_CORESET_HPP

#include "opencv2/core.hpp"

#include <functional>
#include <vector>

namespace cv { namespace anomaly {

//! Called with the index of each row as soon as it is chosen. An exception that it throws ends the choice.
typedef std::function<void(int chosen)> CoresetProgress;

/** @brief Indices of `count` rows that cover all the others, in the order of choice @cite Roth2022patchcore.

The first is `start`; each next one is the row that is farthest from all chosen so far, by squared Euclidean distance,
ties to the lower index. Rows that equal a chosen one add nothing and are never chosen, so fewer than `count` indices
come back if there are fewer than `count` different rows.

rows: CV_32F, values of up to 1e15 so that no distance overflows. Both engines, ENGINE_PLAIN and ENGINE_HALIDE, choose
the same rows; ENGINE_PLAIN computes all rows.rows * count distances.
*/
std::vector<int> greedyCoreset(const Mat& rows, int count, int engine,
                               const CoresetProgress& progress = CoresetProgress(), int start = 0);

//! Throws unless a coreset of `count` rows can be chosen of these: CV_32F, finite, of up to 1e15.
void checkCoresetRows(const Mat& rows, int count);

/** @brief A random projection, length x dimensions, CV_32F: `rows * randomProjection(rows.cols, ...)` has rows of
`dimensions` values whose distances are about those of the rows.

Values are normally distributed with a variance of 1 / dimensions, so that squared lengths stay the same on average.
*/
Mat randomProjection(int length, int dimensions, RNG& random);

// The Halide form, in builds that have it. The arguments are those of greedyCoreset(), checked.
std::vector<int> greedyCoresetHalide(const Mat& rows, int count, const CoresetProgress& progress, int start);

}} // namespace cv::anomaly

#endif
