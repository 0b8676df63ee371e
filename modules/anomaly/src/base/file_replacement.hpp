// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_FILE_REPLACEMENT_HPP
#define OPENCV_ANOMALY_FILE_REPLACEMENT_HPP

#include "opencv2/core.hpp"

#include <functional>

namespace cv { namespace anomaly {

/** @brief Writes a file so that at any moment, even through a crash, its name holds all of the old or all of the new.

`write` makes the file under a temporary name in the same folder and with the same extension in lower case, and throws
when it is not whole; then it is brought to the disk and takes the name.

A link stays a link: the file that it leads to is replaced. Mode and owner of an old file stay. Where an old file can
only be kept in its place (it is mounted by itself, its folder is not writable, its owner cannot be given to another
file), its content is overwritten instead, and is put back when that fails; a crash in that moment is not survived. */
void replaceFile(const String& filename, const std::function<void(const String& temporary)>& write);

//! Throws what replaceFile would throw before it has anything to write, and leaves all files as they are; `write` may
//! try the temporary name.
void checkReplaceable(const String& filename, const std::function<void(const String& temporary)>& write);

}} // namespace cv::anomaly

#endif
