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
    bool isMarked;    // whether its mask marks any pixels of the map
    bool lacksDefect; // it is defective, but its mask marks nothing, so the place of the defect is not known
};

//! Figures over some test images, as fractions from 0 to 1. Thresholds are those with the best F1.
struct Figures
{
    int images;
    double imageAuroc, imageF1, imageThreshold;
    bool hasPixels; // if false, no pixel is known to be defective, and the pixel figures are not set
    double pixelAuroc, aupro, pixelF1, pixelThreshold;
    bool hasAupimo; // if false, the good images have too few pixels for the bounds of AUPIMO, and aupimo is not set
    double aupimo;
};

//! The results of one threshold over all images or pixels.
struct Verdicts
{
    double threshold, found, missed, falseAlarms;
    double precision() const { return found > 0 ? found / (found + falseAlarms) : 0; }
    double recall() const { return found > 0 ? found / (found + missed) : 0; }
    double f1() const { return 2 * found / (2 * found + missed + falseAlarms); }
};

typedef std::vector<cv::Point2d> Curve;

//! All results of an evaluation.
struct Evaluation
{
    std::vector<TestResult> results;
    std::vector<std::string> unreadable; // names of images that could not be scored, each with the reason
    cv::Mat region;                      // part of each image that counts; empty if all of it does
    double secondsPerImage;
    Figures all;
    std::vector<std::pair<std::string, Figures>> types; // for each defect type, its images together with all good ones
    Verdicts bestImage, ownImage, bestPixel, ownPixel;  // at the thresholds of the best F1, and at those of the model
    Curve imageRoc, pixelRoc, pro;
};

//! False positive rate up to which the per-region-overlap curve is integrated, as in papers.
const double proLimit = 0.3;

//! Range of false positive rates of good images for AUPIMO, as in its paper.
const double aupimoLower = 1e-5, aupimoUpper = 1e-4;

/** @brief Scores all images of a set by each detector, and returns an evaluation for each detector.

Each image is read once. An image that one of the detectors cannot score is in nobody's results. Where a seed of 0 or
more is given, a random view of each image (cv::anomaly::randomView) is scored in its place. Pixels are counted at the
resolution of the model's input, as in papers, and map by map: maps of large images would fill the memory. Afterwards
the detectors' maps have that resolution. region: part of each image that counts, or empty.
*/
std::vector<Evaluation> evaluate(const std::vector<cv::Ptr<cv::anomaly::AnomalyDetector>>& detectors,
                                 const TestSet& set, int viewSeed = -1, const cv::Mat& region = cv::Mat());

#endif
