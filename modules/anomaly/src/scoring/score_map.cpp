// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "score_map.hpp"
#include "../map/anomaly_map.hpp"
#include "../base/workspace_pool.hpp"

namespace cv { namespace anomaly {

namespace {

//! A PatchScorer followed by a MapMaker, for one image of the batch after the other.
class CpuScoreMap CV_FINAL : public ScoreMap
{
public:
    CpuScoreMap(const std::shared_ptr<const PatchScorer>& s, const MapSettings& settings, int engine)
        : scorer(s),
          mapMaker(MapMaker::create(settings.input, settings.sigma, engine))
    {}

    void make(const FeatureMaps& features, Mat* smooth, double* imageScores, StageClock* clock) const CV_OVERRIDE
    {
        const int images = features.maps[0].size[0];
        for (int i = 0; i < images; i++)
        {
            const double imageScore = makeOne(images == 1 ? features.maps : features.of(i), smooth[i], clock);
            if (imageScores)
                imageScores[i] = imageScore;
        }
    }

private:
    double makeOne(const std::vector<Mat>& maps, Mat& smooth, StageClock* clock) const
    {
        const WorkspacePool<Mat>::Loan scores(patchScores);
        const double imageScore = scorer->score(maps, *scores, clock);
        checkScores(*scores);
        mapMaker->make(*scores, smooth);
        lap(clock, STAGE_MAP);
        return imageScore;
    }

    std::shared_ptr<const PatchScorer> scorer;
    std::shared_ptr<const MapMaker> mapMaker;
    mutable WorkspacePool<Mat> patchScores;
};

} // namespace

void checkScores(const Mat& scores)
{
    if (!checkRange(scores))
        CV_Error(Error::StsBadArg, "The backbone's features of this image hold NaN or infinity, or lie too far from "
                                   "the model's for a score in float");
}

std::shared_ptr<const ScoreMap> createScoreMap(const std::shared_ptr<const PatchScorer>& scorer,
                                               const MapSettings& settings, int engine)
{
    return std::make_shared<CpuScoreMap>(scorer, settings, engine);
}

}} // namespace cv::anomaly
