// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_REPORT_CHARTS_HPP
#define ANOMALY_SAMPLES_REPORT_CHARTS_HPP

#include "evaluation.hpp"

#include <string>

// Cards of a report, each with a drawing of a model's figures. In the first two the script marks the threshold that the
// slider of the model with this index is at.
std::string histogramCard(const Evaluation& evaluation, int model);
std::string rocCard(const Evaluation& evaluation, int model);
std::string proCard(const Evaluation& evaluation);

#endif
