// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_FEATURE_FILE_HPP
#define OPENCV_ANOMALY_FEATURE_FILE_HPP

#include "opencv2/core.hpp"

#include <fstream>
#include <vector>

namespace cv { namespace anomaly {

//! Feature maps that memory has no room for, in a temporary file that nobody else sees: it has no name where the system
//! allows that, so that it is gone with the process, however that ends.
class FeatureFile
{
public:
    FeatureFile();
    ~FeatureFile();
    FeatureFile(const FeatureFile&) = delete;
    FeatureFile& operator=(const FeatureFile&) = delete;

    //! The place of the maps in the file, or -1 where the disk does not take them. All calls bring maps of the same
    //! shapes.
    int append(const std::vector<Mat>& maps);
    //! Throws when the file no longer gives them.
    std::vector<Mat> read(int place);

private:
    void open();
    void giveUp(const char* why);

    String name;
    std::fstream stream;
    bool usable;
    int count;
    std::vector<std::vector<int>> shapes;
    std::streamoff bytesEach;
};

}} // namespace cv::anomaly

#endif
