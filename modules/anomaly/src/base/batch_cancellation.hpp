// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_BATCH_CANCELLATION_HPP
#define OPENCV_ANOMALY_BATCH_CANCELLATION_HPP

#include "opencv2/core.hpp"

#include <atomic>
#include <functional>
#include <thread>

namespace cv { namespace anomaly {

//! Lets the caller of a batch stop it early: only the thread that called asks the caller, and all threads that work on
//! the batch see the answer.
class BatchCancellation
{
public:
    //! An empty function never stops the batch.
    explicit BatchCancellation(const std::function<bool()>& f)
        : goesOn(f),
          caller(std::this_thread::get_id()),
          ended(false)
    {}

    //! Throws once the caller has asked to stop.
    void check()
    {
        if (!ended && goesOn && std::this_thread::get_id() == caller && !goesOn())
            ended = true;
        if (ended)
            CV_Error(Error::StsError, "The batch was ended by its caller before all images were scored");
    }

private:
    const std::function<bool()>& goesOn;
    const std::thread::id caller;
    std::atomic<bool> ended;
};

}} // namespace cv::anomaly

#endif
