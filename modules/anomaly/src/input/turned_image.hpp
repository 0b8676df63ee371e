// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_TURNED_IMAGE_HPP
#define OPENCV_ANOMALY_TURNED_IMAGE_HPP

#include "opencv2/core.hpp"

namespace cv { namespace anomaly {

//! The most turns of an image: steps of 5.6 degrees.
const int mostRotations = 64;

/** @brief An image and its mask, turned about their center in even steps over 360 degrees.

A turned image has the size of the image, so its corners show what lies beyond the image's edge. There the image is
mirrored, because the network would take any other filling for an edge of the part, and the mask is 0, so that it is not
learned.
*/
class TurnedImage
{
public:
    //! mask: empty, or CV_8UC1 of the image's size. input: size of the network's input. turns: number of steps, at
    //! least 1.
    TurnedImage(const Mat& image, const Mat& mask, Size input, int turns);

    //! Returns the image after `turn` steps; turn 0 is the image itself.
    Mat image(int turn) const;
    //! Returns the mask after `turn` steps, CV_8UC1, nonzero on pixels that are learned. Only turn 0 may be empty,
    //! which means that all pixels are learned.
    Mat mask(int turn) const;

private:
    Mat rotation(int turn) const;

    const Mat whole, wholeMask;
    const int turns;
    Mat small, smallMask; // what is turned, at no more than twice the input's resolution
};

}} // namespace cv::anomaly

#endif
