// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_SCORE_MAP_HPP
#define OPENCV_ANOMALY_SCORE_MAP_HPP

#include "../backbone/backbone.hpp"
#include "patch_scorer.hpp"

namespace cv { namespace anomaly {

struct ScoreMapSettings
{
    ScoreSettings score;
    Size input; // of the map
    double sigma;
};

/** @brief All that comes after the backbone: feature maps of images in, a smooth map of each out.

On the processor these are patch_scorer and anomaly_map in a row, for one image after the other. On a GPU the same steps
take all images at once and
leave nothing but the maps: W, b and C stay there, and what one step gives the next one takes there.
*/
class CV_EXPORTS ScoreMap
{
public:
    virtual ~ScoreMap() {}

    //! smooth: a map for each image of the features. Throws where they give no score. The clock may be null.
    virtual void make(const FeatureMaps& features, Mat* smooth, StageClock* clock) const = 0;

    static std::shared_ptr<const ScoreMap> create(const Descriptor& descriptor, const Mat& bank,
                                                  const ScoreMapSettings& settings, const Device& device);
};

//! Throws when features were no numbers, or too far from the model's: `scores` show it.
void checkScores(const Mat& scores);

// The form for a GPU, in builds that have it.
std::shared_ptr<const ScoreMap> createGpuScoreMap(const Descriptor& descriptor, const Mat& bank,
                                                  const ScoreMapSettings& settings);

}} // namespace cv::anomaly

#endif
