// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_VIDEO_FRAMES_HPP
#define ANOMALY_SAMPLES_VIDEO_FRAMES_HPP

#include "opencv2/videoio.hpp"

#include <string>

/** The frames of a video file in order, without those that cannot be decoded.

cv::VideoCapture returns false for a damaged frame as it does at the end. Reading goes on until as many frames as the
file announces were read or failed.
*/
class VideoFrames
{
public:
    explicit VideoFrames(const std::string& file);

    //! False at the end, and where the file cannot be opened.
    bool next(cv::Mat& frame);

    //! Of the frame that was read last, from 0. Behind damaged ones it is told by the frame's time.
    int number() const { return lastNumber; }
    //! How many frames the file's header announces, about; 0: that is not known.
    int announced() const { return total; }
    //! How many were read.
    int count() const { return frames; }
    //! How many are damaged or missing, to be asked at the end.
    int lost() const;

private:
    bool isEnd(int failuresInARow) const;
    bool isShort() const;

    cv::VideoCapture video;
    const bool countIsExact;
    int total, frames, failures, lastNumber;
    int damaged;    // failures that frames came after
    double seconds; // where the last frame ends
};

#endif
