// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_SCORE_CURVE_HPP
#define OPENCV_ANOMALY_SCORE_CURVE_HPP

#include "../base/as_column.hpp"

#include "opencv2/core.hpp"

#include <limits>
#include <vector>

namespace cv { namespace anomaly {

//! The result of one threshold: how many defective and how many good items it calls defective.
struct OperatingPoint
{
    double threshold;
    int64 truePositives, falsePositives;
};

inline double scoreOf(double score)
{
    return score;
}

//! Visits a list that is sorted by falling score.
template <typename Scored> class ListCursor
{
public:
    explicit ListCursor(const std::vector<Scored>& l) : list(l), at(0) {}

    bool atEnd() const { return at == list.size(); }
    double score() const { return scoreOf(list[at]); }
    //! Moves behind all items with this score, if it is the next score.
    void pass(double score)
    {
        while (!atEnd() && this->score() == score)
            at++;
    }
    int64 passed() const { return int64(at); }

private:
    const std::vector<Scored>& list;
    size_t at;
};

template <typename Scored> ListCursor<Scored> cursorOf(const std::vector<Scored>& list)
{
    return ListCursor<Scored>(list);
}

//! Calls visit(OperatingPoint) for each distinct score in falling order. Both arguments are sorted lists, or counted
//! scores that are packed.
template <typename Positives, typename Negatives, typename Visit>
void forEachThreshold(const Positives& positives, const Negatives& negatives, Visit visit)
{
    auto p = cursorOf(positives);
    auto n = cursorOf(negatives);
    while (!p.atEnd() || !n.atEnd())
    {
        const bool positiveNext = n.atEnd() || (!p.atEnd() && p.score() > n.score());
        const double threshold = positiveNext ? p.score() : n.score();
        p.pass(threshold);
        n.pass(threshold);
        const OperatingPoint point = {threshold, p.passed(), n.passed()};
        visit(point);
    }
}

//! Area under the ROC curve, where ties count one half.
template <typename Positives, typename Negatives>
double areaUnderRoc(const Positives& positives, const Negatives& negatives)
{
    // Twice the area, in pairs of items, is an integer: it has no rounding error, and no overflow below 3e9 scores.
    uint64 twice = 0;
    OperatingPoint last = {0, 0, 0};
    forEachThreshold(positives, negatives, [&](const OperatingPoint& point) {
        twice += uint64(point.falsePositives - last.falsePositives) * uint64(point.truePositives + last.truePositives);
        last = point;
    });
    return double(twice) / (2 * double(positives.size()) * double(negatives.size()));
}

//! Sum over thresholds of precision times the gain in recall.
template <typename Positives, typename Negatives>
double averagePrecisionOf(const Positives& positives, const Negatives& negatives)
{
    double sum = 0;
    int64 last = 0;
    forEachThreshold(positives, negatives, [&](const OperatingPoint& point) {
        const double precision = double(point.truePositives) / double(point.truePositives + point.falsePositives);
        sum += precision * double(point.truePositives - last);
        last = point.truePositives;
    });
    return sum / double(positives.size());
}

/** @brief A threshold between two neighboring scores, which calls the higher one defective and the lower one good.

It is the middle between them, so that a defect slightly weaker than all that were seen is still found. Maps hold single
precision. If the middle rounds to the lower score there, the higher score is the threshold.
*/
inline double middleOfGap(double lower, double higher)
{
    const double middle = lower + (higher - lower) / 2, rounded = float(middle);
    return rounded > lower && rounded <= higher ? middle : higher;
}

template <typename Positives, typename Negatives>
double bestF1Of(const Positives& positives, const Negatives& negatives, double& threshold)
{
    double best = 0;
    bool lastWasBest = false;
    forEachThreshold(positives, negatives, [&](const OperatingPoint& point) {
        if (lastWasBest)
            threshold = middleOfGap(point.threshold, threshold);
        lastWasBest = false;
        const double f1 = 2 * double(point.truePositives) /
                          double(point.truePositives + point.falsePositives + int64(positives.size()));
        if (f1 > best)
        {
            best = f1;
            threshold = point.threshold;
            lastWasBest = true;
        }
    });
    return best;
}

//! A rising curve from (0, 0) to (1, 1) that keeps only as many points as a drawing needs.
class CurveSketch
{
public:
    //! maxPoints: largest number of points that are kept, 3 or more; 0: all of them.
    explicit CurveSketch(int maxPoints) : anchorX(0), anchorY(0), provisional(false)
    {
        if (maxPoints != 0 && maxPoints < 3)
            CV_Error_(Error::StsOutOfRange, ("maxPoints is %d, expected 0 (all points) or at least 3", maxPoints));
        // Along both axes together the curve is 2 long. The two ends are always kept, which leaves maxPoints - 2 steps.
        step = maxPoints ? 2. / (maxPoints - 2) : 0;
        push(0, 0, std::numeric_limits<double>::infinity());
    }

    void add(double x, double y, double threshold)
    {
        if (provisional)
            pop();
        push(x, y, threshold);
        // A point that is too close to the last kept one stays only if it is the end of the curve.
        provisional = (x - anchorX) + (y - anchorY) < step;
        if (!provisional)
        {
            anchorX = x;
            anchorY = y;
        }
    }

    void copyTo(OutputArray x, OutputArray y, OutputArray thresholds) const
    {
        asColumn(xs).copyTo(x);
        asColumn(ys).copyTo(y);
        asColumn(thresholdOf).copyTo(thresholds);
    }

private:
    void push(double x, double y, double threshold)
    {
        xs.push_back(x);
        ys.push_back(y);
        thresholdOf.push_back(threshold);
    }
    void pop()
    {
        xs.pop_back();
        ys.pop_back();
        thresholdOf.pop_back();
    }

    std::vector<double> xs, ys, thresholdOf;
    double step, anchorX, anchorY;
    bool provisional;
};

template <typename Positives, typename Negatives>
CurveSketch rocCurveOf(const Positives& positives, const Negatives& negatives, int maxPoints)
{
    CurveSketch curve(maxPoints);
    forEachThreshold(positives, negatives, [&](const OperatingPoint& point) {
        curve.add(double(point.falsePositives) / double(negatives.size()),
                  double(point.truePositives) / double(positives.size()), point.threshold);
    });
    return curve;
}

}} // namespace cv::anomaly

#endif
