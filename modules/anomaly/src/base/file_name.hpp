// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_FILE_NAME_HPP
#define OPENCV_ANOMALY_FILE_NAME_HPP

#include "opencv2/core.hpp"

namespace cv { namespace anomaly {

//! The folder of a file; "." if its name has none.
inline String folderOf(const String& filename)
{
    const size_t slash = filename.find_last_of("/\\");
    return slash == String::npos ? "." : filename.substr(0, slash);
}

}} // namespace cv::anomaly

#endif
