// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_WHITENING_HPP
#define OPENCV_ANOMALY_WHITENING_HPP

#include "descriptor.hpp"

namespace cv { namespace anomaly {

/** @brief Makes a descriptor of coordinates along the axes of the patches' covariance, each divided by its standard
deviation to a power.

With the covariance C = V diag(v) V^T and its mean eigenvalue m, phi = diag((v + m / 100)^(-power / 2)) V^T (p - mean).
With power 0 distances do not change, with power 1 they are Mahalanobis distances. Adding m / 100 limits the stretching
of axes along which the sample does not vary.
@param patches sample x features, CV_32F, at least one row
@param channels number of channels of each scale; their sum is the number of features
@param power 0 to 1
@param axes number of axes that are kept, those with the greatest variance; 0: all of them. Unless power is 0, at most
one axis is kept for each twelve patches
@return a descriptor that ignores the coordinates of row and column
*/
Descriptor whitenedAxes(const Mat& patches, const std::vector<int>& channels, double power, int axes);

//! Makes a descriptor that ignores the coordinates of row and column. W: D' x D, b: D' x 1, both CV_32F.
Descriptor descriptorWithoutPlace(const std::vector<int>& channels, const Mat& W, const Mat& b);

}} // namespace cv::anomaly

#endif
