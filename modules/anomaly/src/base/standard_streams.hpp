// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_STANDARD_STREAMS_HPP
#define OPENCV_ANOMALY_STANDARD_STREAMS_HPP

#include "opencv2/core.hpp"

namespace cv { namespace anomaly {

/** @brief Opens the null device as standard input, output and error if the process was started without them, as daemons
are. Otherwise the next file to be opened would get the number of the missing stream, and messages would be written to
that file. */
void openMissingStreams();

//! Whether standard output was there, and not only opened by openMissingStreams, so that what is written to it is read.
bool hasStandardOutput();

}} // namespace cv::anomaly

#endif
