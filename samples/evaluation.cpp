// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "evaluation.hpp"
#include "files.hpp"
#include "masks.hpp"
#include "progress.hpp"

#include <cfloat>
#include <map>
#include <stdexcept>

using namespace cv;
using namespace cv::anomaly;

namespace {

bool marksNothing(const Mat& mask)
{
    return !mask.empty() && countNonZero(mask) == 0;
}

//! What a detector sees of a test image: the image, its mask and --mask, all as they are or all turned and cut alike.
struct View
{
    Mat picture, mask, region;
    bool lacksDefect; // the image is defective, but the mask of the whole image marks nothing
};

// Reads an image and its masks. With a seed of 0 or more, it returns a randomly turned and cut view of them.
View readView(const TestImage& image, const Mat& region)
{
    const Mat picture = readImage(image.file);
    View view = {picture, readMasks(image.masks, picture.size()), region, false};
    view.lacksDefect = image.isDefective() && marksNothing(view.mask);
    return view;
}

View turnedView(const AnomalyDetector& detector, const View& view, int viewSeed)
{
    View turned = {Mat(), Mat(), Mat(), view.lacksDefect};
    const DetectorParams params = detector.getDetectorParams();
    randomView(view.picture, view.mask, params, viewSeed, turned.picture, turned.mask);
    if (!view.region.empty())
        randomView(view.picture, view.region, params, viewSeed, turned.picture, turned.region);
    return turned;
}

//! The map, mask and counted region of a view, at the resolution of the network's input. The mask is empty if nothing
//! is defective or there are no masks.
struct ScoreMap
{
    Mat map, mask, region;
};

// Predicts a view, and adds the time of the prediction to `ticks`.
ScoreMap score(const AnomalyDetector& detector, const View& view, TestResult& result, int64& ticks)
{
    ScoreMap at;
    const int64 start = getTickCount();
    result.score = detector.predict(view.picture, at.map, view.region);
    ticks += getTickCount() - start;
    const DetectorParams params = detector.getDetectorParams();
    if (!view.mask.empty())
        maskToInput(view.mask, params, at.mask);
    if (!view.region.empty())
        maskToInput(view.region, params, at.region);
    if (!at.mask.empty() && !at.region.empty())
        at.mask &= at.region;
    return at;
}

//! Pixel metrics of the good images, and of each defect type's images.
class PixelCounts
{
public:
    explicit PixelCounts(bool hasMasks) : isWanted(hasMasks), good(PixelMetrics::create()) {}

    void add(const TestResult& result, const ScoreMap& at)
    {
        if (!isWanted || result.lacksDefect)
            return;
        Ptr<PixelMetrics>& pixels = result.image.isDefective() ? types[result.image.type] : good;
        if (!pixels)
            pixels = PixelMetrics::create();
        pixels->add(at.map, at.mask, at.region);
    }

    //! Returns the metrics of the good images together with those of one type, or of all types if `type` is empty.
    Ptr<PixelMetrics> ofType(const std::string& type) const
    {
        const Ptr<PixelMetrics> pixels = PixelMetrics::create();
        pixels->merge(good);
        for (const std::pair<const std::string, Ptr<PixelMetrics>>& some : types)
            if (type.empty() || some.first == type)
                pixels->merge(some.second);
        return pixels;
    }

private:
    const bool isWanted; // false without masks, when there are no pixel figures
    Ptr<PixelMetrics> good;
    std::map<std::string, Ptr<PixelMetrics>> types;
};

//! A detector, and what is known of it so far.
struct Measurement
{
    Measurement(AnomalyDetector& d, bool hasMasks, const Mat& region)
        : detector(d),
          pixels(hasMasks),
          evaluation(),
          ticks(0)
    {
        evaluation.region = region;
    }

