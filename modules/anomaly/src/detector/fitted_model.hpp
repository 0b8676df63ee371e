// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_FITTED_MODEL_HPP
#define OPENCV_ANOMALY_FITTED_MODEL_HPP

#include "../backbone/backbone.hpp"
#include "../base/batch_wish.hpp"
#include "../base/stage_clock.hpp"
#include "../input/preprocess.hpp"
#include "model_io.hpp"

#include <functional>
#include <memory>

namespace cv { namespace anomaly {

class Tiling;

// Images, or tiles, that go through the network of a GPU together at most: one alone leaves most of it idle.
const int gpuBatch = 32;

/** @brief All that predict needs. It never changes once made: calls that run keep theirs when fit or a setter puts
another in its
place.

A score map is CV_32F at the resolution of the first model's input: for an ensemble it shows the whole image, averaged
where
both models see it, and maps of tiles are blended. Functions that make one give the image's score where the method has
one of
its own, else scoreOfMap.
*/
class FittedModel
{
public:
    FittedModel(const DetectorModel& model, const std::shared_ptr<const Backbone>& backbone, const Device& device);
    //! backbone: called last, so that another thread can set it up meanwhile.
    FittedModel(const DetectorModel& model, const std::function<std::shared_ptr<const Backbone>()>& backbone,
                const Device& device);

    //! The same with other thresholds or settings that change no score, sharing all that scores.
    std::shared_ptr<FittedModel> with(const DetectorModel& changed) const;

    //! The same without what some pieces of the training data taught each of the models (see
    //! LearnedModel::createScoreMapWithout); null where one of them cannot tell.
    std::shared_ptr<const FittedModel> without(const std::vector<std::vector<int>>& piecesOfModels) const;

    const DetectorParams& params() const { return model.method->sharedParams(); }

    //! wish: asked before each tile; it and the clock may be null.
    double scoreMap(const Mat& image, StageClock* clock, Mat& map, BatchWish* wish = NULL) const;

    //! The same of several images, of which a GPU sees gpuBatch at a time.
    void scoreMaps(const std::vector<Mat>& images, std::vector<Mat>& maps, std::vector<double>& scores,
                   BatchWish* wish) const;

    //! Maps of an image, one for each of `count` values of a patch that `valuesOf` makes of the first model's features
    //! of the image or a tile: count maps of the patch grid's size.
    typedef std::function<std::vector<Mat>(const FeatureMaps& features)> PatchValues;
    void valueMaps(const Mat& image, int count, const PatchValues& valuesOf, std::vector<Mat>& maps) const;

    //! A score map as predict gives it: itself, or with MAP_IMAGE stretched over the part of the image that it shows, 0
    //! outside.
    void outputMap(const Mat& scoreMap, Size image, OutputArray map) const;

    //! Pixels of a map of the image's size that a region has to have to be called a defect.
    double defectArea(Size image) const;

    //! Input settings of the first model.
    const InputSettings& input() const;

    //! ownScore: as scoreMap gives it.
    double imageScore(double ownScore, const Mat& scoreMap, const Mat& inputMask) const;

    //! Whether so many images, or tiles, are best scored each by a thread of its own: none waits for another then, a
    //! tenth less time on two cores, but each needs a network of its own.
    bool scoresInParallel(int count) const;

    const Device device;
    const DetectorModel model;

private:
    //! One of the models, with what scores its features.
    struct Head
    {
        InputSettings input;
        std::vector<int> channels;
        std::shared_ptr<const ScoreMap> scoreMap;
    };

    std::vector<Head> heads;

public:
    const std::shared_ptr<const Backbone> backbone;

private:
    FittedModel(const FittedModel& other, const DetectorModel& changed);

    std::vector<Head> createHeads() const;
    //! The map of an image that is cut into several tiles.
    double tiledMap(const Tiling& tiling, const Mat& image, StageClock* clock, Mat& map, BatchWish* wish) const;
    //! Maps and scores of the tiles that a range numbers.
    void tileMaps(const Tiling& tiling, const Mat& stretched, const Range& chunk, StageClock* clock, Mat* maps,
                  double* scores, BatchWish* wish) const;
    void wholeMaps(const Mat* images, int count, StageClock* clock, Mat* maps, double* scores, BatchWish* wish) const;
    void averageWithCropped(const Mat* images, int count, StageClock* clock, Mat* maps, double* scores) const;
    void headMaps(const Head& head, const Mat* images, int count, StageClock* clock, Mat* maps, double* scores) const;
    MapSettings mapSettings(const InputSettings& input) const;
    static void checkChannels(const Head& head, const std::vector<int>& given);
};

}} // namespace cv::anomaly

#endif
