// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_VIDEO_FRAMES_HPP
#define ANOMALY_SAMPLES_VIDEO_FRAMES_HPP

#include "opencv2/videoio.hpp"

#include <string>

//! Whether a source is a file on a disk, which has an end, and not a camera, an address, a pipe or a series of images.
bool isVideoFile(const std::string& source);

/** Reads the frames of a video file in order, and skips those that cannot be decoded.

cv::VideoCapture returns false both for a damaged frame and at the end. So reading continues until as many frames were
read or failed as the file announces.
*/
class VideoFrames
{
public:
    explicit VideoFrames(const std::string& file);

    bool isOpened() const { return video.isOpened(); }

    //! Reads the next frame. Returns false at the end, and if the file cannot be opened.
    bool next(cv::Mat& frame);

    //! Index, from 0, of the frame that was read last. After damaged frames it is derived from the video's position.
    int number() const { return lastNumber; }
    //! Approximate number of frames according to the file's header; 0 if it is not known.
    int announced() const { return total; }
    //! Number of frames that were read.
    int count() const { return frames; }
    //! Number of damaged or missing frames. It is known at the end.
    int lost() const;

private:
    bool isEnd(int failuresInARow) const;
    bool isShort() const;

    cv::VideoCapture video;
    const bool countIsExact;
    int total, frames, failures, lastNumber;
    int placesAhead; // how far the position is beyond the frame: some readers tell that of the next one
    int damaged;     // number of failures after which further frames came
    double seconds;  // time at which the last frame ends
};

#endif
