// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_PATCH_SCORER_HPP
#define OPENCV_ANOMALY_PATCH_SCORER_HPP

#include "descriptor.hpp"
#include "memory_bank.hpp"
#include "stage_clock.hpp"

#include <memory>

namespace cv {
namespace anomaly {

//! The K centres nearest to each patch, by squared Euclidean distance; ties go to the lower index.
class CV_EXPORTS NeighbourSearch
{
public:
    virtual ~NeighbourSearch() {}

    //! phi: D' x patches, CV_32F. squaredDistances: k x patches, CV_32F, ascending, 0 or more; indices: k x patches, CV_32S.
    virtual void search(const Mat& phi, int k, Mat& squaredDistances, Mat& indices) const = 0;

    //! `engine`: ENGINE_PLAIN or ENGINE_HALIDE.
    static std::shared_ptr<const NeighbourSearch> create(const MemoryBank& bank, int engine);
};

struct ScoreSettings
{
    int K;
    int mode; // one of CFA::ScoreMode
};

//! Feature maps in, patch scores out.
class CV_EXPORTS PatchScorer
{
public:
    virtual ~PatchScorer() {}

    //! maps: the backbone's. patchScores: CV_32F of the patch grid's size. The clock may be null.
    virtual void score(const std::vector<Mat>& maps, Mat& patchScores, StageClock* clock) const = 0;

    static std::shared_ptr<const PatchScorer> create(const Descriptor& descriptor, const MemoryBank& bank, const ScoreSettings& settings, int engine);
};

//! Patch scores, 1 x patches, from the K nearest squared distances, K x patches.
Mat patchScores(const Mat& squaredDistances, int scoreMode);

// The Halide forms, in builds that have them.
std::shared_ptr<const NeighbourSearch> createHalideNeighbourSearch(const MemoryBank& bank);
std::shared_ptr<const PatchScorer> createHalidePatchScorer(const Descriptor& descriptor, const MemoryBank& bank, const ScoreSettings& settings);

}} // namespace cv::anomaly

#endif
