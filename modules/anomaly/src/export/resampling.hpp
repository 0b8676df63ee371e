// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_RESAMPLING_HPP
#define OPENCV_ANOMALY_RESAMPLING_HPP

#include "opencv2/core.hpp"

#include <vector>

namespace cv { namespace anomaly {

/** @file
The weights with which cv::resize combines pixels along one axis. Wherever possible they are read off the results of
cv::resize itself, for images in which a single line is bright.
*/

//! Weights of INTER_LINEAR for floating point images: the share of each pixel in each pixel of the new line, to x from,
//! CV_32F.
Mat linearWeights(int from, int to);

//! Weights for both axes of a map. interpolation: INTER_AREA or INTER_LINEAR.
struct MapWeights
{
    Mat columns; // to.width x from.width, CV_32F
    Mat rows;    // to.height x from.height, CV_32F
};
MapWeights mapWeights(Size from, Size to, int interpolation);

//! Weights with which the smoothing of a map combines the pixels of a line: length x length, CV_32F.
Mat smoothingWeights(int length, double sigma);

//! The pixels of a new line as sums of a few pixels each, in the order in which cv::resize adds them. Pixels with fewer
//! summands than others have weights of 0.
struct LineTaps
{
    std::vector<std::vector<int64>> pixels; // taps x to
    std::vector<Mat> weights;               // taps, each 1 x to, CV_32F
};

//! Weights of INTER_AREA for a line that becomes shorter.
LineTaps areaTaps(int from, int to);

//! Weights of INTER_LINEAR for 8-bit images, which cv::resize computes in integers: two for each pixel, with the sum
//! linearTapsScale. isRow: whether the line is a row; cv::resize treats the ends of rows and columns differently.
LineTaps linearTaps(int from, int to, bool isRow);
const int linearTapsScale = 2048;

}} // namespace cv::anomaly

#endif
