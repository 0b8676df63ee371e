// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "thresholds.hpp"
#include "../base/even_sample.hpp"

#include <functional>
#include <numeric>

namespace cv { namespace anomaly {

namespace {

// How widely scores are spread shows as well in so many learned images as in thousands.
const size_t mostLearnedImagesScored = 64;

typedef std::function<void(double score, const Mat& map, const Mat& mask)> ScoreVisitor;

// Those that cannot be read, if they are to be left out, and those of which a mask leaves nothing are passed over.
void forEachScore(const FittedModel& model, const ImageSource& images, const std::vector<int>& indices, bool leaveOut,
                  const ScoreVisitor& visit)
{
    for (const int index : indices)
    {
        const Mat mask = maskAtInput(images.mask(index), model.input());
        Mat image, map;
        if (!leavesPixels(mask) || !readImage(images, index, leaveOut, image))
            continue;
        const double ownScore = model.scoreMap(image, NULL, map);
        visit(model.imageScore(ownScore, map, mask), map, mask);
    }
}

} // namespace

Calibration thresholdsAfterFit(const FittedModel& model, const ImageSource& images, const std::vector<int>& good,
                               const std::vector<int>& learned, const FitReporter& reporter)
{
    const std::vector<int> sample = evenSample(learned, mostLearnedImagesScored);
    const int steps = int(good.size() + sample.size());
    const bool skips = model.params().skipUnreadable;
    int done = 0;
    GoodScores scores;
    forEachScore(model, images, good, skips, [&](double score, const Mat& map, const Mat& mask) {
        scores.add(score, map, mask);
        reporter.report("thresholds", ++done, steps);
    });
    const bool heldOut = !scores.empty();
    if (!heldOut)
        CV_LOG_WARNING(NULL, "anomaly: no image was held out (see validationFraction), so thresholds come from the "
                             "images that were learned and are a little low");
    // One learned image more or less tells little of the spread: no reason to give a training up.
    forEachScore(model, images, sample, heldOut || skips, [&](double score, const Mat& map, const Mat& mask) {
        if (heldOut)
            scores.addLearned(score);
        else
            scores.add(score, map, mask);
        reporter.report("thresholds", ++done, steps);
    });
    return scores.calibrate(model.params().thresholdQuantile);
}

Calibration goodThresholds(const FittedModel& model, const ImageSource& images)
{
    std::vector<int> all(images.size());
    std::iota(all.begin(), all.end(), 0);
    GoodScores scores;
    forEachScore(model, images, all, false,
                 [&scores](double score, const Mat& map, const Mat& mask) { scores.add(score, map, mask); });
    return scores.calibrate(model.params().thresholdQuantile);
}

Calibration bestThresholds(const FittedModel& model, const ImageSource& images, const Mat& labels, bool masked)
{
    LabeledScores scores;
    for (int i = 0; i < images.size(); i++)
    {
        const Mat image = images.image(i), defects = images.mask(i);
        Mat map;
        const double ownScore = model.scoreMap(image, NULL, map);
        scores.add(model.imageScore(ownScore, map, Mat()), map, maskAtInput(defects, model.input()));
    }
    return scores.calibrate(labels, masked, model.model.calibration);
}

}} // namespace cv::anomaly
