// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_REPORT_HPP
#define ANOMALY_SAMPLES_REPORT_HPP

#include "evaluation.hpp"

#include <string>
#include <vector>

//! A model as a report shows it.
struct ReportedModel
{
    std::string name;
    std::string command; // writes the model with other thresholds, once these are added as options
    cv::Ptr<cv::anomaly::AnomalyDetector> detector;
    Evaluation evaluation;
    bool hasGivenThreshold; // one of the thresholds is not that of the model's file
};

//! The file that writeReport writes in a folder.
std::string reportFile(const std::string& folder);

/** @brief Writes folder/index.html, one page that holds all it shows, and returns its name.
@param folder the folder, which is made where it is not there
@param title heading of the page
@param models one or two; two must be evaluated on the same images. The detectors' maps are then of the images' size
*/
std::string writeReport(const std::string& folder, const std::string& title, const std::vector<ReportedModel>& models);

#endif
