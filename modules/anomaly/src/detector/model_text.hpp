// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_MODEL_TEXT_HPP
#define OPENCV_ANOMALY_MODEL_TEXT_HPP

#include "model_binary.hpp"

namespace cv { namespace anomaly {

//! The longest text that is read. cv::FileStorage keeps the size of a list in 32 bits and up to 3.5 bytes for one of
//! text: this much stays below 2 GiB.
const size_t mostTextBytes = size_t(512) << 20;

//! Bytes of matrices that a model file holds: base64 makes 64 characters of 48 bytes, and YAML a line of 80 of those.
const size_t mostMatrixBytes = mostTextBytes / 100 * 59;

//! What cv::FileStorage parses from memory, and the binary data that was in it.
struct ModelText
{
    std::string text;
    std::vector<Mat> binary; // as of takeBinary
};

/** @brief The text of a model file, unpacked where it is packed.

Throws where cv::FileStorage's parser would crash, hang or take memory out of proportion: see doc/reliability.md for the
list.
*/
ModelText readModelText(const String& filename);

//! The same for a text that is in memory.
ModelText checkedModelText(std::string text);

}} // namespace cv::anomaly

#endif
