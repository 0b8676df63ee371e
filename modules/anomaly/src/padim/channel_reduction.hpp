// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_CHANNEL_REDUCTION_HPP
#define OPENCV_ANOMALY_CHANNEL_REDUCTION_HPP

#include "opencv2/core.hpp"

#include <vector>

namespace cv { namespace anomaly {

//! Draws d of D channels without replacement, in rising order, so that they are read in the order of memory (@cite
//! Defard2021padim, Sec. 3.1: a random choice loses less than a PCA of the same size).
std::vector<int> randomChannels(int count, int features, int seed);

//! Draws a projection of D features to d with orthonormal rows, d x D, CV_32F: the Q of a QR decomposition of a
//! Gaussian matrix (Kim et al. 2021, "Semi-orthogonal embedding for efficient unsupervised anomaly segmentation").
Mat orthogonalProjection(int count, int features, int seed);

//! Reduces the D channels of all maps to the d features of a position.
struct ChannelReduction
{
    std::vector<int> channels; // of each map; their sum is D
    std::vector<int> drawn;    // d indices from 0 to D - 1, rising; empty with a projection
    Mat projection;            // d x D, CV_32F; empty if channels are drawn

    int length() const { return projection.empty() ? int(drawn.size()) : projection.rows; }

    //! Copies the drawn channels of maps, 1 x channels x rows x columns each. Maps of which no channel was drawn are
    //! left out. This may be done before the maps are averaged over 3x3: with 100 of 1056 channels that saves nine
    //! tenths of the work.
    std::vector<Mat> neededOf(const std::vector<Mat>& maps) const;

    //! Features of each position of the grid, d x positions, CV_32F. pooled: results of neededOf, averaged over 3x3.
    Mat reduce(const std::vector<Mat>& pooled, Size grid) const;
};

}} // namespace cv::anomaly

#endif
