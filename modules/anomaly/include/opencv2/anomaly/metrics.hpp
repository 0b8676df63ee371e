// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_METRICS_HPP
#define OPENCV_ANOMALY_METRICS_HPP

#include "opencv2/core.hpp"

namespace cv { namespace anomaly {

/** @addtogroup anomaly
@{

All metrics are exact: every distinct score is used as a threshold, equal scores cross the threshold together, and a
score that equals the threshold counts as defective. They agree with scikit-learn's functions of the same meaning to
1e-9.

Functions on scores take
- scores: a vector (one row or one column) of CV_32F or CV_64F, finite, higher where an item is more likely defective;
- labels: a vector of as many CV_8U or CV_32S, nonzero where the item is defective. There must be at least one good and
  one defective item.

Any other argument is a cv::Exception that says what was found and what is expected.
*/

/** @brief Area under the ROC curve: the probability that a defective item scores above a good one, where a tie counts
one half.
@param scores vector of scores
@param labels vector of labels, nonzero where defective
@return 0..1, about 0.5 if scores and labels are unrelated; equals `sklearn.metrics.roc_auc_score`
*/
CV_EXPORTS_W double auroc(InputArray scores, InputArray labels);

/** @brief Average precision, the usual figure for the area under the precision-recall curve (AUPR).

It is the sum over falling thresholds of precision times the gain in recall, without interpolation: trapezoids between
thresholds would give a value that is too high.
@param scores vector of scores
@param labels vector of labels, nonzero where defective
@return from about the share of defective items, if scores and labels are unrelated, to 1; equals
`sklearn.metrics.average_precision_score`
*/
CV_EXPORTS_W double averagePrecision(InputArray scores, InputArray labels);

/** @brief The best F1 (harmonic mean of precision and recall) that any threshold reaches.
@param scores vector of scores
@param labels vector of labels, nonzero where defective
@param threshold score from which an item is called defective: the middle between the lowest score that is called
defective and the next lower one, so that slightly weaker defects than those seen are found too. If several thresholds
give the same F1, it is the highest of them
@return F1, above 0 and at most 1
*/
CV_EXPORTS_W double bestF1(InputArray scores, InputArray labels, CV_OUT double& threshold);

/** @brief The ROC curve by falling threshold, from (0, 0) to (1, 1).
@param scores vector of scores
@param labels vector of labels, nonzero where defective
@param fpr CV_64F column: share of the good items that are called defective at each threshold
@param tpr CV_64F column: share of the defective items that are found at each threshold
@param thresholds CV_64F column; the first one is infinite, so nothing is called defective there. All three columns
equal `sklearn.metrics.roc_curve(..., drop_intermediate=False)`
*/
CV_EXPORTS_W void rocCurve(InputArray scores, InputArray labels, OutputArray fpr, OutputArray tpr,
                           OutputArray thresholds);

/** @brief Metrics over the pixels of any number of maps, which may differ in size.

The object counts how often each score occurs. A good pixel takes some 4 bytes at first (about twice that for a moment
when the memory grows), so 500 maps of 224x224 take 100 to 200 MB. With more maps scores repeat, and the memory stays
below 20 to 25 MB for each factor of two of their range. This limit holds separately for good images, for the good
pixels of defective images, and for good images of each number of pixels. A defective pixel takes 8 bytes. The first
figure that is asked for after add sorts all scores; each further figure takes one pass over them.

Const methods may be called from several threads on one object; add, merge and clear only while no other method runs.
All methods except add, merge, clear, empty, lowestFpr and the counts throw cv::Exception unless both good and defective
pixels were added.
*/
class CV_EXPORTS_W PixelMetrics
{
public:
    virtual ~PixelMetrics() {}

    //! Makes an object without pixels.
    CV_WRAP static Ptr<PixelMetrics> create();

    /** @brief Adds one map. If it throws, nothing was added.
    @param map CV_32FC1 of finite scores, higher where a pixel is more likely defective
    @param mask CV_8UC1 of the map's size, nonzero on defects; empty: all pixels are good
    @param validity CV_8UC1 of the map's size: only pixels where it is nonzero count; empty: all pixels count
    */
    CV_WRAP virtual void add(InputArray map, InputArray mask = noArray(), InputArray validity = noArray()) = 0;

    //! Area under the ROC curve of all pixels, as cv::anomaly::auroc.
    CV_WRAP virtual double auroc() const = 0;
    //! Average precision of all pixels, as cv::anomaly::averagePrecision.
    CV_WRAP virtual double averagePrecision() const = 0;
    //! The best F1 of all pixels and its threshold, as cv::anomaly::bestF1.
    CV_WRAP virtual double bestF1(CV_OUT double& threshold) const = 0;

