// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_STAGE_CLOCK_HPP
#define OPENCV_ANOMALY_STAGE_CLOCK_HPP

#include "opencv2/core.hpp"

namespace cv { namespace anomaly {

enum Stage
{
    STAGE_PREPROCESS,
    STAGE_BACKBONE,
    STAGE_DESCRIPTOR,
    STAGE_SEARCH,
    STAGE_MAP,
    STAGE_COUNT
};

//! Sums up the time between laps by stage.
class StageClock
{
public:
    StageClock() : milliseconds(), last(getTickCount()) {}

    //! All since the last lap was this stage.
    void lap(Stage stage)
    {
        const int64 now = getTickCount();
        milliseconds[stage] += double(now - last) * 1e3 / getTickFrequency();
        last = now;
    }

    double milliseconds[STAGE_COUNT];

private:
    int64 last;
};

inline void lap(StageClock* clock, Stage stage)
{
    if (clock)
        clock->lap(stage);
}

}} // namespace cv::anomaly

#endif
