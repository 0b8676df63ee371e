// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_GREEDY_CORESET_HPP
#define OPENCV_ANOMALY_GREEDY_CORESET_HPP

#include "opencv2/core.hpp"

#include <functional>
#include <vector>

namespace cv { namespace anomaly {

//! Function that is called with the index of each row when it is chosen. If it throws an exception, the choice ends.
typedef std::function<void(int chosen)> CoresetProgress;

/** @brief Chooses `count` rows that cover all others, by the greedy k-center algorithm @cite Roth2022patchcore.

The first choice is `start`. Each further choice is the row with the largest squared Euclidean distance to its nearest
chosen row; of equal ones the row with the lowest index. A row that equals a chosen one is never chosen, so the result
has fewer than `count` indices if there are fewer than `count` different rows.
@param rows CV_32F, with absolute values of at most 1e15, so that no squared distance overflows
@param count number of rows to choose
@param engine ENGINE_PLAIN, which computes all rows.rows * count distances, or ENGINE_HALIDE, which chooses the same
rows
@param progress called after each choice; may be empty
@param start index of the first chosen row
@return indices of the chosen rows, in the order of choice
*/
std::vector<int> greedyCoreset(const Mat& rows, int count, int engine,
                               const CoresetProgress& progress = CoresetProgress(), int start = 0);

//! Throws unless a coreset of `count` rows can be chosen from these rows: CV_32F, finite, absolute values of at most
//! 1e15.
void checkCoresetRows(const Mat& rows, int count);

/** @brief Makes a random projection, length x dimensions, CV_32F. The product rows * projection has `dimensions`
columns, and about the same distances between its rows.

The values are normally distributed with variance 1 / dimensions, so that squared lengths stay the same on average.
*/
Mat randomProjection(int length, int dimensions, RNG& random);

// The Halide implementation, in builds that have it. Its arguments are those of greedyCoreset(), already checked.
std::vector<int> greedyCoresetHalide(const Mat& rows, int count, const CoresetProgress& progress, int start);

}} // namespace cv::anomaly

#endif
