// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_SCORE_MAP_HPP
#define OPENCV_ANOMALY_SCORE_MAP_HPP

#include "../backbone/backbone.hpp"
#include "patch_scorer.hpp"

namespace cv { namespace anomaly {

//! Settings of a map.
struct MapSettings
{
    Size input;   // size of the map: that of the network's input
    double sigma; // standard deviation of the smoothing, in pixels of the input; 0: none
};

/** @brief All steps after the backbone: from the feature maps of a batch to a smooth map of each image.

On the processor these are a PatchScorer and a MapMaker, for one image after the other. On a GPU the same steps run for
all images of a batch together. What the method learned and all intermediate results stay in the GPU's memory, and only
the maps are copied to the host. Safe for calls from several threads.
*/
class ScoreMap
{
public:
    virtual ~ScoreMap() {}

    //! smooth: receives a map of each image, CV_32F of the input's size. imageScores: receives for each image what
    //! PatchScorer::score returns. imageScores and the clock may be null. Throws if a score is not finite.
    virtual void make(const FeatureMaps& features, Mat* smooth, double* imageScores, StageClock* clock) const = 0;
};

//! Makes the implementation for the processor. engine: ENGINE_PLAIN or ENGINE_HALIDE.
std::shared_ptr<const ScoreMap> createScoreMap(const std::shared_ptr<const PatchScorer>& scorer,
                                               const MapSettings& settings, int engine);

//! Throws if scores hold NaN or infinity, because features did or were too far from those of the model.
void checkScores(const Mat& scores);

}} // namespace cv::anomaly

#endif
