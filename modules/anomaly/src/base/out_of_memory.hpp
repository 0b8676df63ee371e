// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_OUT_OF_MEMORY_HPP
#define OPENCV_ANOMALY_OUT_OF_MEMORY_HPP

#include "opencv2/core.hpp"

#include <new>

namespace cv { namespace anomaly {

//! Calls a function, and reports out-of-memory as a cv::Exception. cv::Mat does so by itself, but std::vector does not.
template <typename Call> auto reportingOutOfMemory(const Call& call) -> decltype(call())
{
    try
    {
        return call();
    }
    catch (const std::bad_alloc&)
    {
        CV_Error(Error::StsNoMem, "There is not enough memory; the object has not changed");
    }
}

}} // namespace cv::anomaly

#endif
