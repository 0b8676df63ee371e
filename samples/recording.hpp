// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_RECORDING_HPP
#define ANOMALY_SAMPLES_RECORDING_HPP

#include "opencv2/core.hpp"

#include <deque>
#include <string>

/** @brief Keeps the newest pictures of a run in a folder, within a number of pictures and of bytes.

When a picture would exceed a limit, the oldest ones that this object wrote are removed first. Files of others, also
those of earlier runs, are neither counted nor touched.
*/
class Recording
{
public:
    //! folder: empty, and nothing is kept. It must be there.
    Recording(const std::string& folder, int mostPictures, double mostBytes);

    bool isWanted() const { return !folder.empty(); }
    //! Writes a picture as name.jpg, or throws and keeps nothing of it.
    void add(const std::string& name, const cv::Mat& picture);
    //! Pictures that are in the folder now.
    size_t count() const { return files.size(); }

private:
    struct File
    {
        std::string name;
        double bytes;
    };

    void makeRoom(double bytes);

    const std::string folder;
    const size_t mostPictures;
    const double mostBytes;
    std::deque<File> files; // the oldest first
    double bytesInAll;
};

#endif
