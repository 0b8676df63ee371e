// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_TURNED_IMAGE_HPP
#define OPENCV_ANOMALY_TURNED_IMAGE_HPP

#include "opencv2/core.hpp"

namespace cv { namespace anomaly {

/** @brief An image and its mask, turned about their center by even steps of a whole turn.

A turned image keeps the sides of the image, so that its corners show what lies beyond the image's edge. That is
mirrored, since the network would take any other filling for an edge of the part, and the mask is zero on it.
*/
class TurnedImage
{
public:
    //! mask: empty, or of the image's size. input: what the network sees of the image. turns: 1 or more.
    TurnedImage(const Mat& image, const Mat& mask, Size input, int turns);

    //! turn: 0 for the image as it is, less than the number of turns.
    Mat image(int turn) const;
    //! CV_8UC1, nonzero on what is to be learned. Empty if everything is, which only the image as it is can be.
    Mat mask(int turn) const;

private:
    Mat rotation(int turn) const;

    const Mat whole, wholeMask;
    const int turns;
    Mat small, smallMask; // what is turned: no larger than the network can tell
};

}} // namespace cv::anomaly

#endif
