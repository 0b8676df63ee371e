// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_TESTS_FILE_BYTES_HPP
#define ANOMALY_TESTS_FILE_BYTES_HPP

#include "opencv2/core.hpp"

#include <fstream>
#include <iterator>
#include <string>

inline std::string bytesOf(const cv::String& file)
{
    std::ifstream stream(file, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
}

#endif
