// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_MAP_NODES_HPP
#define OPENCV_ANOMALY_MAP_NODES_HPP

#include "../input/preprocess.hpp"
#include "../scoring/score_map.hpp"
#include "patch_nodes.hpp"

namespace cv { namespace anomaly {

/** @brief A linear operation on a map, as one matrix for its columns and one for its rows: to x from, CV_32F.

Interpolation, smoothing and stretching to the image's size are all linear along columns and along rows, so that two
small matrix products compute all of them together.
*/
struct MapSteps
{
    Mat columns, rows;

    Size size() const { return Size(columns.rows, rows.rows); }
};

//! MapMaker as steps: from a grid of patches to a map of the input's size.
MapSteps smoothMapSteps(Size grid, const MapSettings& settings);

//! Stretches a map by INTER_LINEAR into a part of a larger map, which is 0 elsewhere.
MapSteps placedSteps(Size map, const Rect& part, Size whole);

//! Combines steps: applies `first`, then `second`.
MapSteps operator*(const MapSteps& second, const MapSteps& first);

//! Adds nodes that apply the steps to a map.
MapsNode addSteps(OnnxBuilder& graph, const MapsNode& map, const MapSteps& steps);

//! Adds FittedModel::averageWithCropped as nodes: where both models see the image, the mean of `map` and `cropped`;
//! elsewhere `map`.
MapsNode addAverage(OnnxBuilder& graph, const MapsNode& map, const MapsNode& cropped, const Rect& shared);

//! Adds imageScore() as nodes: one number for each image.
std::string addImageScore(OnnxBuilder& graph, const MapsNode& map, int mode, double topShare);

}} // namespace cv::anomaly

#endif
