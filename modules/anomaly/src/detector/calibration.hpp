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

//! clip((score - image threshold) / (highest - lowest) + 0.5, 0, 1); NaN stays NaN.
double normalizedScore(const Calibration& calibration, double score);

/** @brief Collects scores and maps of good images; thresholds are a quantile of them.

A quantile beyond the highest of few scores is extrapolated: their logarithms are about normal, and those of learned
images lie
lower than new ones', but are spread as widely (doc/results.md).
*/
class GoodScores
{
public:
    GoodScores() : lowest(0), highest(0) {}

    void add(double score, const Mat& map, const Mat& mask);
    //! The score of an image that was learned, which tells how widely scores are spread.
    void addLearned(double score) { learned.push_back(float(score)); }
    bool empty() const { return scores.empty(); }
    Calibration calibrate(double quantile);

private:
    double imageThreshold(double quantile);

    std::vector<float> scores, learned, pixels;
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

//! The q quantile with linear interpolation, as numpy's default. Reorders the values.
double quantile(std::vector<float>& values, double q);

}} // namespace cv::anomaly

#endif
