// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_MODEL_TEXT_HPP
#define OPENCV_ANOMALY_MODEL_TEXT_HPP

#include "opencv2/core.hpp"

#include <string>

namespace cv { namespace anomaly {

/** @brief The text of a model file, unpacked where it is packed, for cv::FileStorage to parse from memory.

Throws where that parser would crash, hang or take memory out of proportion: see doc/reliability.md for the list.
*/
std::string readModelText(const String& filename);

//! The same for a text that is in memory.
std::string checkedModelText(std::string text);

}} // namespace cv::anomaly

#endif
