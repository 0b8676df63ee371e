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
normal patches.
@code{.cpp}
    Ptr<cv::anomaly::CFA> cfa = cv::anomaly::CFA::create();   // embedded backbone, no file needed
    cfa->fit(files);                                          // good images only
    cfa->save("model.yml.gz");

    Ptr<cv::anomaly::CFA> same = cv::anomaly::CFA::load("model.yml.gz");
    Mat map;
    double score = same->predict(image, map);                 // map: CV_32F, size of image
@endcode
*/

#endif
