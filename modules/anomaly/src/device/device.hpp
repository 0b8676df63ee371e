// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_DEVICE_HPP
#define OPENCV_ANOMALY_DEVICE_HPP

#include "opencv2/core.hpp"

namespace cv { namespace anomaly {

//! The engine and target with which a detector computes. The choice belongs to the machine and is never saved.
struct Device
{
    int engine; // ENGINE_PLAIN or ENGINE_HALIDE
    int target; // one of cv::dnn::Target

    bool isGpu() const;
};

//! The processor, with an engine that is already resolved.
Device onProcessor(int engine);

//! Resolves an Engine and a cv::dnn::Target. Throws StsNotImplemented if this build or this machine lacks one of them.
Device resolveDevice(int engine, int target);

//! Whether this build of OpenCV can run networks of cv::dnn on a target.
bool hasDnnTarget(int target);

//! The backend of cv::dnn for a target.
int backendOf(int target);

//! The target for a backend; it stays `now` if that belongs to this backend.
int targetOf(int backend, int current);

}} // namespace cv::anomaly

#endif
