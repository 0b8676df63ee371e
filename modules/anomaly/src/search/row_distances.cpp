// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "row_distances.hpp"
#include "../kernels/kernel_sizes.hpp"

namespace cv { namespace anomaly {

// Adds in the same order as exact_distances_generator.cpp. There, rows are padded with zeros, which change no sum.
float squaredRowDistance(const float* a, const float* b, int length)
{
    float partial[partialSums] = {};
    for (int first = 0; first < length; first += partialSums)
        for (int lane = 0; lane < std::min(partialSums, length - first); lane++)
        {
            const float difference = a[first + lane] - b[first + lane];
            partial[lane] += difference * difference;
        }
    for (int n = lastSums; n < partialSums; n++)
        partial[n % lastSums] += partial[n];
    float total = partial[0];
    for (int n = 1; n < lastSums; n++)
        total += partial[n];
    return total;
}

void squaredRowDistances(const std::vector<Vec2i>& pairs, const Mat& a, const Mat& b, int engine,
                         std::vector<float>& distances)
{
#ifdef HAVE_ANOMALY_HALIDE
    if (engine == ENGINE_HALIDE)
        return squaredRowDistancesHalide(pairs, a, b, distances);
#endif
    CV_CheckEQ(engine, int(ENGINE_PLAIN), "Engine must be resolved first");
    distances.resize(pairs.size());
    for (size_t i = 0; i < pairs.size(); i++)
        distances[i] = squaredRowDistance(a.ptr<float>(pairs[i][0]), b.ptr<float>(pairs[i][1]), a.cols);
}

}} // namespace cv::anomaly
