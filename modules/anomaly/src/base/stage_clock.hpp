// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_STAGE_CLOCK_HPP
#define OPENCV_ANOMALY_STAGE_CLOCK_HPP

#include "opencv2/core.hpp"

namespace cv { namespace anomaly {

//! Stages of a prediction in their order, as AnomalyDetector::profile reports them.
enum Stage
{
    STAGE_PREPROCESS,
    STAGE_BACKBONE,
    STAGE_DESCRIPTOR,
    STAGE_SEARCH,
    STAGE_MAP,
    STAGE_COUNT
};

//! Measures the time of each stage. Not safe for concurrent calls.
class StageClock
{
public:
    StageClock() : milliseconds(), last(getTickCount()) {}

    //! Adds the time since the last lap to this stage.
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

//! Does nothing if the clock is null, which means that no times are wanted.
inline void lap(StageClock* clock, Stage stage)
{
    if (clock)
        clock->lap(stage);
}

}} // namespace cv::anomaly

#endif
