// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "bounded_pairs.hpp"
#include "nearest_list.hpp"
#include "../device/halide_runtime.hpp"
#include "../kernels/kernel_sizes.hpp"

#include "anomaly_exact_distances.h"

namespace cv { namespace anomaly {

namespace {

// The largest tile of all searches.
const int mostPatches = 64;

} // namespace

void copyToRows(const Mat& phi, int tileWidth, int columns, Mat& rows)
{
    rows.create(tileWidth, columns, CV_32F);
    rows.colRange(phi.rows, columns).setTo(0);
    Mat patches = rows(Rect(0, 0, phi.rows, phi.cols));
    transpose(phi, patches);
}

void measurePairs(const std::vector<Vec2i>& pairs, const Mat& patches, const Mat& centers,
                  std::vector<float>& distances)
{
    distances.resize(pairs.size());
    if (pairs.empty())
        return;
    const Mat results(1, int(distances.size()), CV_32F, distances.data());
    runKernel("exact_distances", [&](void* context) {
        return anomaly_exact_distances(context, viewOfPairs(pairs), viewOf<float>(patches), viewOf<float>(centers),
                                       viewOf<float>(results, {results.cols}));
    });
}

bool writeNearest(const std::vector<Vec2i>& pairs, const std::vector<float>& distances, Mat squaredDistances,
                  Mat indices)
{
    const int k = indices.rows, missing = INT_MAX;
    CV_Assert(k <= longList && indices.cols <= mostPatches);
    float nearestDistances[mostPatches][longList];
    int centers[mostPatches][longList];
    NearestList nearest[mostPatches];
    for (int p = 0; p < indices.cols; p++)
        nearest[p].start(nearestDistances[p], centers[p], k, missing);
    for (size_t i = 0; i < pairs.size(); i++)
        if (pairs[i][0] < indices.cols) // the others are copies of the last patch, which fill up the tile
            nearest[pairs[i][0]].offer(distances[i], pairs[i][1]);
    for (int p = 0; p < indices.cols; p++)
        if (centers[p][k - 1] == missing)
            return false;
    for (int n = 0; n < k; n++)
        for (int p = 0; p < indices.cols; p++)
        {
            squaredDistances.at<float>(n, p) = nearestDistances[p][n];
            indices.at<int>(n, p) = centers[p][n];
        }
    return true;
}

}} // namespace cv::anomaly
