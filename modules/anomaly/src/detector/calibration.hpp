// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_CALIBRATION_HPP
#define OPENCV_ANOMALY_CALIBRATION_HPP

#include "opencv2/anomaly/metrics.hpp"

#include <vector>

namespace cv { namespace anomaly {

//! Thresholds, and the range of map values seen while setting them.
struct Calibration
{
    double imageThreshold, pixelThreshold; // scores from which an image or a pixel is called defective
    double lowest, highest;                // range of map values
};

//! highest - lowest, but at least DBL_EPSILON, so that it can divide.
double rangeOf(const Calibration& calibration);

//! clip((score - image threshold) / (highest - lowest) + 0.5, 0, 1); NaN stays NaN.
double normalizedScore(const Calibration& calibration, double score);

//! The highest value that `pixels` pixels of a map reach or exceed, wherever they lie; `pixels` is taken as at least 1.
//! mask: empty, or nonzero where pixels count.
double levelOfArea(const Mat& map, int pixels, const Mat& mask);

/** @brief Scores of good images, and a threshold that a given share of further good images stays below.

A quantile beyond the highest of few scores is extrapolated from their logarithms, which are about normally distributed.
The scores of learned images lie lower than those of new ones, but their logarithms spread as widely (doc/results.md),
so they help to estimate the deviation.
*/
class GoodSample
{
public:
    GoodSample() {}
    GoodSample(const std::vector<float>& freshScores, const std::vector<float>& learnedScores)
        : fresh(freshScores),
          learned(learnedScores)
    {}

    //! Adds the score of an image that the model which scored it had not learned.
    void add(double score) { fresh.push_back(float(score)); }
    //! Adds the score of an image that the model had learned, which tells only how widely scores spread.
    void addLearned(double score) { learned.push_back(float(score)); }
    bool empty() const { return fresh.empty(); }
    //! The value that a share `quantile` of further good images stays below. contamination: share of the images, those
    //! with the highest scores, that are taken as defective and left out.
    double threshold(double quantile, double contamination = 0) const;
    //! Removes that share of the new images, those with the highest scores.
    void leaveOut(double contamination);
    //! Appends the scores of later images. If there are more than `most`, the oldest ones are removed.
    void join(const GoodSample& later, size_t most);
    //! Keeps the scores of only these new images, by their indices.
    void keepOnly(const std::vector<size_t>& images);
    //! Multiplies all scores by a factor, for a model that gives such scores to the same images.
    void scale(double factor);

    //! Scores of images that the model which scored them had not learned, and of learned images.
    const std::vector<float>& freshScores() const { return fresh; }
    const std::vector<float>& learnedScores() const { return learned; }

private:
    std::vector<float> fresh, learned;
};

//! Median ratio of the scores of the same images after and before an update, both in the same order, and at most 1: who
//! knows more is no farther from an image, but those that were learned already, and are left out of the new model once,
//! can score higher by it. It is taken over images that scored below the threshold before, since the nearest patches of
//! others have changed; it is 1 if there are fewer than three of them.
double medianScoreRatio(const GoodSample& before, const GoodSample& after, double threshold);

//! What a model keeps of the good images that its thresholds come from.
struct GoodImages
{
    //! Keeps only these new images, by their indices.
    void keepOnly(const std::vector<size_t>& images);

    //! Maximum number of images. The newest ones are kept, so that a model does not grow with each update.
    static const size_t most = 1000;

    //! Appends later images.
    void join(const GoodImages& later);
    //! Indices of those of `later` that score about as high as these images, or higher, and so do their maps. A model
    //! that gives far lower scores has learned the images already. scale: share of their scores that these images would
    //! have by that model.
    std::vector<size_t> unlearnedOf(const GoodImages& later, double scale = 1) const;
    //! Indices of the images of an update that no others of it nearly equal, such as frames of one part, which know
    //! each other when one of them is left out of the new model. Both lists have the same images. lowestRatio: see
    //! lowestScoreRatio. An image that the old model calls defective shows something new, and can fall farther.
    std::vector<size_t> withoutSiblings(const GoodImages& byOldModel, const GoodImages& byNewModel, double lowestRatio,
                                        double quantile) const;

    GoodSample scores, levels; // of images and of their maps; empty if the file is older than they are
    Mat statistics;            // imageStatistics: one row for each image, imageFigures columns, CV_32F
};

//! The lowest share of its score by a model of `learned` images that an image can be expected to keep by the model that
//! learned `added` images more, though none of them shows the same part.
double lowestScoreRatio(int learned, int added);

/** @brief Collects scores, maps and imageStatistics of good images, and sets thresholds from them.

The image threshold is a quantile of the images' scores. The pixel threshold is the same quantile of the levels of their
maps: the level of a map is the value that an area of defectArea pixels reaches. So on that share of good images no
region of defectArea pixels lies above the pixel threshold.
*/
class GoodScores
{
public:
    //! defectArea: area of the smallest defect, in pixels of the maps.
    explicit GoodScores(int defectArea_ = 0) : defectArea(defectArea_), lowest(0), highest(0) {}

    //! Adds an image that the model had not learned. mask: empty, or nonzero where pixels of the map count. picture:
    //! CV_8UC3, BGR.
    void add(int image, double score, const Mat& map, const Mat& mask, const Mat& picture);
    //! Adds an image that the model had learned.
    void addLearned(double score, const Mat& map, const Mat& mask, const Mat& picture);
    bool empty() const { return scores.empty(); }
    //! The images that were added, in the order of their scores: some may have been passed over.
    const std::vector<int>& images() const { return added; }
    //! Sets thresholds; throws if no image was added. The parameters are those of GoodSample::threshold.
    Calibration calibrate(double quantile, double contamination = 0) const;
    //! The part that a model keeps, so that an update can add later images. contamination: as in calibrate.
    GoodImages kept(double contamination) const;

private:
    int defectArea;
    GoodSample scores, levels;
    Mat statistics;
    std::vector<int> added;
    double lowest, highest; // map values of all pixels that count
};

//! Collects scores and maps of good and defective images, and sets the thresholds where F1 is best.
class LabeledScores
{
public:
    void add(double score, const Mat& map);
    //! The same of an image with a mask. defects: CV_8U of the map's size, nonzero on defects; empty if there are none.
    //! isDefective: what the mask says before it shrinks to that size.
    void add(double score, const Mat& map, const Mat& defects, bool isDefective);

    //! labels: one for each image, nonzero if it is defective. If it is empty, masks say so. Unless there were masks,
    //! the pixel threshold is that of `before`.
    Calibration calibrate(const Mat& labels, const Calibration& before);

private:
    std::vector<double> scores;
    std::vector<uchar> defective;
    Ptr<PixelMetrics> pixels;
    double lowest, highest;
};

//! Throws if there are labels, but not one for each image.
void checkLabels(const Mat& labels, size_t images);

//! Whether there are labels, and all of them say that the image is good.
bool allGood(const Mat& labels);

//! The value that a further sample stays below with probability q. n sorted samples divide the line into n + 1
//! intervals, each of which a further sample falls into with the same probability (numpy's method 'weibull'), so it is
//! the q (n + 1)-th sample, interpolated linearly. Beyond all samples it is the lowest or the highest one. Reorders the
//! samples.
double predictiveQuantile(std::vector<float>& values, double q);

}} // namespace cv::anomaly

#endif
