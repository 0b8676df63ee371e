// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_SCORE_MAP_HPP
#define OPENCV_ANOMALY_SCORE_MAP_HPP

#include "../backbone/backbone.hpp"
#include "patch_scorer.hpp"

namespace cv { namespace anomaly {

struct MapSettings
{
    Size input;   // of the map
    double sigma; // of the smoothing, in its pixels
};

/** @brief All that comes after the backbone: feature maps of images in, a smooth map of each out.

On the processor these are a PatchScorer and a MapMaker in a row, for one image after the other. On a GPU the same steps
take
all images at once and leave nothing but the maps: what a method learned stays there, and what one step gives the next
one
takes there. Safe from several threads.
*/
class ScoreMap
{
public:
    virtual ~ScoreMap() {}

    //! smooth: a map for each image of the features; imageScores: as PatchScorer::score gives them.
    //! Throws where the features give no score. imageScores and the clock may be null.
    virtual void make(const FeatureMaps& features, Mat* smooth, double* imageScores, StageClock* clock) const = 0;
};

//! The form for the processor; engine: ENGINE_PLAIN or ENGINE_HALIDE.
std::shared_ptr<const ScoreMap> createScoreMap(const std::shared_ptr<const PatchScorer>& scorer,
                                               const MapSettings& settings, int engine);

//! Throws when features were no numbers, or too far from the model's: `scores` show it.
void checkScores(const Mat& scores);

}} // namespace cv::anomaly

#endif