    /** @brief Area under the per-region-overlap curve (AUPRO) @cite bergmann2021mvtec.

    A region is an 8-connected part of a mask. All regions count the same, so a small defect weighs as much as a large
    one.
    @param fprLimit false positive rate up to which the curve is integrated, (0, 1]. The curve is interpolated linearly
    at the limit
    @return the area divided by fprLimit, 0..1
    */
    CV_WRAP virtual double aupro(double fprLimit = 0.3) const = 0;

    /** @brief Area under the per-image-overlap curve (AUPIMO) @cite Bertoldo2024aupimo: how much of an image's defects
    is found while hardly any pixel of good images is called defective.

    An image's overlap is the share of its defective pixels that are found. Its curve runs over the logarithm of the
    false positive rate, which is the mean over the good images of the share of their pixels that are called defective;
    the good pixels of defective images do not count. Good images are the maps that were added without a defective
    pixel.

    Every distinct score is used as a threshold, neighboring points of the curve are joined by straight lines over the
    logarithm, and the lines are cut at the bounds. anomalib's AUPIMO uses a grid of thresholds, and starts and ends at
    those nearest to the bounds: both agree to 1e-12 if the grid separates all scores and the bounds are rates that
    occur. If, because of equal scores, no threshold has a rate between 0 and some x, the overlap in that range is that
    of the highest threshold with rate 0; anomalib gives no result there.
    @param perImage CV_64F column with the area of each map, 0..1, in the order in which the maps were added; NaN for
    good images and for maps without a valid pixel
    @param lowerFpr false positive rate at which the area begins, above 0 and at least lowestFpr
    @param upperFpr false positive rate at which the area ends, above lowerFpr and at most 1
    @return mean over the images with defects, each of which counts the same, 0..1
    @throws cv::Exception also if no good image was added, or if the good images have too few pixels for lowerFpr: the
    default needs 100,000 pixels, which are two maps of 224x224
    */
    CV_WRAP virtual double aupimo(OutputArray perImage = noArray(), double lowerFpr = 1e-5,
                                  double upperFpr = 1e-4) const = 0;

    //! Lowest bound that aupimo takes: the false positive rate of one pixel of the largest good image. It is infinite
    //! if no good image was added.
    CV_WRAP virtual double lowestFpr() const = 0;

    /** @brief The ROC curve of all pixels, by falling threshold from (0, 0) to (1, 1).
    @param fpr CV_64F column: share of the good pixels that are called defective
    @param tpr CV_64F column: share of the defective pixels that are found
    @param thresholds CV_64F column, the first infinite
    @param maxPoints points are left out evenly along the curve so that at most so many remain, 3 or more; 0: all are
    kept
    */
    CV_WRAP virtual void rocCurve(OutputArray fpr, OutputArray tpr, OutputArray thresholds,
                                  int maxPoints = 1000) const = 0;

    /** @brief The per-region-overlap curve, by falling threshold from (0, 0) to (1, 1).
    @param fpr CV_64F column: share of the good pixels that are called defective
    @param overlap CV_64F column: mean over the regions of the share of their pixels that are found
    @param thresholds CV_64F column, the first infinite
    @param maxPoints as in rocCurve
    */
    CV_WRAP virtual void proCurve(OutputArray fpr, OutputArray overlap, OutputArray thresholds,
                                  int maxPoints = 1000) const = 0;

    /** @brief Adds all pixels of another object, as if its maps had been added here.
    @param other object whose pixels are added; it is not changed
    */
    CV_WRAP virtual void merge(const Ptr<PixelMetrics>& other) = 0;

    /** @brief Counts the pixels that a threshold calls defective.
    @param threshold score from which a pixel is called defective; the lowest double calls all pixels defective
    @param truePositives number of these pixels that are defective
    @param falsePositives number of these pixels that are good
    */
    CV_WRAP virtual void countsAt(double threshold, CV_OUT double& truePositives,
                                  CV_OUT double& falsePositives) const = 0;

    //! Whether no pixel was added.
    CV_WRAP virtual bool empty() const = 0;
    //! Removes all pixels and frees their memory.
    CV_WRAP virtual void clear() = 0;
    //! Number of pixels that were added and are valid.
    CV_WRAP virtual size_t count() const = 0;
    //! Number of defective regions among these pixels.
    CV_WRAP virtual size_t regionCount() const = 0;
};

//! @}

}} // namespace cv::anomaly

#endif
