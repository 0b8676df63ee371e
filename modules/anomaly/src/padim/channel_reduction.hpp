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
std::vector<int> randomChannels(int count, int features, int seed);

//! A projection of D features to d with orthonormal rows, d x D, CV_32F: the Q of a Gaussian matrix's QR decomposition
//! (Kim et al. 2021, "Semi-orthogonal embedding for efficient unsupervised anomaly segmentation").
Mat orthogonalProjection(int count, int features, int seed);

//! How the D channels of all maps become the d features of a position.
struct ChannelReduction
{
    std::vector<int> channels; // of each map, D together
    std::vector<int> drawn;    // d of 0 .. D-1, rising; empty with a projection
    Mat projection;            // d x D, CV_32F; empty where channels are drawn

    int length() const { return projection.empty() ? int(drawn.size()) : projection.rows; }

    //! The channels that are needed of maps, 1 x channels x rows x cols each, without maps of which none is needed.
    //! They may be pooled afterwards as well as before: of 100 channels of 1056 that is a tenth of the work.
    std::vector<Mat> neededOf(const std::vector<Mat>& maps) const;

    //! Features of each position of the grid, d x positions, CV_32F, of pooled maps that `neededOf` gave.
    Mat reduce(const std::vector<Mat>& pooled, Size grid) const;
};

}} // namespace cv::anomaly

#endif
