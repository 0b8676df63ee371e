// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_DEVICE_HPP
#define OPENCV_ANOMALY_DEVICE_HPP

#include "opencv2/core.hpp"

namespace cv { namespace anomaly {

//! Where and by which code a detector computes. Belongs to the machine: never saved.
struct Device
{
    int engine; // ENGINE_PLAIN or ENGINE_HALIDE
    int target; // one of cv::dnn::Target

    bool isGpu() const;
};

//! The processor; the engine is resolved already.
Device onProcessor(int engine);

//! For an Engine and a cv::dnn::Target; throws StsNotImplemented when this build or this machine lacks what is asked
//! for.
Device resolveDevice(int engine, int target);

//! Whether cv::dnn runs networks on a target by itself.
bool hasDnnTarget(int target);

//! cv::dnn's backend of a target.
int backendOf(int target);

//! The target that a backend asks for, where `now` is set.
int targetOf(int backend, int now);

}} // namespace cv::anomaly

#endif
