// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_METRICS_HPP
#define OPENCV_ANOMALY_METRICS_HPP

#include "opencv2/core.hpp"

namespace cv { namespace anomaly {

/** @addtogroup anomaly
@{

Metrics are exact: every distinct score is a threshold, scores that are equal are crossed together, and a score that
equals the threshold counts as defective. They agree with scikit-learn's function of that name to 1e-9.

Functions on scores take
- scores: a vector (one row or one column) of CV_32F or CV_64F, higher where more likely defective, finite;
- labels: as many CV_8U or CV_32S, nonzero: defective. Good and defective ones must both be there.

Anything else is a cv::Exception that says what was found and what is expected.
*/

/** @brief Area under the ROC curve: how often a defective one scores above a good one, ties counted half.
@param scores vector of scores
@param labels as many labels, nonzero: defective
@return 0..1, 0.5 for scores that tell nothing; equals `sklearn.metrics.roc_auc_score`
*/
CV_EXPORTS_W double auroc(InputArray scores, InputArray labels);

/** @brief Average precision, the usual figure for the area under the precision-recall curve (AUPR).

The sum of precision times the gain in recall over falling thresholds, without interpolation: trapezoids between
thresholds would be too optimistic.
@param scores vector of scores
@param labels as many labels, nonzero: defective
@return from about the share of defective ones, for scores that tell nothing, to 1; equals
`sklearn.metrics.average_precision_score`
*/
CV_EXPORTS_W double averagePrecision(InputArray scores, InputArray labels);

/** @brief The best F1 (harmonic mean of precision and recall) that any threshold reaches.
@param scores vector of scores
@param labels as many labels, nonzero: defective
@param threshold the score from which on to call it defective: the middle between the lowest score that is called
defective and the next lower one, so that defects a little weaker than those seen are found too; the highest such place
where several are equally good
@return F1, over 0 up to 1
*/
CV_EXPORTS_W double bestF1(InputArray scores, InputArray labels, CV_OUT double& threshold);

/** @brief The ROC curve, by falling threshold from (0, 0) to (1, 1).
@param scores vector of scores
@param labels as many labels, nonzero: defective
@param fpr CV_64F column: share of the good ones that are called defective
@param tpr CV_64F column: share of the defective ones that are found
@param thresholds CV_64F column, the first infinite: nothing is called defective there. All three equal
`sklearn.metrics.roc_curve(..., drop_intermediate=False)`
*/
CV_EXPORTS_W void rocCurve(InputArray scores, InputArray labels, OutputArray fpr, OutputArray tpr,
                           OutputArray thresholds);

/** @brief Pixel metrics over any number of maps, which may differ in size.

It counts how often each score occurs: some 4 bytes a good pixel at first (about twice that for a moment when the
memory grows), so 500 maps of 224x224 take 100 to 200 MB; of more maps the scores repeat, and 20 to 25 MB for each
factor of two that they range over is the most. Good images and the good pixels of defective images are counted apart,
and so are good images whose numbers of pixels differ, so that each number has that most of its own. Defective pixels
take 8 bytes each. The first figure asked for after an add sorts them; the others then need one pass each.

Const methods may be called from several threads on one object, add and clear only while no other method runs. All but
add, clear, empty, lowestFpr and the counts throw cv::Exception unless good and defective pixels were both added.
*/
class CV_EXPORTS_W PixelMetrics
{
public:
    virtual ~PixelMetrics() {}

    //! Makes one without pixels.
    CV_WRAP static Ptr<PixelMetrics> create();

    /** @brief Adds one map. When it throws, nothing was added.
    @param map CV_32FC1 of finite scores, higher where more likely defective
    @param mask CV_8UC1 of the map's size, nonzero on defects; empty: all good
    @param validity CV_8UC1 of the map's size, only pixels where it is nonzero count; empty: all of them
    */
    CV_WRAP virtual void add(InputArray map, InputArray mask = noArray(), InputArray validity = noArray()) = 0;

    //! Area under the ROC curve of all pixels, as cv::anomaly::auroc.
    CV_WRAP virtual double auroc() const = 0;
    //! Average precision of all pixels, as cv::anomaly::averagePrecision.
    CV_WRAP virtual double averagePrecision() const = 0;
    //! The best F1 of all pixels and its threshold, as cv::anomaly::bestF1.
    CV_WRAP virtual double bestF1(CV_OUT double& threshold) const = 0;

    /** @brief Area under the per-region-overlap curve (AUPRO) @cite bergmann2021mvtec.

    A region is an 8-connected part of a mask. Each counts the same, so a small defect weighs as much as a large one.
    @param fprLimit false positive rate up to which the curve is integrated, linearly interpolated there; (0, 1]
    @return the area divided by fprLimit, 0..1
    */
    CV_WRAP virtual double aupro(double fprLimit = 0.3) const = 0;

    /** @brief Area under the per-image-overlap curve (AUPIMO) @cite Bertoldo2024aupimo: how much of an image's defects
    is found while hardly any pixel of good images is called defective.

    An image's overlap is the share of its defective pixels that are found. Its curve runs over the logarithm of the
    false positive rate, which is the mean over the good images of the share of their pixels that are called defective;
    the good pixels of defective images do not count. Good images are the maps that were added without a defective
    pixel.

    Every distinct score is a threshold, neighboring points of the curve are joined by straight lines over the
    logarithm, and the lines are cut at the bounds. anomalib's AUPIMO takes a grid of thresholds and starts and ends at
    those nearest to the bounds: both agree to 1e-12 where the grid parts all scores and the bounds are rates that
    occur. Where equal scores let no threshold have a rate over 0 and up to some x, the overlap there is that of the
    highest threshold with rate 0; anomalib has no result.
    @param perImage CV_64F column with the area of each map, 0..1, in the order in which they were added; NaN for good
    images and maps without a valid pixel
    @param lowerFpr false positive rate at which the area begins, over 0 and at least lowestFpr
    @param upperFpr false positive rate at which it ends, over lowerFpr up to 1
    @return mean of the images with defects, each of which counts the same, 0..1
    @throws cv::Exception also where no good image was added, and where the good images have too few pixels for
    lowerFpr: the default needs 100,000, two maps of 224x224
    */
    CV_WRAP virtual double aupimo(OutputArray perImage = noArray(), double lowerFpr = 1e-5,
                                  double upperFpr = 1e-4) const = 0;

    //! Lowest bound that aupimo takes: the false positive rate of one pixel of the largest good image. Infinity where
    //! no good image was added.
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

    /** @brief Adds all pixels of other metrics, as if their maps had been added here.
    @param other what to add; it stays as it is
    */
    CV_WRAP virtual void merge(const Ptr<PixelMetrics>& other) = 0;

    /** @brief How many pixels a threshold calls defective.
    @param threshold score from which on a pixel is called defective; the lowest double: all of them
    @param truePositives pixels called so that are defective
    @param falsePositives pixels called so that are good
    */
    CV_WRAP virtual void countsAt(double threshold, CV_OUT double& truePositives,
                                  CV_OUT double& falsePositives) const = 0;

    //! Whether no pixel was added.
    CV_WRAP virtual bool empty() const = 0;
    //! Forgets all pixels and gives their memory back.
    CV_WRAP virtual void clear() = 0;
    //! Pixels that count.
    CV_WRAP virtual size_t count() const = 0;
    //! Regions of them.
    CV_WRAP virtual size_t regionCount() const = 0;
};

//! @}

}} // namespace cv::anomaly

#endif
