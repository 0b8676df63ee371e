// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_CALIBRATION_HPP
#define OPENCV_ANOMALY_CALIBRATION_HPP

#include "opencv2/anomaly/metrics.hpp"

#include <vector>

namespace cv { namespace anomaly {

//! Where good ends, and the range of map values that this was judged by.
struct Calibration
{
    double imageThreshold, pixelThreshold;
    double lowest, highest;
};

//! highest - lowest, but never 0.
double rangeOf(const Calibration& calibration);

//! clip((score - image threshold) / (highest - lowest) + 0.5, 0, 1); NaN stays NaN.
double normalizedScore(const Calibration& calibration, double score);

//! The map value that an area of so many pixels reaches, at least one, wherever they lie. mask: empty, or nonzero where
//! pixels count.
double levelOfArea(const Mat& map, int pixels, const Mat& mask);

/** @brief What good images score, and the value that a quantile of further ones stays below.

A quantile beyond the highest of few scores is extrapolated: their logarithms are about normal, and those of learned
images lie lower than new ones', but are spread as widely (doc/results.md).
*/
class GoodSample
{
public:
    GoodSample() {}
    GoodSample(const std::vector<float>& freshScores, const std::vector<float>& learnedScores)
        : fresh(freshScores),
          learned(learnedScores)
    {}

    void add(double score) { fresh.push_back(float(score)); }
    //! Of an image that was learned, which tells how widely scores are spread.
    void addLearned(double score) { learned.push_back(float(score)); }
    bool empty() const { return fresh.empty(); }
    //! contamination: share of the images, those that score highest, that are not good after all.
    double threshold(double quantile, double contamination = 0) const;
    //! Leaves out that share of the new images, those that score highest.
    void leaveOut(double contamination);
    //! Adds those of later images. Of more than `most` the first ones are left out.
    void join(const GoodSample& later, size_t most);
    //! As images would score whose scores have become `factor` times as high.
    void scale(double factor);

    //! Of images that were not learned, or by a model without them; and of learned ones.
    const std::vector<float>& freshScores() const { return fresh; }
    const std::vector<float>& learnedScores() const { return learned; }

private:
    std::vector<float> fresh, learned;
};

//! How many times as high images score as before: the median of those that scored below the threshold then, since
//! others are no longer compared with the same; 1 where fewer than three did. Both are of the same images in one order.
double changeOfScores(const GoodSample& before, const GoodSample& after, double threshold);

//! What a model keeps of the good images that its thresholds come from.
struct GoodImages
{
    //! The newest so many images count, so that a model does not grow with each update.
    static const size_t most = 1000;

    //! Adds those of later images.
    void join(const GoodImages& later);

    GoodSample scores, levels; // empty in files of before they were kept
    Mat statistics;            // images x imageFigures, CV_32F
};

/** @brief What good images show: scores, maps and imageStatistics. The image threshold is a quantile of their scores,
the pixel threshold the same quantile of the levels that an area as small as the smallest defect reaches in their maps:
on that share of good images no region of this area lies above it.
*/
class GoodScores
{
public:
    //! defectArea: pixels of the maps.
    explicit GoodScores(int defectArea_ = 0) : defectArea(defectArea_), lowest(0), highest(0) {}

    //! picture: CV_8UC3.
    void add(double score, const Mat& map, const Mat& mask, const Mat& picture);
    //! An image that was learned.
    void addLearned(double score, const Mat& map, const Mat& mask, const Mat& picture);
    bool empty() const { return scores.empty(); }
    Calibration calibrate(double quantile, double contamination = 0) const;
    //! What a model keeps of it, so that later images can be added. contamination: as in calibrate.
    GoodImages kept(double contamination) const;

private:
    int defectArea;
    GoodSample scores, levels;
    Mat statistics;
    double lowest, highest; // of all pixels that count
};

//! Collects scores and maps of good and defective images; thresholds are where F1 is best.
class LabeledScores
{
public:
    //! defects: CV_8U of the map's size, nonzero on defects; empty where the image has none.
    void add(double score, const Mat& map, const Mat& defects);

    //! labels: as many as images, nonzero: defective; empty: an image is defective where `defects` said so. Without
    //! `masked` the pixel threshold stays as it was.
    Calibration calibrate(const Mat& labels, bool masked, const Calibration& before);

private:
    std::vector<double> scores;
    std::vector<uchar> defective;
    Ptr<PixelMetrics> pixels;
    double lowest, highest;
};

//! Refuses labels, if there are any, that are not one an image.
void checkLabels(const Mat& labels, size_t images);

//! Whether labels say of every image that it is good.
bool allGood(const Mat& labels);

//! What a further value stays below with probability q: of n values in rising order the q (n + 1)-th, as k of n values
//! part all that may come into n + 1 ranges of equal probability (numpy's method 'weibull'). Where that lies beyond
//! them it is the lowest or the highest. Reorders the values.
double quantileOfFurther(std::vector<float>& values, double q);

}} // namespace cv::anomaly

#endif
