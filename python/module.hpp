// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef CV_ANOMALY_PYTHON_MODULE_HPP
#define CV_ANOMALY_PYTHON_MODULE_HPP

/** @file
The module cv_anomaly has the same names as cv2.anomaly, which a build in OpenCV's source tree generates. It differs in
two ways. Results are only returned, never written to arguments. And arguments that come after such output arguments in
C++ have to be given by keyword, so that a call means the same in both modules.
*/

#include "arrays.hpp"

#include <opencv2/anomaly.hpp>

// Each function adds a part of the module: classes, functions and methods.
void bindDetectors(pybind11::module_& m);
void bindDrift(pybind11::module_& m);
void bindMetrics(pybind11::module_& m);
void bindPictures(pybind11::module_& m);

//! Converts to an optional argument: an empty array stands for one that is left out.
inline cv::_InputArray optional(const Array& array)
{
    return array.mat.empty() ? cv::_InputArray() : cv::_InputArray(array.mat);
}

inline cv::_InputArray optional(const Arrays& arrays)
{
    return arrays.mats.empty() ? cv::_InputArray() : cv::_InputArray(arrays.mats);
}

#endif
