// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_REPORT_HPP
#define ANOMALY_SAMPLES_REPORT_HPP

#include "evaluation.hpp"

#include <string>

//! The file that writeReport writes in a folder.
std::string reportFile(const std::string& folder);

//! Writes folder/index.html, a page that includes all its pictures, and returns its name. Afterwards the detector's
//! maps have the size of the images.
std::string writeReport(const std::string& folder, const std::string& title, const Evaluation& evaluation,
                        cv::anomaly::AnomalyDetector& detector);

#endif
