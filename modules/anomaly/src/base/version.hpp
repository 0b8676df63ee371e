// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_VERSION_HPP
#define OPENCV_ANOMALY_VERSION_HPP

#include "opencv2/core/version.hpp"

//! Version of this library. A standalone build defines it; in OpenCV's tree the module has OpenCV's version.
#ifndef ANOMALY_VERSION
#define ANOMALY_VERSION CV_VERSION
#endif

#endif
