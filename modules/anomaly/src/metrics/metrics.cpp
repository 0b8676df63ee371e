// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "score_curve.hpp"

#include <functional>

namespace cv { namespace anomaly {

// Throws unless the values are one row or one column of one of these types.
static void checkVector(const Mat& values, const char* name, int depth, int otherDepth)
{
    if (values.empty())
        CV_Error_(Error::StsBadArg, ("No %s: expected one for each image or pixel that was scored", name));
    const bool isVector = values.dims <= 2 && (values.rows == 1 || values.cols == 1);
    if (!isVector || (values.type() != depth && values.type() != otherDepth))
        CV_Error_(Error::StsBadArg, ("Array of %s has type %s and %d dimensions (%dx%d), expected one row or column of "
                                     "%s or %s: convert or reshape it",
                                     name, typeToString(values.type()).c_str(), values.dims, values.rows, values.cols,
                                     typeToString(depth).c_str(), typeToString(otherDepth).c_str()));
}

// All metrics compare good with defective samples, so that both must be there.
static void checkBothClasses(size_t defective, size_t good)
{
    if (defective == 0 || good == 0)
        CV_Error_(Error::StsBadArg, ("Of %d labels %d are defective and %d good, expected both kinds: this metric "
                                     "compares them, so add what is missing",
                                     int(defective + good), int(defective), int(good)));
}

namespace {

//! Scores split by label, each list in falling order. The constructor throws if scores or labels are not valid.
struct SplitScores
{
    SplitScores(InputArray scoreArray, InputArray labelArray);
    std::vector<double> defective, good;
};

SplitScores::SplitScores(InputArray scoreArray, InputArray labelArray)
{
    const Mat scores = scoreArray.getMat(), labels = labelArray.getMat();
    checkVector(scores, "scores", CV_32F, CV_64F);
    checkVector(labels, "labels", CV_8U, CV_32S);
    if (scores.total() != labels.total())
        CV_Error_(Error::StsUnmatchedSizes, ("%d scores and %d labels, expected one label for each score",
                                             int(scores.total()), int(labels.total())));
    if (!checkRange(scores))
        CV_Error(Error::StsBadArg, "Scores hold NaN or infinity, expected finite values: find their cause, because a "
                                   "metric without them would mislead");

    Mat_<double> values;
    scores.convertTo(values, CV_64F);
    const Mat_<uchar> isDefective(labels != 0);
    for (int i = 0; i < int(values.total()); i++)
        (isDefective(i) ? defective : good).push_back(values(i));
    checkBothClasses(defective.size(), good.size());
    std::sort(defective.begin(), defective.end(), std::greater<double>());
    std::sort(good.begin(), good.end(), std::greater<double>());
}

} // namespace

double auroc(InputArray scores, InputArray labels)
{
    const SplitScores split(scores, labels);
    return areaUnderRoc(split.defective, split.good);
}

double averagePrecision(InputArray scores, InputArray labels)
{
    const SplitScores split(scores, labels);
    return averagePrecisionOf(split.defective, split.good);
}

double bestF1(InputArray scores, InputArray labels, double& threshold)
{
    const SplitScores split(scores, labels);
    return bestF1Of(split.defective, split.good, threshold);
}

void rocCurve(InputArray scores, InputArray labels, OutputArray fpr, OutputArray tpr, OutputArray thresholds)
{
    const SplitScores split(scores, labels);
    rocCurveOf(split.defective, split.good, 0).copyTo(fpr, tpr, thresholds);
}

}} // namespace cv::anomaly
