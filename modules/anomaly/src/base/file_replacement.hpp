// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_FILE_REPLACEMENT_HPP
#define OPENCV_ANOMALY_FILE_REPLACEMENT_HPP

#include "opencv2/core.hpp"

#include <functional>

namespace cv { namespace anomaly {

/** @brief Writes a file so that at any moment, even in a crash, its name refers to either all of the old or all of the
new contents.

`write` writes the file under a temporary name in the same folder, with the same extension in lower case, and throws if
it cannot write all of it. Then the file is flushed to the disk and renamed.

A symbolic link stays a link: the file that it leads to is replaced. The mode and owner of an old file are kept. If an
old file cannot be replaced (it is a mount point, its folder is not writable, or its owner cannot be kept), its contents
are overwritten instead, and restored if that fails; only a crash at that moment can lose them. */
void replaceFile(const String& filename, const std::function<void(const String& temporary)>& write);

//! Throws if replaceFile would throw before it writes anything. It does not change any file. `write` may try the
//! temporary name.
void checkReplaceable(const String& filename, const std::function<void(const String& temporary)>& write);

}} // namespace cv::anomaly

#endif
