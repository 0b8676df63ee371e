// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_TEST_MODEL_FILES_HPP
#define OPENCV_ANOMALY_TEST_MODEL_FILES_HPP

#include "test_textures.hpp"

#include <fstream>
#include <sstream>

namespace opencv_test {

inline String readText(const String& file)
{
    std::ifstream stream(file.c_str(), std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

inline void writeText(const String& file, const String& text)
{
    std::ofstream(file.c_str(), std::ios::binary) << text;
}

//! Returns a model that is small enough to be read many times.
inline CFA::Params smallestParams()
{
    CFA::Params params = quickParams();
    params.gammaC = 1. / 32;
    params.gammaD = 1. / 128;
    return params;
}

} // namespace opencv_test

#endif
