// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_PATCH_SCORER_HPP
#define OPENCV_ANOMALY_PATCH_SCORER_HPP

#include "../patches/descriptor.hpp"
#include "../search/neighbor_search.hpp"
#include "../base/stage_clock.hpp"

#include <memory>

namespace cv { namespace anomaly {

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

    static std::shared_ptr<const PatchScorer> create(const Descriptor& descriptor, const Mat& bank,
                                                     const ScoreSettings& settings, int engine);
};

//! Scores of a grid's patches from the K nearest squared distances, K x patches.
void scorePatches(const Mat& squaredDistances, int scoreMode, Size grid, Mat& scores);

// The Halide form, in builds that have it.
std::shared_ptr<const PatchScorer> createHalidePatchScorer(const Descriptor& descriptor, const Mat& bank,
                                                           const ScoreSettings& settings);

}} // namespace cv::anomaly

#endif
