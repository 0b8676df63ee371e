// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "calibration.hpp"
#include "../input/image_statistics.hpp"
#include "../map/anomaly_map.hpp"

#include <functional>
#include <numeric>

namespace cv { namespace anomaly {

double rangeOf(const Calibration& calibration)
{
    return std::max(calibration.highest - calibration.lowest, DBL_EPSILON);
}

double normalizedScore(const Calibration& calibration, double score)
{
    if (cvIsNaN(score)) // std::max(0., NaN) is 0, the score of a good image
        return score;
    return std::min(1., std::max(0., (score - calibration.imageThreshold) / rangeOf(calibration) + 0.5));
}

double predictiveQuantile(std::vector<float>& values, double q)
{
    CV_Assert(!values.empty());
    // The place among the sorted values, counted from 0, and limited to them.
    const double count = double(values.size()), at = std::min(std::max(q * (count + 1) - 1, 0.), count - 1);
    const size_t below = size_t(at);
    std::nth_element(values.begin(), values.begin() + below, values.end());
    const double low = values[below];
    if (below + 1 == values.size())
        return low;
    return low + (at - double(below)) * (*std::min_element(values.begin() + below + 1, values.end()) - low);
}

double levelOfArea(const Mat& map, int pixels, const Mat& mask)
{
    std::vector<float> values = countedValues(map, mask);
    CV_Assert(!values.empty());
    const size_t at = std::min(size_t(std::max(pixels, 1)), values.size()) - 1;
    std::nth_element(values.begin(), values.begin() + at, values.end(), std::greater<float>());
    return values[at];
}

void GoodScores::add(int image, double score, const Mat& map, const Mat& mask, const Mat& picture)
{
    double low, high;
    minMaxIdx(map, &low, &high, NULL, NULL, mask);
    lowest = empty() ? low : std::min(lowest, low);
    highest = empty() ? high : std::max(highest, high);
    added.push_back(image);
    scores.add(score);
    levels.add(levelOfArea(map, defectArea, mask));
    statistics.push_back(imageStatistics(picture));
}

void GoodScores::addLearned(double score, const Mat& map, const Mat& mask, const Mat& picture)
{
    scores.addLearned(score);
    levels.addLearned(levelOfArea(map, defectArea, mask));
    statistics.push_back(imageStatistics(picture));
}

GoodImages GoodScores::kept(double contamination) const
{
    GoodImages images = {scores, levels, statistics};
    images.scores.leaveOut(contamination);
    images.levels.leaveOut(contamination);
    images.join(GoodImages());
    return images;
}

// The value that a standard normal variable stays below with probability q, in (0, 1), by bisection.
static double normalQuantile(double q)
{
    double low = -10, high = 10; // what lies beyond is less likely than a double can tell from 0
    for (int i = 0; i < 60; i++)
    {
        const double middle = (low + high) / 2;
        (std::erfc(-middle / std::sqrt(2.)) / 2 < q ? low : high) = middle;
    }
    return low;
}

namespace {

// Only positive scores have logarithms; identical images may score 0.
bool hasLogarithms(const std::vector<float>& scores)
{
    return std::all_of(scores.begin(), scores.end(), [](float score) { return score > 0; });
}

//! Mean of the logarithms of scores, and the sum of their squared differences from it.
struct LogScores
{
    explicit LogScores(const std::vector<float>& scores) : mean(0), squares(0)
    {
        for (const float score : scores)
            mean += std::log(double(score)) / double(scores.size());
        for (const float score : scores)
            squares += std::pow(std::log(double(score)) - mean, 2);
    }
    double mean, squares;
};

} // namespace

// The middle of the shortest interval that holds half of the sorted values; of equally short ones the highest. It stays
// where most values lie close together, though up to half of them lie far below.
static double centerOfShortestHalf(const std::vector<double>& sorted)
{
    const size_t half = (sorted.size() + 1) / 2;
    size_t best = 0;
    for (size_t first = 0; first + half <= sorted.size(); first++)
        if (sorted[first + half - 1] - sorted[first] <= sorted[best + half - 1] - sorted[best])
            best = first;
    return (sorted[best] + sorted[best + half - 1]) / 2;
}

// The score below which an image must have had a twin among those that it was compared with: one that shows the same
// part, though not with the same values. Such scores are a fifth to a half of others, and by how widely all of them
// spread, the threshold of twelve images and one twin would be twice as high as without the twin. Scores of good images
// of seven sets have a standard deviation of 0.03 to 0.15 in their logarithms and are above 0.7 of that center; those
// of Gaussians, which spread to 0.3, lie as far above it.
static double lowestWithoutTwin(const std::vector<float>& scores)
{
    const size_t fewest = 8; // of five, two or three can lie close together by chance
    std::vector<double> logarithms;
    for (const float score : scores)
        if (score > 0)
            logarithms.push_back(std::log(double(score)));
    if (logarithms.size() < fewest)
        return 0;
    std::sort(logarithms.begin(), logarithms.end());
    const double center = centerOfShortestHalf(logarithms), above = logarithms.back() - center;
    return std::exp(center - std::max(2 * above, -std::log(0.7)));
}

static std::vector<float> withoutTwins(const std::vector<float>& scores)
{
    const double lowest = lowestWithoutTwin(scores);
    std::vector<float> others;
    std::copy_if(scores.begin(), scores.end(), std::back_inserter(others),
                 [=](float score) { return score >= lowest; });
    return others;
}

// The others keep their order, from the oldest image to the newest. At least one score is always left.
static std::vector<float> withoutHighest(const std::vector<float>& scores, double share)
{
    const size_t out = std::min(size_t(cvRound(share * double(scores.size()))), scores.size() - 1);
    std::vector<int> order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    std::nth_element(order.begin(), order.begin() + out, order.end(),
                     [&scores](int a, int b) { return scores[a] > scores[b] || (a > b && scores[a] == scores[b]); });
    std::sort(order.begin() + out, order.end());
    std::vector<float> kept;
    std::for_each(order.begin() + out, order.end(), [&](int i) { kept.push_back(scores[i]); });
    return kept;
}

void GoodSample::leaveOut(double contamination)
{
    if (contamination > 0 && !fresh.empty())
        fresh = withoutHighest(fresh, contamination);
}

// Keeps the last `most` scores.
static void joinLists(std::vector<float>& scores, const std::vector<float>& later, size_t most)
{
    scores.insert(scores.end(), later.begin(), later.end());
    scores.erase(scores.begin(), scores.end() - std::min(scores.size(), most));
}

void GoodSample::join(const GoodSample& later, size_t most)
{
    joinLists(fresh, later.fresh, most);
    joinLists(learned, later.learned, most);
}

void GoodSample::scale(double factor)
{
    for (std::vector<float>* const scores : {&fresh, &learned})
        for (float& score : *scores)
            score = float(score * factor);
}

void GoodSample::keepOnly(const std::vector<size_t>& images)
{
    std::vector<float> kept;
    for (const size_t image : images)
        kept.push_back(fresh.at(image));
    fresh.swap(kept);
}

double medianScoreRatio(const GoodSample& before, const GoodSample& after, double threshold)
{
    const size_t fewest = 3;
    const std::vector<float>&oldScores = before.freshScores(), &newScores = after.freshScores();
    CV_Assert(oldScores.size() == newScores.size());
    std::vector<float> ratios;
    for (size_t i = 0; i < oldScores.size(); i++)
        if (oldScores[i] > 0 && oldScores[i] < threshold)
            ratios.push_back(newScores[i] / oldScores[i]);
    return ratios.size() < fewest ? 1 : std::min(1., predictiveQuantile(ratios, 0.5));
}

// The value below which a model must have learned an image, given the values of good images that were left out of it.
// Of metal_plate and transistor, learned images score 0.53 to 0.73 times the lowest of those, or their maps about 0,
// depending on the method; new images score 0.87 times that and more.
static float lowestUnlearned(const GoodSample& leftOut)
{
    const float share = 0.8f;
    const std::vector<float> scores = withoutTwins(leftOut.freshScores());
    return share * *std::min_element(scores.begin(), scores.end());
}

std::vector<size_t> GoodImages::unlearnedOf(const GoodImages& later, double scale) const
{
    const double lowestScore = scale * lowestUnlearned(scores), lowestLevel = scale * lowestUnlearned(levels);
    const std::vector<float>&newScores = later.scores.freshScores(), &newLevels = later.levels.freshScores();
    std::vector<size_t> unlearned;
    for (size_t i = 0; i < newScores.size(); i++)
        if (newScores[i] >= lowestScore && newLevels[i] >= lowestLevel)
            unlearned.push_back(i);
    return unlearned;
}

// In d dimensions the nearest of n patches is at a distance of about n^(-1/d) of what it is for one. Two dimensions are
// fewer than patches vary in.
double lowestScoreRatio(int learned, int added)
{
    return std::sqrt(double(learned) / (double(learned) + added));
}

std::vector<size_t> GoodImages::withoutSiblings(const GoodImages& byOldModel, const GoodImages& byNewModel,
                                                double lowestRatio, double quantile) const
{
    const float tolerance = 0.9f;
    const auto fell = [&](const GoodSample& before, const GoodSample& after, double threshold, size_t image) {
        const float old = before.freshScores()[image];
        return old < threshold && after.freshScores()[image] < tolerance * lowestRatio * old;
    };
    const double imageThreshold = scores.threshold(quantile), levelThreshold = levels.threshold(quantile);
    std::vector<size_t> single;
    for (const size_t i : unlearnedOf(byNewModel, lowestRatio))
        if (!fell(byOldModel.scores, byNewModel.scores, imageThreshold, i) &&
            !fell(byOldModel.levels, byNewModel.levels, levelThreshold, i))
            single.push_back(i);
    return single;
}

void GoodImages::keepOnly(const std::vector<size_t>& images)
{
    scores.keepOnly(images);
    levels.keepOnly(images);
    Mat kept;
    for (const size_t image : images)
        kept.push_back(statistics.row(int(image)));
    statistics = kept;
}

void GoodImages::join(const GoodImages& later)
{
    scores.join(later.scores, most);
    levels.join(later.levels, most);
    Mat all = statistics.clone(); // other snapshots of the model share the old Mat
    if (!later.statistics.empty())
        all.push_back(later.statistics);
    statistics = all.rows > int(most) ? all.rowRange(all.rows - int(most), all.rows).clone() : all;
}

double GoodSample::threshold(double q, double contamination) const
{
    std::vector<float> all = withoutHighest(fresh, contamination);
    // q (n + 1) <= n: the quantile lies among the n scores, and nothing needs to be extrapolated.
    const bool isReached = q * double(all.size() + 1) <= double(all.size());
    const std::vector<float> good = withoutTwins(all), known = withoutTwins(learned);
    if (q == 1 || isReached || !hasLogarithms(good) || !hasLogarithms(known))
        return predictiveQuantile(all, q);
    const LogScores ofFresh(good), ofLearned(known);
    const double count = double(good.size()), freedom = count - 1 + std::max(0., double(known.size()) - 1);
    const double deviation = std::sqrt((ofFresh.squares + ofLearned.squares) / std::max(1., freedom));
    // The prediction limit of a normal distribution: the mean of n scores is itself uncertain by deviation / sqrt(n).
    return std::exp(ofFresh.mean + normalQuantile(q) * deviation * std::sqrt(1 + 1 / count));
}

Calibration GoodScores::calibrate(double q, double contamination) const
{
    if (empty())
        CV_Error(Error::StsBadArg, "The masks leave no pixel of any good image to set thresholds from");
    return {scores.threshold(q, contamination), levels.threshold(q, contamination), lowest, highest};
}

void LabeledScores::add(double score, const Mat& map)
{
    double low, high;
    minMaxIdx(map, &low, &high);
    lowest = scores.empty() ? low : std::min(lowest, low);
    highest = scores.empty() ? high : std::max(highest, high);
    scores.push_back(score);
}

void LabeledScores::add(double score, const Mat& map, const Mat& defects, bool isDefective)
{
    add(score, map);
    if (!pixels)
        pixels = PixelMetrics::create();
    pixels->add(map, defects);
    defective.push_back(isDefective);
}

void checkLabels(const Mat& labels, size_t images)
{
    if (!labels.empty() && labels.total() != images)
        CV_Error_(Error::StsUnmatchedSizes,
                  ("%zu labels for %zu images: give one for each image", labels.total(), images));
}

bool allGood(const Mat& labels)
{
    return !labels.empty() && countNonZero(labels.reshape(1)) == 0;
}

Calibration LabeledScores::calibrate(const Mat& labels, const Calibration& before)
{
    if (scores.empty())
        CV_Error(Error::StsBadArg, "There is no image to calibrate with");
    if (labels.empty() && !pixels)
        CV_Error(Error::StsBadArg, "Neither labels nor masks say which images are defective: give one of them");
    checkLabels(labels, scores.size());
    Calibration calibration = {0, before.pixelThreshold, lowest, highest};
    bestF1(scores, labels.empty() ? Mat(defective) : labels, calibration.imageThreshold);
    if (pixels)
        pixels->bestF1(calibration.pixelThreshold);
    return calibration;
}

}} // namespace cv::anomaly
