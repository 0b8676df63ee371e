// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_REGION_OPTION_HPP
#define ANOMALY_SAMPLES_REGION_OPTION_HPP

#include "command_line.hpp"

//! --mask: the part of all images that counts. `what` it is done with, for the help: "learn from".
void addRegionOption(CommandLine& line, std::string& file, const std::string& what);

//! CV_8UC1, as readMask gives it; empty without a file. Throws if it marks nothing.
cv::Mat readRegion(const std::string& program, const std::string& file);

#endif
