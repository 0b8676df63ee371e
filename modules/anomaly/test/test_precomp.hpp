// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_TEST_PRECOMP_HPP
#define OPENCV_ANOMALY_TEST_PRECOMP_HPP

// An OpenCV tree has opencv_ts. It is never installed, so that plain GoogleTest is used outside of such a tree.
#if defined __has_include
#if __has_include("opencv2/ts.hpp")
#define ANOMALY_HAVE_TS
#endif
#endif

// The GoogleTest of opencv_ts lacks GTEST_SKIP. Its own exception for skipping may only be thrown by the body of a
// test.
#ifdef ANOMALY_HAVE_TS
#include "opencv2/ts.hpp"
#define SKIP_TEST(reason) throw cvtest::SkipTestException(reason)
#else
#include <gtest/gtest.h>
#define SKIP_TEST(reason) GTEST_SKIP() << reason
#endif

// opencv_ts expects its exception in a TEST only: a TYPED_TEST says the reason and returns.
#ifdef ANOMALY_HAVE_TS
#define SKIP_TYPED_TEST(reason) return (void)(std::cout << "[     SKIP ] " << reason << std::endl)
#else
#define SKIP_TYPED_TEST(reason) SKIP_TEST(reason)
#endif

#define SKIP_TYPED_WITHOUT_HALIDE()                                                                                    \
    if (CFA::create()->getEngine() != ENGINE_HALIDE)                                                                   \
    SKIP_TYPED_TEST("this build has no Halide kernels")

#define SKIP_WITHOUT_HALIDE()                                                                                          \
    if (CFA::create()->getEngine() != ENGINE_HALIDE)                                                                   \
    SKIP_TEST("this build has no Halide kernels")

// For tests in which threads of OpenCV's share one call.
#ifdef __SANITIZE_THREAD__
#define SKIP_UNDER_THREAD_SANITIZER()                                                                                  \
    SKIP_TEST("how OpenCV's threads hand work over is not seen by ThreadSanitizer, since OpenCV is not built for it")
#else
#define SKIP_UNDER_THREAD_SANITIZER() (void)0
#endif

#define SKIP_WITHOUT_TRAINING()                                                                                        \
    if (!canTrain())                                                                                                   \
    SKIP_TEST("opencv_anomaly_train is not here: built without LibTorch")

#include "opencv2/anomaly.hpp"
#if CV_VERSION_MAJOR >= 5 // which took what measures shapes out of imgproc
#include "opencv2/geometry.hpp"
#endif

#include <iostream>
#include <string>
#include <vector>

namespace cv { namespace anomaly {

//! Returns the path of a file in the folder test_data, which is named by the environment variable ANOMALY_TEST_DATA, or
//! else by the build. Throws, so that the test fails, if there is no such file or folder.
std::string testDataPath(const std::string& relative);

}} // namespace cv::anomaly

namespace opencv_test {
using namespace cv;
using namespace cv::anomaly;

//! The engines that this build has.
inline std::vector<int> enginesHere()
{
    std::vector<int> engines = {ENGINE_PLAIN};
    if (PatchCore::create()->getEngine() == ENGINE_HALIDE)
        engines.push_back(ENGINE_HALIDE);
    return engines;
}
}

#endif
