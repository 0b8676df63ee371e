// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_RESAMPLING_HPP
#define OPENCV_ANOMALY_RESAMPLING_HPP

#include "opencv2/core.hpp"

#include <vector>

namespace cv { namespace anomaly {

/** @file
What cv::resize does along one axis, as numbers. They are read off cv::resize itself wherever it tells them, by images
of one bright line.
*/

//! Weights of a line's pixels in each of another line's: to x from, CV_32F. INTER_LINEAR of floating point images.
Mat linearWeights(int from, int to);

//! The same for both axes of a map: columns and rows. interpolation: INTER_AREA or INTER_LINEAR.
struct MapWeights
{
    Mat columns; // to.width x from.width, CV_32F
    Mat rows;    // to.height x from.height, CV_32F
};
MapWeights mapWeights(Size from, Size to, int interpolation);

//! What the Gaussian of a map does along a line of it: length x length, CV_32F.
Mat smoothingWeights(int length, double sigma);

//! A pixel as the sum of a few pixels of another line, in the order in which cv::resize adds them. Where it has fewer
//! than others, weights are 0.
struct LineTaps
{
    std::vector<std::vector<int64>> pixels; // taps x to
    std::vector<Mat> weights;               // taps, each 1 x to, CV_32F
};

//! INTER_AREA of a line that is shrunk.
LineTaps areaTaps(int from, int to);

//! INTER_LINEAR of 8-bit images, which is computed in whole numbers: two taps whose weights sum up to
//! linearTapsScale. isRow: whether the line is a row of the image, at whose ends cv::resize treats weights otherwise
//! than in a column.
LineTaps linearTaps(int from, int to, bool isRow);
const int linearTapsScale = 2048;

}} // namespace cv::anomaly

#endif
