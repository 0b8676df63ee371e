// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_DESCRIPTOR_HPP
#define OPENCV_ANOMALY_DESCRIPTOR_HPP

#include "opencv2/core.hpp"

#include <vector>

namespace cv { namespace anomaly {

/** @brief A 1x1 convolution with coordinates (CoordConv): phi = W [p; row; column] + b for every patch.

p holds the channels of all scales, each averaged over 3x3 and interpolated to the finest scale. A 1x1 convolution
commutes with averaging and interpolation, so each scale is projected at its own resolution: for EfficientNet-Lite0 that
takes 0.2 instead of 0.9 billion multiply-adds for an image.
*/
struct Descriptor
{
    std::vector<int> channels; // of each scale, finest first; their sum is D
    Mat W;                     // D' x (D + 2), CV_32F: columns for the channels of all scales, then for row and column
    Mat b;                     // D' x 1, CV_32F

    int length() const { return W.rows; }
    //! Columns of W for one scale, D' x channels[scale].
    Mat weights(size_t scale) const;
    //! Columns of W for the coordinates of row and column, D' x 2.
    Mat coordinateWeights() const;
    //! Columns of W for the coordinates, and b: D' x 3, the terms that are added to a scale's projection. They are
    //! zeros except for the finest scale, so that they are added once.
    Mat placeTerms(size_t scale) const;
};

//! Averages each map, 1 x channels x rows x columns, over 3x3 (stride 1, padding of zeros that count as values).
std::vector<Mat> poolPatches(const std::vector<Mat>& maps);

//! Number of channels of each map.
std::vector<int> channelsOf(const std::vector<Mat>& maps);

//! Columns and rows of a feature map.
Size sizeOf(const Mat& map);

//! Size of the patch grid: that of the first map.
Size patchGrid(const std::vector<Mat>& maps);

//! Descriptors of all patches of maps that are already averaged: D' x patches, CV_32F. Patches are in the order of the
//! finest map's pixels, row by row.
Mat project(const std::vector<Mat>& pooled, const Descriptor& descriptor);

}} // namespace cv::anomaly

#endif
