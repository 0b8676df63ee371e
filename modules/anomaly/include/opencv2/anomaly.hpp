// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_HPP
#define OPENCV_ANOMALY_HPP

#include "opencv2/anomaly/cfa.hpp"
#include "opencv2/anomaly/detector.hpp"
#include "opencv2/anomaly/drift.hpp"
#include "opencv2/anomaly/metrics.hpp"
#include "opencv2/anomaly/padim.hpp"
#include "opencv2/anomaly/patchcore.hpp"
#include "opencv2/anomaly/spade.hpp"
#include "opencv2/anomaly/visualize.hpp"

/** @defgroup anomaly Visual anomaly detection

Finds what is unusual in an image, after it has seen only good images. All methods compare the features that a
pretrained network computes for each patch of an image with those of good images: cv::anomaly::PatchCore,
cv::anomaly::CFA, cv::anomaly::PaDiM and cv::anomaly::SPADE. A detector learns from good images and is saved:
@snippet anomaly_detection.cpp learn
@snippet anomaly_detection.cpp save
It then scores images and shows where they differ from the good ones:
@snippet anomaly_detection.cpp predict
@snippet anomaly_detection.cpp draw
The whole program is samples/anomaly_detection.cpp. There is also a tutorial: @ref tutorial_anomaly_detection
*/

#endif
