// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "spade_scorer.hpp"
#include "../patches/descriptor.hpp"
#include "../search/neighbor_search.hpp"

#include "opencv2/imgproc.hpp"

#include <mutex>

namespace cv { namespace anomaly {

RetrievedImages retrieveImages(const Mat& summary, const FeatureBank& bank, int K, const std::vector<int>& without)
{
    std::vector<std::pair<double, int>> all;
    for (int i = 0; i < bank.images(); i++)
        if (std::find(without.begin(), without.end(), i) == without.end())
            all.push_back(std::make_pair(norm(summary, bank.summaries.row(i), NORM_L2), i));
    const int count = std::min(K, int(all.size()));
    std::partial_sort(all.begin(), all.begin() + count, all.end());
    RetrievedImages retrieved = {{}, 0};
    for (int i = 0; i < count; i++)
    {
        retrieved.indices.push_back(all[i].second);
        retrieved.meanDistance += all[i].first / count;
    }
    return retrieved;
}

namespace {

// Squared distances of patches, the columns of phi, to their nearest row.
void nearestRows(const Mat& rows, const Mat& phi, int engine, Mat& squaredDistances)
{
#ifdef HAVE_ANOMALY_HALIDE
    if (engine == ENGINE_HALIDE)
        return nearestRowsHalide(rows, phi, squaredDistances);
#endif
    CV_CheckEQ(engine, int(ENGINE_PLAIN), "Engine must be resolved first");
    Mat indices;
    NeighborSearch::create(rows, engine)->search(phi, 1, squaredDistances, indices);
}

// Squared distances to the nearest patch of the given images: one Mat for each scale, 1 x patches. They are infinite if
// there is no patch, so that NaN in features stays visible. Each thread handles one image at a time, whose patches (784
// x 240 floats are 0.7 MiB) stay in the level 2 cache while all patches are compared with them.
class NearestPatches
{
public:
    NearestPatches(const FeatureBank& b, const std::vector<Mat>& maps, int e) : bank(b), engine(e)
    {
        for (const Mat& map : maps)
        {
            phi.push_back(map.reshape(1, map.size[1]));
            nearest.push_back(Mat(1, phi.back().cols, CV_32F, Scalar(std::numeric_limits<float>::infinity())));
        }
    }

    std::vector<Mat> search(const std::vector<int>& images)
    {
        parallel_for_(Range(0, int(images.size())), [&](const Range& range) {
            for (int i = range.start; i < range.end; i++)
                compare(images[i]);
        });
        return nearest;
    }

private:
    void compare(int image)
    {
        Mat rows, squaredDistances;
        for (size_t scale = 0; scale < phi.size(); scale++)
        {
            const Mat patches = bank.patches(image, scale);
            if (patches.empty())
                continue;
            patches.convertTo(rows, CV_32F);
            nearestRows(rows, phi[scale], engine, squaredDistances);
            const std::lock_guard<std::mutex> lock(mutex);
            min(nearest[scale], squaredDistances, nearest[scale]);
        }
    }

    const FeatureBank& bank;
    int engine;
    std::vector<Mat> phi, nearest; // for each scale
    std::mutex mutex;
};

bool anyPatches(const std::vector<int>& images, const FeatureBank& bank, size_t scale)
{
    return std::any_of(images.begin(), images.end(), [&](int image) { return !bank.patches(image, scale).empty(); });
}

} // namespace

void scoreAgainst(const std::vector<int>& retrieved, const FeatureBank& bank, const std::vector<Mat>& maps, Size grid,
                  int engine, Mat& scores)
{
    const std::vector<Mat> squaredDistances = NearestPatches(bank, maps, engine).search(retrieved);
    scores = Mat::zeros(grid, CV_32F);
    for (size_t scale = 0; scale < maps.size(); scale++)
    {
        if (!anyPatches(retrieved, bank, scale))
            continue;
        Mat distances, onGrid;
        sqrt(squaredDistances[scale], distances);
        resize(distances.reshape(1, sizeOf(maps[scale]).height), onGrid, grid, 0, 0, INTER_LINEAR);
        scores += onGrid;
    }
}

}} // namespace cv::anomaly
