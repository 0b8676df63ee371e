// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_OVERLAP_AREA_HPP
#define OPENCV_ANOMALY_OVERLAP_AREA_HPP

#include <algorithm>
#include <cmath>

namespace cv { namespace anomaly {

//! Area under a curve with rising x, from (0, 0) to a limit of x, by trapezoids.
class AreaUpTo
{
public:
    explicit AreaUpTo(double limit_) : limit(limit_), area(0), lastX(0), lastY(0) {}

    void add(double x, double y)
    {
        if (x > limit && lastX < limit)
        {
            const double atLimit = lastY + (y - lastY) * (limit - lastX) / (x - lastX);
            area += (limit - lastX) * (lastY + atLimit) / 2;
        }
        else if (x <= limit)
            area += (x - lastX) * (lastY + y) / 2;
        lastX = x;
        lastY = y;
    }

    double value() const { return area; }

private:
    double limit, area, lastX, lastY;
};

/** @brief Area under a curve over the logarithm of the false positive rate, as a share of the area within its bounds.

The curve rises by one step for each pixel, so its area is the sum of the areas to the right of all steps. This way one
pass over the thresholds is enough for any number of curves.
*/
class LogRateArea
{
public:
    LogRateArea(double lower, double upper_)
        : upper(upper_),
          logLower(std::log(lower)),
          logWidth(std::log(upper_) - std::log(lower))
    {}

    double upperRate() const { return upper; }

    //! Area that a step of height 1 contributes if it lies between two neighboring thresholds with these rates. The
    //! points at these rates are joined by a straight line over the logarithm. A rate of 0 has no logarithm; if the
    //! rate before the step is 0, the curve jumps at the rate after it.
    double ofStep(double rateBefore, double rate) const
    {
        if (rate == 0)
            return 1;
        const double end = position(rate), start = rateBefore > 0 ? position(rateBefore) : end;
        const double area = ramp(1, start, end) - ramp(0, start, end);
        return std::min(1., std::max(0., area)); // by rounding, the difference may be slightly below 0 or above 1
    }

private:
    //! Position on the logarithmic axis: 0 at the lower bound, 1 at the upper one.
    double position(double rate) const { return (std::log(rate) - logLower) / logWidth; }

    //! Area up to x under a line that rises from 0 to 1 between start and end, and stays at 1.
    static double ramp(double x, double start, double end)
    {
        if (x <= start)
            return 0;
        if (x >= end)
            return x - (start + end) / 2;
        return (x - start) * (x - start) / (2 * (end - start));
    }

    double upper, logLower, logWidth;
};

}} // namespace cv::anomaly

#endif
