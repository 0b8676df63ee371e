// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_DEVICE_OPTION_HPP
#define ANOMALY_SAMPLES_DEVICE_OPTION_HPP

#include "command_line.hpp"

//! Devices in the order of the names of --device.
enum ComputeDevice
{
    DEVICE_CPU,
    DEVICE_CUDA,
    DEVICE_CUDA_FP16
};

extern const std::vector<std::string> deviceNames;

//! Adds the option --device.
void addDeviceOption(CommandLine& line, int& device);

//! The device as one of cv::dnn::Target, for AnomalyDetector::setPreferableTarget.
int targetOf(int device);

#endif
