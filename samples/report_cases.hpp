// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_REPORT_CASES_HPP
#define ANOMALY_SAMPLES_REPORT_CASES_HPP

#include "report.hpp"

#include <string>
#include <vector>

//! An image that a report shows: its index among the results, and whether it is shown as a hit.
struct ReportCase
{
    size_t image;
    bool isHit;
};

typedef std::vector<ReportCase> ReportCases;

//! The images that a report shows, chosen by the thresholds of the best F1.
struct ChosenCases
{
    ReportCases worst;  // those on the wrong side, or else those closest to it
    ReportCases hits;   // of each type a typical defect that is found
    ReportCases others; // those that can come to the wrong side when thresholds are moved
};

ChosenCases chooseCases(const std::vector<ReportedModel>& models);

//! A card for each of the images. Where highest has no value yet, or one that is exceeded, it gets the highest value
//! of each model's maps.
std::string caseCards(const ReportCases& cases, const std::vector<ReportedModel>& models, std::vector<double>& highest);

//! Type and file name of an image.
std::string imageName(const TestResult& result);

//! Whether any of the models judges an image wrongly by the threshold of its best F1.
bool isAnyWrong(const std::vector<ReportedModel>& models, size_t image);

//! Whether two models judge an image differently by the thresholds of their best F1.
bool differ(const std::vector<ReportedModel>& models, size_t image);

#endif
