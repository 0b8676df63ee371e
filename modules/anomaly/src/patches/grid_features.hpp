// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_GRID_FEATURES_HPP
#define OPENCV_ANOMALY_GRID_FEATURES_HPP

#include "opencv2/core.hpp"

#include <vector>

namespace cv { namespace anomaly {

//! Size of the patch grid for an input of this size, one patch for each `stride` pixels, rounded, and at least one.
Size gridOfStride(Size input, int stride);

//! Averages maps that are finer than the grid to its size. Other maps are returned unchanged. Maps are 1 x channels x
//! rows x columns, CV_32F.
std::vector<Mat> averagedToGrid(const std::vector<Mat>& maps, Size grid);

//! The interpolation by which a map of this size is brought to the grid: INTER_AREA, which averages, or INTER_LINEAR.
int gridInterpolation(Size map, Size grid);

//! Joins the channels of all maps at each patch of one grid: phi is features x patches, CV_32F. Coarser maps are
//! interpolated (bilinear, half-pixel centers) and finer ones averaged.
void gridFeatures(const std::vector<Mat>& maps, Size grid, Mat& phi);

//! Brings a mask of patches from one grid to another by the nearest patch: 1 x patches, CV_8U. The result is empty if
//! the mask is.
Mat maskOnGrid(const Mat& mask, Size maskGrid, Size grid);

//! Whether a patch counts by a mask of patches: all do if it is empty.
inline bool isLearned(const Mat& mask, int patch)
{
    return mask.empty() || mask.at<uchar>(patch);
}

}} // namespace cv::anomaly

#endif
