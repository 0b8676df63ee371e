// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_EVALUATION_HPP
#define ANOMALY_SAMPLES_EVALUATION_HPP

#include "dataset.hpp"

#include "opencv2/anomaly/detector.hpp"
#include "opencv2/anomaly/metrics.hpp"

#include <string>
#include <vector>

//! A scored test image.
struct TestResult
{
    TestImage image;
    double score;
    bool isMarked;    // its mask marks pixels of the map
    bool lacksDefect; // it is defective, but its mask marks none: where its defect is, is not known
};

//! Figures over some test images, all as fractions from 0 to 1; the thresholds are those where F1 is best.
struct Figures
{
    int images;
    double imageAuroc, imageF1, imageThreshold;
    bool hasPixels; // false: no pixel is known to be defective, and what follows is not set
    double pixelAuroc, aupro, pixelF1, pixelThreshold;
    bool hasAupimo; // false: the good images have too few pixels for its bounds, and aupimo is not set
    double aupimo;
};

//! What a threshold makes of all images or pixels.
struct Verdicts
{
    double threshold, found, missed, falseAlarms;
    double precision() const { return found > 0 ? found / (found + falseAlarms) : 0; }
    double recall() const { return found > 0 ? found / (found + missed) : 0; }
    double f1() const { return 2 * found / (2 * found + missed + falseAlarms); }
};

typedef std::vector<cv::Point2d> Curve;

struct Evaluation
{
    std::vector<TestResult> results;
    std::vector<std::string> unreadable; // images that could not be scored: their names, and why
    cv::Mat region;                      // of each image, that counts; empty: all of it
    double secondsPerImage;
    Figures all;
    std::vector<std::pair<std::string, Figures>> types; // each defect type's images against all good ones
    Verdicts bestImage, ownImage, bestPixel, ownPixel;  // with the best F1's thresholds, and with the model's own
    Curve imageRoc, pixelRoc, pro;
};

//! How far the per-region-overlap curve is integrated, as in papers.
const double proLimit = 0.3;

//! The false positive rates of good images between which AUPIMO is taken, as in its paper.
const double aupimoLower = 1e-5, aupimoUpper = 1e-4;

/** @brief Scores all images of a set by each detector, and returns an evaluation for each detector.

Each image is read once. An image that one of the detectors cannot score is in nobody's results. Where a seed of 0 or
more is given, a random view of each image (cv::anomaly::randomView) is scored in its place. Pixels are counted at the
model's input resolution, where papers take their figures, and as the maps come: those of large images would fill the
memory. The detectors' maps are then of their inputs' resolution.
*/
std::vector<Evaluation> evaluate(const std::vector<cv::Ptr<cv::anomaly::AnomalyDetector>>& detectors,
                                 const TestSet& set, int viewSeed = -1, const cv::Mat& region = cv::Mat());

#endif
