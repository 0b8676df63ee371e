// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "nearest_scorer.hpp"

namespace cv { namespace anomaly {

namespace {

class PlainNearestScorer CV_FINAL : public PatchScorer
{
public:
    PlainNearestScorer(const Descriptor& d, const Mat& bank, const NearestSettings& s)
        : descriptor(d),
          neighbors(NeighborSearch::create(bank, ENGINE_PLAIN)),
          settings(s)
    {}

    double score(const std::vector<Mat>& maps, Mat& scores, StageClock* clock) const CV_OVERRIDE
    {
        const Mat phi = project(poolPatches(maps), descriptor);
        lap(clock, STAGE_DESCRIPTOR);
        Mat squaredDistances, indices;
        neighbors->search(phi, settings.K, squaredDistances, indices);
        scorePatches(squaredDistances, settings.weight, patchGrid(maps), scores);
        lap(clock, STAGE_SEARCH);
        return scoreOfMap;
    }

private:
    Descriptor descriptor;
    std::shared_ptr<const NeighborSearch> neighbors;
    NearestSettings settings;
};

// Eq. 5: the nearest distance, times its softmin share among the K.
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
#ifdef HAVE_ANOMALY_HALIDE
    if (engine == ENGINE_HALIDE)
        return createHalideNearestScorer(descriptor, bank, settings);
#endif
    CV_CheckEQ(engine, int(ENGINE_PLAIN), "Engine must be resolved first");
    return std::make_shared<PlainNearestScorer>(descriptor, bank, settings);
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
