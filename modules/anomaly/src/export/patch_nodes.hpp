// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_PATCH_NODES_HPP
#define OPENCV_ANOMALY_PATCH_NODES_HPP

#include "../backbone/onnx_builder.hpp"
#include "../patches/descriptor.hpp"

namespace cv { namespace anomaly {

//! A tensor of a graph that holds maps: batch x channels x rows x cols.
struct MapsNode
{
    std::string name;
    int channels;
    Size size;
};

//! What a method's part of a graph gives.
struct ScoreNodes
{
    MapsNode patches;       // one channel: the score of each patch
    std::string imageScore; // 1 x batch numbers where the method has a score of its own for an image, else ""
};

//! As poolPatches.
MapsNode addPooling(OnnxBuilder& graph, const MapsNode& maps);

//! Maps of another size, by interpolation: INTER_AREA or INTER_LINEAR.
MapsNode addResizing(OnnxBuilder& graph, const MapsNode& maps, Size size, int interpolation);

//! Some channels of maps.
MapsNode addChoice(OnnxBuilder& graph, const MapsNode& maps, const std::vector<int>& channels);

//! Channels of several maps of one size.
MapsNode addConcatenation(OnnxBuilder& graph, const std::vector<MapsNode>& maps);

//! As project(), less `offset`, D' x 1, from each descriptor; pooled: finest first.
MapsNode addProjection(OnnxBuilder& graph, const std::vector<MapsNode>& pooled, const Descriptor& descriptor,
                       const Mat& offset);

//! A 1x1 convolution. weights: of each new channel, D' x channels, CV_32F.
MapsNode addWeighting(OnnxBuilder& graph, const MapsNode& maps, const Mat& weights);

//! batch x patches x channels.
std::string addPatchRows(OnnxBuilder& graph, const MapsNode& maps);

//! Maps of one channel from a number for each patch, batch x patches.
MapsNode asMaps(OnnxBuilder& graph, const std::string& numbers, Size grid);

//! Sums along the last axis.
std::string addSum(OnnxBuilder& graph, const std::string& numbers);

//! Euclidean norms along the last axis.
std::string addNorm(OnnxBuilder& graph, const std::string& vectors);

}} // namespace cv::anomaly

#endif
