// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef CV_ANOMALY_PYTHON_PARAMS_HPP
#define CV_ANOMALY_PYTHON_PARAMS_HPP

#include "module.hpp"

//! The fields by their names, for pickle and copy.
pybind11::dict stateOf(const cv::anomaly::CFA::Params& params);
cv::anomaly::CFA::Params paramsOf(const pybind11::dict& state);

#endif
