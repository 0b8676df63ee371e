// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_RANDOM_STREAM_HPP
#define OPENCV_ANOMALY_RANDOM_STREAM_HPP

#include "opencv2/core.hpp"

namespace cv { namespace anomaly {

//! What random numbers are used for. Each purpose has its own stream, so new purposes must be added at the end.
enum RandomPurpose
{
    RANDOM_DESCRIPTOR = 1,
    RANDOM_BANK,
    RANDOM_ORDER,
    RANDOM_HELD_OUT,
    RANDOM_VIEW,
    RANDOM_SAMPLE,
    RANDOM_PROJECTION,
    RANDOM_CHANNELS,
    RANDOM_AXES
};

//! Makes a generator for one purpose, so that theRNG() stays as the application left it. `item` numbers several uses of
//! the same purpose. The first values of cv::RNG are similar for neighboring seeds, so the seed is mixed by the
//! finalizer of SplitMix64.
inline RNG randomStream(int seed, RandomPurpose purpose, uint64 item = 0)
{
    uint64 z = (uint64(uint32_t(seed)) << 8 | uint64(purpose)) + 0x9E3779B97F4A7C15ULL + item * 0xD1B54A32D192ED03ULL;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return RNG(z ^ (z >> 31));
}

//! The numbers 0 to count - 1 in random order.
inline std::vector<int> randomOrder(int count, RNG& random)
{
    std::vector<int> order(count);
    for (int i = 0; i < count; i++)
        order[i] = i;
    for (int i = count - 1; i > 0; i--)
        std::swap(order[i], order[random.uniform(0, i + 1)]);
    return order;
}

}} // namespace cv::anomaly

#endif
