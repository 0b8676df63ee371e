// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef CV_ANOMALY_PYTHON_MODULE_HPP
#define CV_ANOMALY_PYTHON_MODULE_HPP

/** @file
The module cv_anomaly has the names of cv2.anomaly, which a build in OpenCV's tree makes by itself. It differs in that
results
are returned only, never written to arguments; arguments that follow those in C++ are given by keyword, so that a call
means
the same in both.
*/

#include "arrays.hpp"

#include <opencv2/anomaly.hpp>

void bindDetectors(pybind11::module_& m);
void bindDrift(pybind11::module_& m);
void bindMetrics(pybind11::module_& m);
void bindPictures(pybind11::module_& m);

//! An empty array stands for an argument that was left out.
inline cv::_InputArray optional(const Array& array)
{
    return array.mat.empty() ? cv::_InputArray() : cv::_InputArray(array.mat);
}

inline cv::_InputArray optional(const Arrays& arrays)
{
    return arrays.mats.empty() ? cv::_InputArray() : cv::_InputArray(arrays.mats);
}

#endif
