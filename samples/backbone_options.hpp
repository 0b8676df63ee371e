// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_BACKBONE_OPTIONS_HPP
#define ANOMALY_SAMPLES_BACKBONE_OPTIONS_HPP

#include "command_line.hpp"

#include "opencv2/anomaly/detector.hpp"

//! What has to be known of an ONNX backbone, under a heading of its own.
void addBackboneOptions(CommandLine& line, cv::anomaly::DetectorParams& params);

//! The size of a detector's input: that in use where it is fitted.
cv::Size inputShapeOf(const cv::anomaly::DetectorParams& params);

//! The same as text.
std::string inputText(const cv::anomaly::DetectorParams& params);

//! Where a model file's backbone is.
void addBackboneFile(CommandLine& line, std::string& backbone);

#endif
