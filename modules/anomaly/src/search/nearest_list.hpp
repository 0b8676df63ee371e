// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_NEAREST_LIST_HPP
#define OPENCV_ANOMALY_NEAREST_LIST_HPP

#include <cfloat>

namespace cv { namespace anomaly {

//! The k nearest of all centers that are offered, sorted by distance and, if equal, by index. It stores them in memory
//! of the caller, so that the lists of many patches can form one matrix.
class NearestList
{
public:
    //! Places that stay empty hold the largest float and `emptyIndex`.
    void start(float* distances_, int* indices_, int k_, int emptyIndex)
    {
        distances = distances_;
        indices = indices_;
        k = k_;
        std::fill_n(distances, k, FLT_MAX);
        std::fill_n(indices, k, emptyIndex);
    }

    //! Inserts a center if it is nearer than the last one. NaN is never inserted, since it compares as nearer than
    //! nothing.
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
