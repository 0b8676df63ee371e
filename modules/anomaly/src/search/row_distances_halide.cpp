// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "row_distances.hpp"
#include "../device/halide_runtime.hpp"
#include "../kernels/halide_buffers.hpp"

#include "anomaly_row_distances.h"

namespace cv { namespace anomaly {

void squaredRowDistancesHalide(const std::vector<Vec2i>& pairs, const Mat& a, const Mat& b,
                               std::vector<float>& distances)
{
    distances.resize(pairs.size());
    if (pairs.empty())
        return;
    const halide_dimension_t shape[] = {{0, 2, 1}, {0, int(pairs.size()), 2}};
    Halide::Runtime::Buffer<int> pairBuffer(const_cast<int*>(pairs[0].val), 2, shape);
    Halide::Runtime::Buffer<float> out(distances.data(), int(distances.size()));
    runKernel("row_distances", [&](void* context) {
        return anomaly_row_distances(context, pairBuffer, viewOf<float>(a), viewOf<float>(b), out);
    });
}

}} // namespace cv::anomaly
