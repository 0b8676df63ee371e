// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "nearest_scorer.hpp"
#include "../base/workspace_pool.hpp"
#include "../patches/projection.hpp"

namespace cv { namespace anomaly {

namespace {

//! On the processor: 3x3 averages and descriptor, then the K nearest rows of the bank, then the scores.
class NearestScorer CV_FINAL : public PatchScorer
{
public:
    NearestScorer(const Descriptor& descriptor, const Mat& bank, const NearestSettings& s, int engine)
        : projection(Projection::create(descriptor, engine)),
          neighbors(NeighborSearch::create(bank, engine)),
          settings(s)
    {}

    double score(const std::vector<Mat>& maps, Mat& scores, StageClock* clock) const CV_OVERRIDE
    {
        const WorkspacePool<Workspace>::Loan work(workspaces);
        projection->project(maps, MAPS_AS_THEY_COME, work->phi);
        lap(clock, STAGE_DESCRIPTOR);
        neighbors->search(work->phi, settings.K, work->squaredDistances, work->indices);
        scorePatches(work->squaredDistances, settings.weight, patchGrid(maps), scores);
        lap(clock, STAGE_SEARCH);
        return scoreOfMap;
    }

private:
    struct Workspace
    {
        Mat phi, squaredDistances, indices;
    };

    const std::shared_ptr<const Projection> projection;
    const std::shared_ptr<const NeighborSearch> neighbors;
    const NearestSettings settings;
    mutable WorkspacePool<Workspace> workspaces;
};

// Eq. 5 of @cite Lee2022cfa for patch p: the smallest distance times its softmin share among the K distances.
float certaintyWeighted(const Mat& squaredDistances, int p)
{
    const float nearest = std::sqrt(squaredDistances.at<float>(0, p));
    float sum = 0;
    for (int k = 0; k < squaredDistances.rows; k++)
        sum += std::exp(nearest - std::sqrt(squaredDistances.at<float>(k, p)));
    return nearest / sum;
}

} // namespace

void scorePatches(const Mat& squaredDistances, NeighborWeight weight, Size grid, Mat& scores)
{
    CV_CheckEQ(grid.area(), squaredDistances.cols, "A score for each patch of the grid");
    scores.create(grid, CV_32F);
    float* score = scores.ptr<float>();
    for (int p = 0; p < squaredDistances.cols; p++)
        score[p] = weight == WEIGHT_CERTAINTY ? certaintyWeighted(squaredDistances, p)
                                              : std::sqrt(squaredDistances.at<float>(0, p));
}

std::shared_ptr<const PatchScorer> createNearestScorer(const Descriptor& descriptor, const Mat& bank,
                                                       const NearestSettings& settings, int engine)
{
    return std::make_shared<NearestScorer>(descriptor, bank, settings, engine);
}

std::shared_ptr<const ScoreMap> createNearestScoreMap(const Descriptor& descriptor, const Mat& bank,
                                                      const NearestSettings& settings, const MapSettings& map,
                                                      const Device& device)
{
#ifdef HAVE_ANOMALY_GPU
    if (device.isGpu())
        return createGpuNearestScoreMap(descriptor, bank, settings, map);
#endif
    CV_Assert(!device.isGpu()); // the device is resolved
    return createScoreMap(createNearestScorer(descriptor, bank, settings, device.engine), map, device.engine);
}

}} // namespace cv::anomaly