    AnomalyDetector& detector;
    PixelCounts pixels;
    Evaluation evaluation;
    int64 ticks;
};

typedef std::vector<Measurement> Measurements;

struct ScoredImage
{
    TestResult result;
    ScoreMap at;
};

ScoredImage scoreImage(Measurement& measurement, const TestImage& image, const View& whole, int viewSeed)
{
    const AnomalyDetector& detector = measurement.detector;
    const View view = viewSeed < 0 ? whole : turnedView(detector, whole, viewSeed);
    ScoredImage scored = {{image, 0, false, false}, ScoreMap()};
    scored.at = score(detector, view, scored.result, measurement.ticks);
    const Mat& mask = scored.at.mask;
    scored.result.isMarked = !mask.empty() && !marksNothing(mask);
    // A random view may well show none of the defect; seen as a whole, an image shows it.
    scored.result.lacksDefect = view.lacksDefect || (image.isDefective() && viewSeed < 0 && marksNothing(mask));
    return scored;
}

// An image counts once all detectors have scored it, so that all results are about the same images.
void scoreByAll(Measurements& measurements, const TestImage& image, const Mat& region, int viewSeed)
{
    try
    {
        const View view = readView(image, region);
        std::vector<ScoredImage> scored;
        for (Measurement& measurement : measurements)
            scored.push_back(scoreImage(measurement, image, view, viewSeed));
        for (size_t i = 0; i < scored.size(); i++)
        {
            measurements[i].pixels.add(scored[i].result, scored[i].at);
            measurements[i].evaluation.results.push_back(scored[i].result);
        }
    }
    catch (const cv::Exception& error)
    {
        const std::string name = "'" + image.file + "'";
        throw std::runtime_error(error.err.find(name) == std::string::npos ? name + ": " + error.err : error.err);
    }
}

// An image that cannot be scored costs its own row only.
void scoreAll(const TestSet& set, int viewSeed, const Mat& region, Measurements& measurements)
{
    ProgressBar bar;
    const int count = int(set.images.size());
    for (int i = 0; i < count; i++)
    {
        // Each image has a seed of its own, which no other --seed shares.
        const int seed = viewSeed < 0 ? -1 : viewSeed * count + i;
        try
        {
            scoreByAll(measurements, set.images[size_t(i)], region, seed);
        }
        catch (const std::exception& error)
        {
            for (Measurement& measurement : measurements)
                measurement.evaluation.unreadable.push_back(error.what());
        }
        bar.update("images", i + 1, count);
    }
}

// Ends with an error if unreadable images left only good or only defective ones, because figures compare the two.
void checkKinds(const Evaluation& evaluation)
{
    size_t defective = 0;
    for (const TestResult& result : evaluation.results)
        defective += result.image.isDefective();
    if (evaluation.unreadable.empty() || (defective > 0 && defective < evaluation.results.size()))
        return;
    throw std::runtime_error(format("of the %s images none could be scored, so that there are no figures; the first: ",
                                    defective ? "good" : "defective") +
                             evaluation.unreadable[0]);
}

// Returns the results of a defect type and of all good images, or all results if `type` is empty.
std::vector<const TestResult*> ofType(const std::vector<TestResult>& results, const std::string& type)
{
    std::vector<const TestResult*> chosen;
    for (const TestResult& result : results)
        if (type.empty() || !result.image.isDefective() || result.image.type == type)
            chosen.push_back(&result);
    return chosen;
}

// Splits results into the two parallel lists that the metrics take.
void split(const std::vector<const TestResult*>& results, std::vector<double>& scores, std::vector<int>& labels)
{
    for (const TestResult* result : results)
    {
        scores.push_back(result->score);
        labels.push_back(result->image.isDefective());
    }
}

// Computes the figures of some images and of the pixels of the same images.
Figures figures(const std::vector<const TestResult*>& results, const PixelMetrics& pixels)
{
    std::vector<double> scores;
    std::vector<int> labels;
    split(results, scores, labels);
    Figures f = Figures();
    f.images = int(results.size());
    f.imageAuroc = auroc(scores, labels);
    f.imageF1 = bestF1(scores, labels, f.imageThreshold);
    // Without masks, or when masks are so small that they vanish at the input's resolution, there are no regions.
    f.hasPixels = pixels.regionCount() > 0;
    if (f.hasPixels)
    {
        f.pixelAuroc = pixels.auroc();
        f.aupro = pixels.aupro(proLimit);
        f.pixelF1 = pixels.bestF1(f.pixelThreshold);
        f.hasAupimo = pixels.lowestFpr() <= aupimoLower;
        if (f.hasAupimo)
            f.aupimo = pixels.aupimo(noArray(), aupimoLower, aupimoUpper);
    }
    return f;
}

// Counts the images on each side of a threshold.
Verdicts imageVerdicts(const std::vector<TestResult>& results, double threshold)
{
    Verdicts v = {threshold, 0, 0, 0};
    for (const TestResult& result : results)
    {
        const bool called = result.score >= threshold, defective = result.image.isDefective();
        v.found += called && defective;
        v.missed += !called && defective;
        v.falseAlarms += called && !defective;
    }
    return v;
}

// Counts the pixels on each side of a threshold.
Verdicts pixelVerdicts(const PixelMetrics& pixels, double threshold)
{
    Verdicts v = {threshold, 0, 0, 0};
    double defective, good;
    pixels.countsAt(-DBL_MAX, defective, good);
    pixels.countsAt(threshold, v.found, v.falseAlarms);
    v.missed = defective - v.found;
    return v;
}

Curve toCurve(const Mat& x, const Mat& y)
{
    Curve curve;
    for (int i = 0; i < x.rows; i++)
        curve.push_back(Point2d(x.at<double>(i), y.at<double>(i)));
    return curve;
}

Curve imageRoc(const std::vector<const TestResult*>& results)
{
    std::vector<double> scores;
    std::vector<int> labels;
    split(results, scores, labels);
    Mat fpr, tpr, thresholds;
    rocCurve(scores, labels, fpr, tpr, thresholds);
    return toCurve(fpr, tpr);
}

// Adds the pixel figures of a model's own threshold, and the curves, thinned out to what a chart can show.
void addPixelFigures(const PixelMetrics& pixels, double ownThreshold, Evaluation& evaluation)
{
    evaluation.bestPixel = pixelVerdicts(pixels, evaluation.all.pixelThreshold);
    evaluation.ownPixel = pixelVerdicts(pixels, ownThreshold);
    const int points = 300;
    Mat fpr, share, thresholds;
    pixels.rocCurve(fpr, share, thresholds, points);
    evaluation.pixelRoc = toCurve(fpr, share);
    pixels.proCurve(fpr, share, thresholds, points);
    evaluation.pro = toCurve(fpr, share);
}

Evaluation evaluationOf(const Measurement& measurement)
{
    Evaluation evaluation = measurement.evaluation;
    const std::vector<TestResult>& results = evaluation.results;
    evaluation.secondsPerImage = double(measurement.ticks) / getTickFrequency() / double(results.size());
    checkKinds(evaluation);

    const std::vector<const TestResult*> all = ofType(results, "");
    const Ptr<PixelMetrics> pixels = measurement.pixels.ofType("");
    evaluation.all = figures(all, *pixels);
    evaluation.imageRoc = imageRoc(all);
    if (evaluation.all.hasPixels)
        addPixelFigures(*pixels, measurement.detector.getPixelThreshold(), evaluation);

    for (const TestResult& result : results)
    {
        const std::string& type = result.image.type;
        if (!result.image.isDefective() || (!evaluation.types.empty() && evaluation.types.back().first == type))
            continue;
        const Ptr<PixelMetrics> ofThisType = measurement.pixels.ofType(type);
        evaluation.types.push_back(std::make_pair(type, figures(ofType(results, type), *ofThisType)));
    }
    evaluation.bestImage = imageVerdicts(results, evaluation.all.imageThreshold);
    evaluation.ownImage = imageVerdicts(results, measurement.detector.getImageThreshold());
    return evaluation;
}

} // namespace

std::vector<Evaluation> evaluate(const std::vector<Ptr<AnomalyDetector>>& detectors, const TestSet& set, int viewSeed,
                                 const Mat& region)
{
    Measurements measurements;
    for (const Ptr<AnomalyDetector>& detector : detectors)
    {
        detector->setMapSize(MAP_INPUT);
        measurements.push_back(Measurement(*detector, set.hasMasks, region));
    }
    scoreAll(set, viewSeed, region, measurements);
    std::vector<Evaluation> evaluations;
    for (const Measurement& measurement : measurements)
        evaluations.push_back(evaluationOf(measurement));
    return evaluations;
}
