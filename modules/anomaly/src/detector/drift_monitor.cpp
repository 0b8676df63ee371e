// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "../input/image_statistics.hpp"
#include "calibration.hpp"

#include "opencv2/anomaly/drift.hpp"

#include <cfloat>
#include <deque>

namespace cv { namespace anomaly {

namespace {

const int figureCount = imageFigures + 1; // the figures of imageStatistics, then the score

// Share of the good images beyond each end of a range. The range is wide on purpose: parts and light differ from batch
// to batch, and a median is no reason for an alarm while three in ten good images lie farther out.
const double rangeQuantile = 0.15;

// Probability that the median of a window of good images lies beyond one end of a range, at most. 300 images are 12
// windows of 25, and all figures have 11 ends: about 1 in 25 such series has a false alarm.
const double endProbability = 1. / 3000;

//! The range of a figure in which no change is reported.
struct FigureRange
{
    double lowest, highest;
};

// Smallest change of a figure that counts. Models tolerate smaller ones.
double marginOf(int figure, double median)
{
    if (figure == DRIFT_X || figure == DRIFT_Y)
        return 0.01;
    return (figure == DRIFT_SHARPNESS ? 0.15 : 0.1) * median;
}

// Probability that |t| of Student's distribution stays below sqrt(freedom) * tan(angle): the finite series of
// Abramowitz and Stegun, 26.7.3 and 26.7.4.
double studentWithin(double angle, int freedom)
{
    const double sine = std::sin(angle), cosine = std::cos(angle);
    const bool isOdd = freedom % 2 != 0;
    double term = isOdd ? cosine : 1, sum = 0;
    for (int i = isOdd ? 1 : 0; i <= freedom - 2; i += 2)
    {
        sum += term;
        term *= cosine * cosine * (i + 1) / (i + 2);
    }
    return isOdd ? (angle + sine * sum) * 2 / CV_PI : sine * sum;
}

// The value that Student's t exceeds with this probability, by bisection.
double studentQuantile(double probability, int freedom)
{
    double low = 0, high = CV_PI / 2;
    for (int i = 0; i < 60; i++)
    {
        const double middle = (low + high) / 2;
        (studentWithin(middle, freedom) < 1 - 2 * probability ? low : high) = middle;
    }
    return std::sqrt(double(freedom)) * std::tan(low);
}

// How far the median of a window may lie from the mean of n good images that it resembles. Both are uncertain, with
// variances of pi/2 / window and 1/n of the variance of the images, which is itself estimated: a prediction interval of
// normally distributed figures. A single value, as a model of two images may have of scores, tells no deviation.
double reachOfMedians(const std::vector<float>& values, double deviation, int window)
{
    const int n = int(values.size());
    if (n < 2)
        return std::numeric_limits<double>::infinity();
    const double unbiased = deviation * std::sqrt(n / (n - 1.));
    return studentQuantile(endProbability, n - 1) * unbiased * std::sqrt(1. / n + CV_PI / 2 / window);
}

// The range of good images, as documented at DriftMonitor.
FigureRange rangeOfGood(int figure, std::vector<float> values, int window)
{
    Scalar mean, deviation;
    meanStdDev(values, mean, deviation);
    const double reach = reachOfMedians(values, deviation[0], window), median = predictiveQuantile(values, 0.5),
                 margin = marginOf(figure, median);
    const double lowest = std::min(predictiveQuantile(values, rangeQuantile), median - margin),
                 highest = std::max(predictiveQuantile(values, 1 - rangeQuantile), median + margin);
    return {figure == DRIFT_SCORE ? 0 : std::min(lowest, mean[0] - reach), std::max(highest, mean[0] + reach)};
}

// A column of a matrix: one figure of all good images.
std::vector<float> columnOf(const Mat_<float>& rows, int column)
{
    std::vector<float> values;
    for (int row = 0; row < rows.rows; row++)
        values.push_back(rows(row, column));
    return values;
}

//! Keeps the figures of the last images, and compares their medians with the ranges of the good images.
class DriftMonitorImpl CV_FINAL : public DriftMonitor
{
public:
    DriftMonitorImpl(const Ptr<AnomalyDetector>& d, int w) : detector(d), window(w), imagesWithScoreOut(0)
    {
        Mat figures, scores;
        detector->getGoodImages(figures, scores);
        if (figures.empty())
            CV_Error(Error::StsNotImplemented, "The model was written by a version that did not keep figures of the "
                                               "good images, with which later images are compared: fit it once more");
        for (int figure = 0; figure < imageFigures; figure++)
            ranges.push_back(rangeOfGood(figure, columnOf(figures, figure), window));
        ranges.push_back(rangeOfGood(DRIFT_SCORE, columnOf(scores, 0), window));
    }

