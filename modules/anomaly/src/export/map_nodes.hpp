// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_MAP_NODES_HPP
#define OPENCV_ANOMALY_MAP_NODES_HPP

#include "../input/preprocess.hpp"
#include "../scoring/score_map.hpp"
#include "patch_nodes.hpp"

namespace cv { namespace anomaly {

/** @brief What becomes of a map's columns and rows, one after the other: to x from, CV_32F.

Upsampling, smoothing and what brings a map to the image's size are all linear along columns and rows, so that two
small products do all of them at once.
*/
struct MapSteps
{
    Mat columns, rows;

    Size size() const { return Size(columns.rows, rows.rows); }
};

//! As MapMaker: from a grid of patches to a map of the input's size.
MapSteps smoothMapSteps(Size grid, const MapSettings& settings);

//! As resize by INTER_LINEAR into a part of a larger map, which is 0 elsewhere.
MapSteps placedSteps(Size map, const Rect& part, Size whole);

//! First one, then the other.
MapSteps operator*(const MapSteps& second, const MapSteps& first);

//! The map that these steps make of another one.
MapsNode addSteps(OnnxBuilder& graph, const MapsNode& map, const MapSteps& steps);

//! As averageWithCropped of an ensemble: `map`, and half of it with half of `cropped` where both see the image.
MapsNode addAverage(OnnxBuilder& graph, const MapsNode& map, const MapsNode& cropped, const Rect& shared);

//! As imageScore(): a number for each image.
std::string addImageScore(OnnxBuilder& graph, const MapsNode& map, int mode, double topShare);

}} // namespace cv::anomaly

#endif
