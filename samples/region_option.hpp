// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_REGION_OPTION_HPP
#define ANOMALY_SAMPLES_REGION_OPTION_HPP

#include "command_line.hpp"

//! Adds --mask, the part of all images that counts. what: what it is used for, as a part of the help such as "learn
//! from".
void addRegionOption(CommandLine& line, std::string& file, const std::string& what);

//! Reads that mask by readMask; empty if no file is given. Throws if it marks nothing.
cv::Mat readRegion(const std::string& program, const std::string& file);

#endif
