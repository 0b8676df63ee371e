// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_NEAREST_LIST_HPP
#define OPENCV_ANOMALY_NEAREST_LIST_HPP

#include <cfloat>

namespace cv { namespace anomaly {

//! The k nearest of the centers that it is offered, sorted by distance, ties by index. It works in the caller's memory,
//! so that many lists can lie side by side.
class NearestList
{
public:
    //! Places that nothing is offered for keep the largest float and `emptyIndex`.
    void start(float* distances_, int* indices_, int k_, int emptyIndex)
    {
        distances = distances_;
        indices = indices_;
        k = k_;
        std::fill_n(distances, k, FLT_MAX);
        std::fill_n(indices, k, emptyIndex);
    }

    //! NaN is not taken: it does not compare as nearer than anything.
    void offer(float distance, int index)
    {
        int at = k;
        for (; at > 0 && isBefore(distance, index, at - 1); at--)
            if (at < k)
            {
                distances[at] = distances[at - 1];
                indices[at] = indices[at - 1];
            }
        if (at < k)
        {
            distances[at] = distance;
            indices[at] = index;
        }
    }

private:
    bool isBefore(float distance, int index, int at) const
    {
        return distance < distances[at] || (distance == distances[at] && index < indices[at]);
    }

    float* distances;
    int* indices;
    int k;
};

}} // namespace cv::anomaly

#endif
