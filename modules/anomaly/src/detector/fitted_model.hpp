// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_FITTED_MODEL_HPP
#define OPENCV_ANOMALY_FITTED_MODEL_HPP

#include "../backbone/backbone.hpp"
#include "../base/batch_cancellation.hpp"
#include "../base/stage_clock.hpp"
#include "../input/preprocess.hpp"
#include "model_io.hpp"

#include <functional>
#include <memory>

namespace cv { namespace anomaly {

class Tiling;

// Maximum number of images, or tiles, that pass through the network on a GPU together. A single one leaves most of a
// GPU idle.
const int gpuBatch = 32;

/** @brief All that predict needs: the learned models, the backbone and the scorers made for one device.

A fitted model never changes. fit and setters replace it by another one, and running calls keep the one with which they
began.

A score map is CV_32F at the resolution of the first model's input. With an ensemble it shows the whole image, and is
the average where both models see the image. With tiles, the maps of all tiles are blended into one. Functions that
compute a map return the image's score if the method has one of its own, else scoreOfMap.
*/
class FittedModel
{
public:
    FittedModel(const DetectorModel& model, const std::shared_ptr<const Backbone>& backbone, const Device& device);
    //! The function that returns the backbone is called last, so that another thread can set it up meanwhile.
    FittedModel(const DetectorModel& model, const std::function<std::shared_ptr<const Backbone>()>& backbone,
                const Device& device);

    //! Makes a model with other thresholds, or with other settings that change no score. It shares the scorers of this
    //! one.
    std::shared_ptr<FittedModel> with(const DetectorModel& changed) const;

    //! Makes a model without what some pieces of the training data taught each of the models (see
    //! LearnedModel::createScoreMapWithout); null if one of them cannot be made. Thresholds are set with it.
    std::shared_ptr<const FittedModel> without(const std::vector<std::vector<int>>& piecesOfModels) const;

    const DetectorParams& params() const { return model.method->sharedParams(); }

    //! Computes the score map of one image. The clock may be null. The cancellation, which may be null too, is checked
    //! before each tile.
    double scoreMap(const Mat& image, StageClock* clock, Mat& map, BatchCancellation* cancellation = NULL) const;

    //! Computes the score maps of several images; a GPU takes gpuBatch of them at a time.
    void scoreMaps(const std::vector<Mat>& images, std::vector<Mat>& maps, std::vector<double>& scores,
                   BatchCancellation* cancellation) const;

    //! Computes values of patches from features of the first model: CV_32F maps of the patch grid's size.
    typedef std::function<std::vector<Mat>(const FeatureMaps& features)> PatchValues;
    //! Makes `count` maps of an image, or of all its tiles, from the `count` maps that valuesOf computes of each.
    void valueMaps(const Mat& image, int count, const PatchValues& valuesOf, std::vector<Mat>& maps) const;

    //! Copies a score map to the size that predict returns: unchanged for MAP_INPUT; for MAP_IMAGE stretched over the
    //! part of the image that the map shows, and 0 outside of that part.
    void outputMap(const Mat& scoreMap, Size image, OutputArray map) const;

    //! Smallest region that is called a defect, in pixels of a map that has the image's size.
    double defectArea(Size image) const;

    //! Input settings of the first model.
    const InputSettings& input() const;

    //! The image's score: ownScore, as scoreMap returned it, or if that is scoreOfMap, one taken from the map.
    double imageScore(double ownScore, const Mat& scoreMap, const Mat& inputMask) const;

    //! Whether this many images, or tiles, are best scored by one thread each. No thread then waits for another, which
    //! saves a tenth of the time on two cores, but each thread needs a copy of the network.
    bool scoresInParallel(int count) const;

    const Device device;
    const DetectorModel model;

private:
    //! One of the models, with the input settings and the scorer that belong to it.
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
    //! Computes and blends the maps of an image that is cut into several tiles.
    double tiledMap(const Tiling& tiling, const Mat& image, StageClock* clock, Mat& map,
                    BatchCancellation* cancellation) const;
    //! Computes the maps and scores of the tiles whose indices are in the range `chunk`.
    void tileMaps(const Tiling& tiling, const Mat& stretched, const Range& chunk, StageClock* clock, Mat* maps,
                  double* scores, BatchCancellation* cancellation) const;
    //! Computes the maps and scores of images, or tiles, each of which is one input of the network.
    void wholeMaps(const Mat* images, int count, StageClock* clock, Mat* maps, double* scores,
                   BatchCancellation* cancellation) const;
    //! Averages the maps of the first model with those of the second one, which sees the center of the images only.
    void averageWithCropped(const Mat* images, int count, StageClock* clock, Mat* maps, double* scores) const;
    //! Computes the maps and scores of one model.
    void headMaps(const Head& head, const Mat* images, int count, StageClock* clock, Mat* maps, double* scores) const;
    MapSettings mapSettings(const InputSettings& input) const;
    static void checkChannels(const Head& head, const std::vector<int>& given);
};

}} // namespace cv::anomaly

#endif
