// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_SPADE_SCORER_HPP
#define OPENCV_ANOMALY_SPADE_SCORER_HPP

#include "feature_bank.hpp"

namespace cv { namespace anomaly {

//! Good images that are most similar to another image, nearest first; of equal ones the image with the lower index.
struct RetrievedImages
{
    std::vector<int> indices;
    double meanDistance; // mean Euclidean distance of the summaries: the image's score (@cite Cohen2020spade, Eq. 2)
};

//! Retrieves the K nearest images of the bank, or all if there are fewer. Images whose indices are in `without` are
//! skipped.
RetrievedImages retrieveImages(const Mat& summary, const FeatureBank& bank, int K,
                               const std::vector<int>& without = std::vector<int>());

/** @brief Scores the patches of a grid: distances to the nearest patch of the retrieved images, summed over the scales
(@cite Cohen2020spade, Eq. 3).

Each scale is compared at its own resolution, and its distances are interpolated bilinearly to the grid. A scale adds 0
if the retrieved images have no patch in it because of their masks.
@param retrieved indices of the retrieved images in the bank
@param maps results of averagedToGrid
@param engine ENGINE_PLAIN or ENGINE_HALIDE
@param scores CV_32F of the grid's size
*/
void scoreAgainst(const std::vector<int>& retrieved, const FeatureBank& bank, const std::vector<Mat>& maps, Size grid,
                  int engine, Mat& scores);

//! Squared distances of patches, the columns of phi, to the nearest of the rows, CV_32F: 1 x patches. Only in builds
//! with Halide.
void nearestRowsHalide(const Mat& rows, const Mat& phi, Mat& squaredDistances);

}} // namespace cv::anomaly

#endif
