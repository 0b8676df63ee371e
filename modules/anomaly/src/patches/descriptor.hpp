// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_DESCRIPTOR_HPP
#define OPENCV_ANOMALY_DESCRIPTOR_HPP

#include "opencv2/core.hpp"

#include <vector>

namespace cv { namespace anomaly {

/** @brief A 1x1 convolution with coordinates (CoordConv): phi = W [p; row; column] + b for every patch.

p holds the channels of all scales, each averaged over 3x3 and brought to the finest scale. A 1x1 convolution commutes
with averaging and upsampling, so each scale is projected at its own resolution: for EfficientNet-Lite0 0.2 instead of
0.9 GFMA an image.
*/
struct Descriptor
{
    std::vector<int> channels; // of each scale, finest first
    Mat W;                     // D' x (D + 2), CV_32F: columns are the scales' channels, then row, then column
    Mat b;                     // D' x 1, CV_32F

    int length() const { return W.rows; }
    //! The columns of W for one scale, D' x channels[scale].
    Mat weights(size_t scale) const;
    //! The columns of W for row and column coordinates, D' x 2.
    Mat coordinateWeights() const;
    //! The coordinates' columns of W, and b, D' x 3: what a scale's projection starts from. Zeros but for the finest
    //! scale, with which they are added once.
    Mat placeTerms(size_t scale) const;
};

//! The 3x3 average (stride 1, padding 1, padding counted) of each 1 x channels x rows x cols map.
std::vector<Mat> poolPatches(const std::vector<Mat>& maps);

//! Channels of each map.
std::vector<int> channelsOf(const std::vector<Mat>& maps);

//! Columns and rows of a feature map.
Size sizeOf(const Mat& map);

//! Size of the patch grid: that of the first map.
Size patchGrid(const std::vector<Mat>& maps);

//! Descriptors of all patches of pooled maps, D' x patches, CV_32F: patches innermost, as the maps come.
Mat project(const std::vector<Mat>& pooled, const Descriptor& descriptor);

}} // namespace cv::anomaly

#endif
