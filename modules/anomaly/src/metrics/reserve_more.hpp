// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_RESERVE_MORE_HPP
#define OPENCV_ANOMALY_RESERVE_MORE_HPP

#include <algorithm>
#include <vector>

namespace cv { namespace anomaly {

//! Reserves room for `count` more values, so that appending them cannot throw. The capacity at least doubles, as with
//! push_back, so that many small additions do not copy all values each time.
template <typename Value> void reserveMore(std::vector<Value>& values, size_t count)
{
    const size_t needed = values.size() + count;
    if (needed > values.capacity())
        values.reserve(std::max(needed, 2 * values.capacity()));
}

}} // namespace cv::anomaly

#endif