    void add(InputArray image, double score) CV_OVERRIDE
    {
        Mat picture;
        detector->toPicture(image, picture);
        const Mat_<float> figures = imageStatistics(picture);
        std::vector<float> all(figures.begin(), figures.end());
        all.push_back(cvIsNaN(score) ? FLT_MAX : float(std::min(score, double(FLT_MAX))));
        images.push_back(all);
        if (images.size() > size_t(window))
            images.pop_front();
        imagesWithScoreOut = isOutOfRange(DRIFT_SCORE) ? imagesWithScoreOut + 1 : 0;
    }

    std::vector<String> getDrift() const CV_OVERRIDE
    {
        std::vector<String> causes;
        if (images.size() < size_t(window))
            return causes;
        if (isOutOfRange(DRIFT_BRIGHTNESS) || isOutOfRange(DRIFT_CONTRAST))
            causes.push_back("light");
        if (isOutOfRange(DRIFT_SHARPNESS))
            causes.push_back("focus");
        if (isOutOfRange(DRIFT_X) || isOutOfRange(DRIFT_Y))
            causes.push_back("position");
        // A change of light, focus or position raises the scores at once, but its own figure leaves the range later.
        if (causes.empty() && imagesWithScoreOut > window / 3)
            causes.push_back("texture");
        return causes;
    }

    void getFigure(int figure, double& median, double& lowest, double& highest) const CV_OVERRIDE
    {
        if (figure < 0 || figure >= figureCount)
            CV_Error_(Error::StsOutOfRange,
                      ("There is no figure %d, expected one of DriftFigure, 0 to %d", figure, figureCount - 1));
        median = medianOf(figure);
        lowest = ranges[figure].lowest;
        highest = ranges[figure].highest;
    }

    int count() const CV_OVERRIDE { return int(images.size()); }
    void clear() CV_OVERRIDE
    {
        images.clear();
        imagesWithScoreOut = 0;
    }

private:
    double medianOf(int figure) const
    {
        if (images.empty())
            return std::numeric_limits<double>::quiet_NaN();
        std::vector<float> values;
        for (const std::vector<float>& image : images)
            values.push_back(image[figure]);
        return predictiveQuantile(values, 0.5);
    }

    bool isOutOfRange(int figure) const
    {
        const double median = medianOf(figure);
        return median < ranges[figure].lowest || median > ranges[figure].highest;
    }

    const Ptr<AnomalyDetector> detector; // converts images to the values that it sees itself
    const int window;
    std::vector<FigureRange> ranges;       // one for each figure
    std::deque<std::vector<float>> images; // the figures of each image in the window, oldest first
    int imagesWithScoreOut;                // number of latest images at which the median score was out of its range
};

} // namespace

Ptr<DriftMonitor> DriftMonitor::create(const Ptr<AnomalyDetector>& detector, int window)
{
    if (!detector)
        CV_Error(Error::StsBadArg, "There is no detector, expected a fitted one");
    if (window < 5 || window > 1000)
        CV_Error_(Error::StsOutOfRange, ("Window is %d, expected 5 to 1000 images", window));
    return makePtr<DriftMonitorImpl>(detector, window);
}

}} // namespace cv::anomaly
