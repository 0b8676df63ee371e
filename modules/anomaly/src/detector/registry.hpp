// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_REGISTRY_HPP
#define OPENCV_ANOMALY_REGISTRY_HPP

#include "method.hpp"

namespace cv { namespace anomaly {

//! Makes a method with default settings, by its name in model files; null if there is no such method.
std::unique_ptr<Method> createMethod(const String& name);

//! Adds a method that is not the library's own, as tests do. Call it before other threads load models.
void addMethod(const char* name, std::unique_ptr<Method> (*create)());

//! Names of all methods, separated by commas.
String methodNames();

}} // namespace cv::anomaly

#endif
