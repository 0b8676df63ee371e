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
    void add(double score) { fresh.push_back(float(score)); }
    //! Of an image that was learned, which tells how widely scores are spread.
    void addLearned(double score) { learned.push_back(float(score)); }
    bool empty() const { return fresh.empty(); }
    //! contamination: share of the images, those that score highest, that are not good after all.
    double threshold(double quantile, double contamination = 0) const;

private:
    std::vector<float> fresh, learned;
};

/** @brief Collects scores and maps of good images. The image threshold is a quantile of their scores, the pixel
threshold the same quantile of the levels that an area as small as the smallest defect reaches in their maps: on that
share of good images no region of this area lies above it.
*/
class GoodScores
{
public:
    //! defectArea: pixels of the maps.
    explicit GoodScores(int defectArea_ = 0) : defectArea(defectArea_), lowest(0), highest(0) {}

    void add(double score, const Mat& map, const Mat& mask);
    //! An image that was learned.
    void addLearned(double score, const Mat& map, const Mat& mask);
    bool empty() const { return scores.empty(); }
    Calibration calibrate(double quantile, double contamination = 0) const;

private:
    int defectArea;
    GoodSample scores, levels;
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
