// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_WHITENING_HPP
#define OPENCV_ANOMALY_WHITENING_HPP

#include "descriptor.hpp"

namespace cv { namespace anomaly {

/** @brief Coordinates of patches along the axes of their covariance, each divided by its standard deviation to a power.

With the covariance C = V diag(v) V^T and its mean eigenvalue m, phi = diag((v + m / 100)^(-power / 2)) V^T (p - mean).
At power 0 distances stay as they are, at 1 they are Mahalanobis distances. The hundredth of m keeps axes along which
the sample does not vary at all from being stretched without bound.

patches: sample x features, CV_32F, at least one. channels: of each scale, whose sum is the features. axes: how many are
kept, those with the greatest variance; 0: all. There is at most one for each twelve patches, unless power is 0. The
descriptor ignores coordinates.
*/
Descriptor whitenedAxes(const Mat& patches, const std::vector<int>& channels, double power, int axes);

//! A descriptor that ignores coordinates. W: D' x D, b: D' x 1, both CV_32F.
Descriptor descriptorWithoutPlace(const std::vector<int>& channels, const Mat& W, const Mat& b);

}} // namespace cv::anomaly

#endif
