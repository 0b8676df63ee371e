// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// The main function of the tests outside of an OpenCV tree, and where the test data are.
#include "test_precomp.hpp"

#include "opencv2/core/utils/filesystem.hpp"

#include <cstdlib>

static std::string testDataFolder()
{
    if (const char* folder = std::getenv("ANOMALY_TEST_DATA"))
        return folder;
#ifdef ANOMALY_TEST_DATA_DIR
    return ANOMALY_TEST_DATA_DIR;
#else
    // An OpenCV tree does not define the folder. In this project it is three folders up from this file.
    return cv::utils::fs::getParent(__FILE__) + "/../../../test_data";
#endif
}

std::string cv::anomaly::testDataPath(const std::string& relative)
{
    const std::string path = testDataFolder() + "/" + relative;
    if (!utils::fs::exists(path))
        CV_Error_(Error::StsObjectNotFound,
                  ("No test data at %s: set the environment variable ANOMALY_TEST_DATA to the folder test_data",
                   path.c_str()));
    return path;
}

#ifdef ANOMALY_HAVE_TS
CV_TEST_MAIN("")
#else
int main(int argc, char** argv)
{
    testing::InitGoogleTest(&argc, argv);
#if defined(__SANITIZE_THREAD__)
    // OpenCV's thread pool is not instrumented, so that ThreadSanitizer would report all data that its threads share.
    cv::setNumThreads(1);
#endif
    return RUN_ALL_TESTS();
}
#endif
