// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "patch_pool.hpp"
#include "../base/random_stream.hpp"
#include "../search/greedy_coreset.hpp"

namespace cv { namespace anomaly {

PatchPool::PatchPool(const CoresetSettings& s) : settings(s) {}

void PatchPool::add(int image, const Mat& phi, const Mat& mask)
{
    if (projection.empty() && settings.projection > 0 && settings.projection < phi.rows)
    {
        RNG random = randomStream(settings.seed, RANDOM_PROJECTION);
        projection = randomProjection(phi.rows, settings.projection, random);
    }
    Mat patches;
    if (projection.empty())
        patches = phi.t();
    else
        gemm(phi, projection, 1, noArray(), 0, patches, GEMM_1_T);
    const size_t rowBytes = patches.cols * sizeof(float);
    if ((places.size() + patches.rows) * rowBytes > settings.poolBytes)
        reduce();
    for (int p = 0; p < patches.rows; p++)
        if (mask.empty() || mask.at<uchar>(p))
        {
            rows.push_back(patches.row(p));
            places.push_back({image, p});
        }
}

// A pool that holds no more than is to be chosen grows instead: less memory than that is not possible.
void PatchPool::reduce()
{
    if (places.size() > 2 * size_t(settings.bankSize))
        keepRows(greedyCoreset(rows, settings.bankSize, settings.engine));
}

void PatchPool::keepRows(const std::vector<int>& chosen)
{
    Mat kept;
    std::vector<Place> keptPlaces;
    for (const int row : chosen)
    {
        kept.push_back(rows.row(row));
        keptPlaces.push_back(places[row]);
    }
    rows = kept;
    places.swap(keptPlaces);
}

std::vector<PatchPool::Place> PatchPool::choose(const Progress& progress)
{
    if (places.empty())
        CV_Error(Error::StsBadArg,
                 "The masks leave no patch to learn: they must be nonzero where the images are to be checked");
    const int count = std::min(settings.bankSize, int(places.size()));
    int done = 0;
    const std::vector<int> chosen = greedyCoreset(rows, count, settings.engine, [&](int) { progress(++done, count); });
    rows.release();
    std::vector<Place> chosenPlaces;
    for (const int row : chosen)
        chosenPlaces.push_back(places[row]);
    return chosenPlaces;
}

}} // namespace cv::anomaly
