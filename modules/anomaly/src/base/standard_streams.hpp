// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_STANDARD_STREAMS_HPP
#define OPENCV_ANOMALY_STANDARD_STREAMS_HPP

#include "opencv2/core.hpp"

namespace cv { namespace anomaly {

/** @brief Opens the null device as standard input, output and error where the process has none, as daemons are started.
The next file to be opened would get the number of the missing one, and messages for it would land in that file. */
void openMissingStreams();

}} // namespace cv::anomaly

#endif
