// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_CHANNEL_REDUCTION_HPP
#define OPENCV_ANOMALY_CHANNEL_REDUCTION_HPP

#include "opencv2/core.hpp"

#include <vector>

namespace cv { namespace anomaly {

//! d of D channels, drawn without replacement and sorted, so that they are read in the order in which they lie (Defard
//! et al. 2021, Sec. 3.1: a random choice loses less than a PCA of the same size).
CV_EXPORTS std::vector<int> randomChannels(int count, int features, int seed);

//! A projection of D features to d with orthonormal rows, d x D, CV_32F: the Q of a Gaussian matrix's QR decomposition
//! (Kim et al. 2021, "Semi-orthogonal embedding for efficient unsupervised anomaly segmentation").
CV_EXPORTS Mat orthogonalProjection(int count, int features, int seed);

}} // namespace cv::anomaly

#endif
