// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_HPP
#define OPENCV_ANOMALY_HPP

#include "opencv2/anomaly/cfa.hpp"
#include "opencv2/anomaly/detector.hpp"
#include "opencv2/anomaly/metrics.hpp"
#include "opencv2/anomaly/visualize.hpp"

/** @defgroup anomaly Visual anomaly detection

Finds what is unusual in an image after seeing good images only. The method is CFA @cite Lee2022cfa: the features of a
pretrained network pass a learned 1x1 descriptor, and each patch is scored by its distance to a small memory bank of
normal patches. It learns by
@snippet cfa.cpp learn
@snippet cfa.cpp save
and then scores images and shows where they differ:
@snippet cfa.cpp predict
@snippet cfa.cpp draw
All of the program is in samples/cfa.cpp. A tutorial: @ref tutorial_anomaly_detection
*/

#endif
