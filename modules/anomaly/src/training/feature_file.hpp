// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_FEATURE_FILE_HPP
#define OPENCV_ANOMALY_FEATURE_FILE_HPP

#include "opencv2/core.hpp"

#include <fstream>
#include <vector>

namespace cv { namespace anomaly {

//! Feature maps in a temporary file that no other process uses. If the system allows that, the file has no name, so it
//! disappears with the process, however that ends.
class FeatureFile
{
public:
    FeatureFile();
    ~FeatureFile();
    FeatureFile(const FeatureFile&) = delete;
    FeatureFile& operator=(const FeatureFile&) = delete;

    //! Writes maps and returns their index in the file; -1 if the disk does not take them. The shapes must be the same
    //! in all calls.
    int append(const std::vector<Mat>& maps);
    //! Reads maps by index. Throws if the file cannot be read.
    std::vector<Mat> read(int place);

private:
    void open();
    void stopUsing(const char* why);

    String name;
    std::fstream stream;
    bool usable;
    int count;
    std::vector<std::vector<int>> shapes;
    std::streamoff bytesEach;
};

}} // namespace cv::anomaly

#endif
