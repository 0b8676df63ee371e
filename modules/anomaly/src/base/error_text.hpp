// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ERROR_TEXT_HPP
#define OPENCV_ANOMALY_ERROR_TEXT_HPP

#include "opencv2/core.hpp"

namespace cv { namespace anomaly {

//! The message of an exception, without the source location that cv::Exception::what adds, to be used within another
//! message.
inline String errorText(const std::exception& e)
{
    const cv::Exception* ours = dynamic_cast<const cv::Exception*>(&e);
    return ours ? ours->err : String(e.what());
}

}} // namespace cv::anomaly

#endif
