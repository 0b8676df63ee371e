// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "thresholds.hpp"
#include "../base/even_sample.hpp"
#include "../kernels/panels.hpp"

#include <functional>

namespace cv { namespace anomaly {

namespace {

// This many learned images show the spread and the end of the scores as well as thousands would. Each costs a
// prediction; one that is left out of the model also costs the setup of a search, some 50 ms.
const size_t mostLearnedImagesScored = 64, mostImagesLeftOut = 200;

typedef std::function<void(int image, double score, const Mat& map, const Mat& mask, const Mat& picture)> ScoreVisitor;
//! The model by which an image is scored; null if there is none for this image.
typedef std::function<std::shared_ptr<const FittedModel>(int image)> ModelOfImage;

// Scores images and passes the results on. It skips images without a model, images of which the mask leaves nothing,
// and, if `leaveOut`, images that cannot be read.
void forEachScore(const ModelOfImage& modelOf, const ImageSource& images, const std::vector<int>& indices,
                  bool leaveOut, const ScoreVisitor& visit)
{
    for (const int index : indices)
    {
        const std::shared_ptr<const FittedModel> model = modelOf(index);
        if (!model)
            continue;
        const Mat mask = maskAtInput(images.mask(index), model->input());
        Mat image, map;
        if (!leavesPixels(mask) || !readImage(images, index, leaveOut, image))
            continue;
        const double ownScore = model->scoreMap(image, NULL, map);
        const Mat picture = toBgr8(image, model->params().significantBits);
        visit(index, model->imageScore(ownScore, map, mask), map, mask, picture);
    }
}

// The same model for every image. It is borrowed: the result must not outlive it.
ModelOfImage always(const FittedModel& model)
{
    const std::shared_ptr<const FittedModel> borrowed(&model, [](const FittedModel*) {});
    return [borrowed](int) { return borrowed; };
}

// The model without what one image taught it; null if the method does not support that.
std::shared_ptr<const FittedModel> modelWithout(int image, const FittedModel& model,
                                                const std::vector<PiecesOfImages>& pieces)
{
    std::vector<std::vector<int>> ofImage;
    for (const PiecesOfImages& ofModel : pieces)
        ofImage.push_back(ofModel.at(image));
    return model.without(ofImage);
}

// Scores each image by the model without it; null if the method does not support that.
ModelOfImage leavingOut(const FittedModel& model, const std::vector<int>& learned,
                        const std::vector<PiecesOfImages>& pieces)
{
    // Not every image has such a model: of one that its mask covers, the tiles taught nothing.
    const auto hasModel = [&](int image) { return modelWithout(image, model, pieces) != nullptr; };
    if (std::none_of(learned.begin(), learned.end(), hasModel))
        return nullptr;
    return [&](int image) { return modelWithout(image, model, pieces); };
}

} // namespace

GoodScores scoresAfterFit(const FittedModel& model, const ImageSource& images, const std::vector<int>& good,
                          const std::vector<int>& learned, const std::vector<PiecesOfImages>& pieces,
                          const FitReporter& reporter)
{
    const ModelOfImage modelOf = leavingOut(model, learned, pieces);
    const std::vector<int> sample = evenSample(learned, modelOf ? mostImagesLeftOut : mostLearnedImagesScored);
    const int steps = int(good.size() + sample.size());
    const bool skips = model.params().skipUnreadable;
    int done = 0;
    GoodScores scores(model.params().defectArea);
    const auto addFresh = [&](int image, double score, const Mat& map, const Mat& mask, const Mat& picture) {
        scores.add(image, score, map, mask, picture);
        reporter.report("thresholds", ++done, steps);
    };
    const auto addLearned = [&](int, double score, const Mat& map, const Mat& mask, const Mat& picture) {
        scores.addLearned(score, map, mask, picture);
        reporter.report("thresholds", ++done, steps);
    };
    forEachScore(always(model), images, good, skips, addFresh);
    const bool heldOut = !scores.empty();
    // An unreadable image is skipped here: one learned image more or less hardly changes the thresholds, and an
    // exception would throw the whole training away.
    if (modelOf)
        forEachScore(modelOf, images, sample, true, addFresh);
    else if (heldOut)
        forEachScore(always(model), images, sample, true, addLearned);
    if (scores.empty())
    {
        CV_LOG_WARNING(NULL, "anomaly: no image was held out (see validationFraction), so thresholds come from the "
                             "images that were learned and are too low");
        forEachScore(always(model), images, sample, skips, addFresh);
    }
    return scores;
}

std::vector<int> imagesToScore(const std::vector<int>& learned)
{
    return evenSample(learned, mostImagesLeftOut);
}

GoodScores scoresOfGoodImages(const FittedModel& model, const ImageSource& images, const std::vector<int>& chosen,
                              const FitReporter& reporter)
{
    int done = 0;
    GoodScores scores(model.params().defectArea);
    forEachScore(always(model), images, chosen, false,
                 [&](int image, double score, const Mat& map, const Mat& mask, const Mat& picture) {
                     scores.add(image, score, map, mask, picture);
                     reporter.report("thresholds", ++done, int(chosen.size()));
                 });
    return scores;
}

static bool marksDefect(const Mat& mask)
{
    return !mask.empty() && countNonZero(mask) > 0;
}

// The mask of defects at the map's size. One that is too small to be left there covers each pixel that has part of it.
static Mat defectsAtInput(const Mat& defects, const InputSettings& input)
{
    const Mat shrunk = maskAtInput(defects, input);
    if (shrunk.empty() || countNonZero(shrunk) > 0)
        return shrunk;
    const Size cell(divideUp(defects.cols, shrunk.cols), divideUp(defects.rows, shrunk.rows));
    Mat grown;
    dilate(defects, grown, getStructuringElement(MORPH_RECT, cell));
    return maskAtInput(grown, input);
}

// A list of masks that is shifted against the labels would set thresholds without a sign that they are wrong.
static void checkMasksOfGood(const ImageSource& images, const Mat& labels)
{
    const Mat isDefective = labels.reshape(1, 1) != 0;
    for (int i = 0; i < images.size(); i++)
        if (!isDefective.at<uchar>(i) && marksDefect(images.mask(i)))
            CV_Error_(Error::StsBadArg,
                      ("Image %d is labeled as good, but its mask has defects: masks and labels have to be in the same "
                       "order",
                       i));
}

Calibration bestThresholds(const FittedModel& model, const ImageSource& images, const Mat& labels, bool masked)
{
    if (masked && !labels.empty())
        checkMasksOfGood(images, labels);
    LabeledScores scores;
    for (int i = 0; i < images.size(); i++)
    {
        const Mat image = images.image(i), defects = images.mask(i);
        Mat map;
        const double score = model.imageScore(model.scoreMap(image, NULL, map), map, Mat());
        if (masked) // also a defect out of the center that INPUT_CROPPED sees makes its image a defective one
            scores.add(score, map, defectsAtInput(defects, model.input()), marksDefect(defects));
        else
            scores.add(score, map);
    }
    return scores.calibrate(labels, model.model.calibration);
}

}} // namespace cv::anomaly
