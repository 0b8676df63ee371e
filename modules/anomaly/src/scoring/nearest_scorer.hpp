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

//! How a patch's score is computed from the distances to the K nearest rows of a bank.
enum NeighborWeight
{
    WEIGHT_CERTAINTY, //!< the smallest distance times its softmin share among the K: Eq. 5 of @cite Lee2022cfa
    WEIGHT_NONE       //!< the smallest distance
};

//! Settings of a score by nearest rows.
struct NearestSettings
{
    int K;
    NeighborWeight weight;
};

//! Makes a scorer for the processor. bank: centers x D', CV_32F. engine: ENGINE_PLAIN or ENGINE_HALIDE.
std::shared_ptr<const PatchScorer> createNearestScorer(const Descriptor& descriptor, const Mat& bank,
                                                       const NearestSettings& settings, int engine);

//! Makes all steps after the backbone, for a processor or a GPU.
std::shared_ptr<const ScoreMap> createNearestScoreMap(const Descriptor& descriptor, const Mat& bank,
                                                      const NearestSettings& settings, const MapSettings& map,
                                                      const Device& device);

//! Scores the patches of a grid. squaredDistances: K x patches, CV_32F, in rising order. scores: CV_32F of the grid's
//! size.
void scorePatches(const Mat& squaredDistances, NeighborWeight weight, Size grid, Mat& scores);

// The implementation for a GPU, in builds that have it.
std::shared_ptr<const ScoreMap> createGpuNearestScoreMap(const Descriptor& descriptor, const Mat& bank,
                                                         const NearestSettings& settings, const MapSettings& map);

}} // namespace cv::anomaly

#endif
