// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_GRID_FEATURES_HPP
#define OPENCV_ANOMALY_GRID_FEATURES_HPP

#include "opencv2/core.hpp"

#include <vector>

namespace cv { namespace anomaly {

//! Patches of an input of this size, one for each `stride` pixels, rounded; at least one.
Size gridOfStride(Size input, int stride);

//! Maps that are finer than the grid, averaged to it; the others as they are. Each 1 x channels x rows x cols, CV_32F.
std::vector<Mat> averagedToGrid(const std::vector<Mat>& maps, Size grid);

//! How a map of this size is brought to the grid: INTER_AREA, which averages, or INTER_LINEAR.
int gridInterpolation(Size map, Size grid);

//! The channels of all maps at each patch of one grid, features x patches, CV_32F: coarser maps are interpolated
//! (bilinear, half-pixel centers), finer ones averaged.
void gridFeatures(const std::vector<Mat>& maps, Size grid, Mat& phi);

//! A mask of patches of a finer or coarser grid on this one, by the nearest patch; empty where it is.
Mat maskOnGrid(const Mat& mask, Size maskGrid, Size grid);

}} // namespace cv::anomaly

#endif
