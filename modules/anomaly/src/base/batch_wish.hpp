// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_BATCH_WISH_HPP
#define OPENCV_ANOMALY_BATCH_WISH_HPP

#include "opencv2/core.hpp"

#include <atomic>
#include <functional>
#include <thread>

namespace cv { namespace anomaly {

//! Whether a batch goes on: the thread that called asks its caller, and all threads that work for it are told.
class BatchWish
{
public:
    //! An empty function wishes for all of it.
    explicit BatchWish(const std::function<bool()>& f) : goesOn(f), caller(std::this_thread::get_id()), ended(false) {}

    //! Throws once the caller wishes no more.
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
