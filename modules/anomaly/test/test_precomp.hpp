// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_TEST_PRECOMP_HPP
#define OPENCV_ANOMALY_TEST_PRECOMP_HPP

// opencv_ts is never installed: there in an OpenCV tree, plain GoogleTest outside.
#if defined __has_include
#if __has_include("opencv2/ts.hpp")
#define ANOMALY_HAVE_TS
#endif
#endif

// The GoogleTest of opencv_ts is older than GTEST_SKIP, and what its own exception ends must be a test's body.
#ifdef ANOMALY_HAVE_TS
#include "opencv2/ts.hpp"
#define SKIP_TEST(reason) throw cvtest::SkipTestException(reason)
#else
#include <gtest/gtest.h>
#define SKIP_TEST(reason) GTEST_SKIP() << reason
#endif

#define SKIP_WITHOUT_HALIDE()                                                                                          \
    if (CFA::create()->getEngine() != ENGINE_HALIDE)                                                                   \
    SKIP_TEST("this build has no Halide kernels")

#define SKIP_WITHOUT_TRAINING()                                                                                        \
    if (!canTrain())                                                                                                   \
    SKIP_TEST("opencv_anomaly_train is not here: built without LibTorch")

#include "opencv2/anomaly.hpp"

#include <string>
#include <vector>

namespace cv { namespace anomaly {

//! Path of a file under test_data, which lies in the folder that the environment variable ANOMALY_TEST_DATA names, else
//! where the build found it. Throws, and so fails the test, when there is no such file or folder.
std::string testDataPath(const std::string& relative);

}} // namespace cv::anomaly

namespace opencv_test {
using namespace cv;
using namespace cv::anomaly;
}

#endif
