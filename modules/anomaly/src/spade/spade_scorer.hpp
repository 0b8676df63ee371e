// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_SPADE_SCORER_HPP
#define OPENCV_ANOMALY_SPADE_SCORER_HPP

#include "feature_bank.hpp"

namespace cv { namespace anomaly {

//! Good images that are most like another, nearest first; ties go to the lower index.
struct RetrievedImages
{
    std::vector<int> indices;
    double meanDistance; // Euclidean, of the summaries: the image's score (Eq. 2)
};

//! The K images of the bank that are nearest, or all if there are fewer; those numbered in `without` are passed over.
RetrievedImages retrieveImages(const Mat& summary, const FeatureBank& bank, int K,
                               const std::vector<int>& without = std::vector<int>());

/** @brief Scores of a grid's patches: distances to the nearest patch of the retrieved images, summed over the scales
(Eq. 3).

Each scale is compared at its own resolution, and its distances are brought to the grid bilinearly. A scale of which the
retrieved images have no patch, since masks left none, adds 0.
@param maps as averagedToGrid gives them
@param engine ENGINE_PLAIN or ENGINE_HALIDE
@param scores CV_32F of the grid's size
*/
void scoreAgainst(const std::vector<int>& retrieved, const FeatureBank& bank, const std::vector<Mat>& maps, Size grid,
                  int engine, Mat& scores);

//! Squared distances of patches, the columns of phi, to the nearest of the rows, CV_32F: 1 x patches. In builds that
//! have Halide.
void nearestRowsHalide(const Mat& rows, const Mat& phi, Mat& squaredDistances);

}} // namespace cv::anomaly

#endif
