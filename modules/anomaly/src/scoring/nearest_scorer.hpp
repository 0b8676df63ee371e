// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_NEAREST_SCORER_HPP
#define OPENCV_ANOMALY_NEAREST_SCORER_HPP

#include "../patches/descriptor.hpp"
#include "../search/neighbor_search.hpp"
#include "patch_scorer.hpp"
#include "score_map.hpp"

namespace cv { namespace anomaly {

//! How the distances to the K nearest rows of a bank become a patch's score.
enum NeighborWeight
{
    WEIGHT_CERTAINTY, //!< the nearest, times its softmin share among the K: Eq. 5 of @cite Lee2022cfa
    WEIGHT_NONE       //!< the nearest
};

struct NearestSettings
{
    int K;
    NeighborWeight weight;
};

//! Scores each patch by the distances of its descriptor to the nearest rows of a bank, centers x D', CV_32F.
std::shared_ptr<const PatchScorer> createNearestScorer(const Descriptor& descriptor, const Mat& bank,
                                                       const NearestSettings& settings, int engine);

//! All that comes after the backbone, on a processor or a GPU.
std::shared_ptr<const ScoreMap> createNearestScoreMap(const Descriptor& descriptor, const Mat& bank,
                                                      const NearestSettings& settings, const MapSettings& map,
                                                      const Device& device);

//! Scores of a grid's patches from the K nearest squared distances, K x patches.
void scorePatches(const Mat& squaredDistances, NeighborWeight weight, Size grid, Mat& scores);

// The form for a GPU, in builds that have it.
std::shared_ptr<const ScoreMap> createGpuNearestScoreMap(const Descriptor& descriptor, const Mat& bank,
                                                         const NearestSettings& settings, const MapSettings& map);

}} // namespace cv::anomaly

#endif
