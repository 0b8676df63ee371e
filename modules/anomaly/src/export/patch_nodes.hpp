// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_PATCH_NODES_HPP
#define OPENCV_ANOMALY_PATCH_NODES_HPP

#include "../backbone/onnx_builder.hpp"
#include "../patches/descriptor.hpp"

namespace cv { namespace anomaly {

//! A tensor that holds maps: batch x channels x rows x columns, float.
struct MapsNode
{
    std::string name;
    int channels;
    Size size;
};

//! What the nodes of a method compute.
struct ScoreNodes
{
    MapsNode patches;       // one channel: the score of each patch
    std::string imageScore; // one number for each image if the method has a score of its own for images, else ""
};

//! Adds poolPatches as a node.
MapsNode addPooling(OnnxBuilder& graph, const MapsNode& maps);

//! Adds nodes that resize maps. interpolation: INTER_AREA or INTER_LINEAR.
MapsNode addResizing(OnnxBuilder& graph, const MapsNode& maps, Size size, int interpolation);

//! Adds a node that copies some channels of maps.
MapsNode addChoice(OnnxBuilder& graph, const MapsNode& maps, const std::vector<int>& channels);

//! Adds a node that joins the channels of several maps of one size.
MapsNode addConcatenation(OnnxBuilder& graph, const std::vector<MapsNode>& maps);

//! Adds project() as nodes, minus `offset`, D' x 1, from each descriptor. pooled: results of addPooling, finest first.
MapsNode addProjection(OnnxBuilder& graph, const std::vector<MapsNode>& pooled, const Descriptor& descriptor,
                       const Mat& offset);

//! Adds a 1x1 convolution. weights: D' x channels, CV_32F, one row for each new channel.
MapsNode addWeighting(OnnxBuilder& graph, const MapsNode& maps, const Mat& weights);

//! Adds nodes that turn maps into vectors of patches: batch x patches x channels.
std::string addPatchRows(OnnxBuilder& graph, const MapsNode& maps);

//! Adds a node that turns a number for each patch, batch x patches, into maps of one channel.
MapsNode asMaps(OnnxBuilder& graph, const std::string& numbers, Size grid);

//! Adds a node that sums along the last axis.
std::string addSum(OnnxBuilder& graph, const std::string& numbers);

//! Adds nodes that compute the Euclidean norm along the last axis.
std::string addNorm(OnnxBuilder& graph, const std::string& vectors);

}} // namespace cv::anomaly

#endif
