// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_BACKBONE_OPTIONS_HPP
#define ANOMALY_SAMPLES_BACKBONE_OPTIONS_HPP

#include "command_line.hpp"

#include "opencv2/anomaly/detector.hpp"

//! Adds the options that describe an ONNX backbone, under a heading of their own.
void addBackboneOptions(CommandLine& line, cv::anomaly::DetectorParams& params);

//! Names of cv::anomaly::Precision in options, indexed by it.
extern const std::vector<std::string> precisions;

void addPrecisionOption(CommandLine& line, cv::anomaly::DetectorParams& params);

//! Size of a detector's input: the one in use if the detector is fitted, else inputSize x inputSize.
cv::Size inputShapeOf(const cv::anomaly::DetectorParams& params);

//! The same as text, such as "224" or "320x160".
std::string inputText(const cv::anomaly::DetectorParams& params);

//! Adds the option --backbone, the ONNX file of a model whose backbone is neither embedded nor in the model file.
void addBackboneFile(CommandLine& line, std::string& backbone);

#endif
