// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_EVEN_SAMPLE_HPP
#define OPENCV_ANOMALY_EVEN_SAMPLE_HPP

#include <algorithm>
#include <vector>

namespace cv { namespace anomaly {

//! Takes at most `most` elements of a list, evenly spread; all elements of a shorter list.
inline std::vector<int> evenSample(const std::vector<int>& all, size_t most)
{
    const size_t count = std::min(all.size(), most);
    std::vector<int> sample(count);
    for (size_t i = 0; i < count; i++)
        sample[i] = all[i * all.size() / count];
    return sample;
}

}} // namespace cv::anomaly

#endif
