// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_PRECOMP_HPP
#define OPENCV_ANOMALY_PRECOMP_HPP

#include "opencv2/anomaly.hpp"
#include "opencv2/core.hpp"
#include "opencv2/core/utils/logger.hpp"
#if CV_VERSION_MAJOR >= 5 // which took what measures and turns shapes out of imgproc
#include "opencv2/geometry.hpp"
#endif

#include <algorithm>
#include <cfloat>
#include <climits>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#endif
