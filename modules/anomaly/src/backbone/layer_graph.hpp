// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_LAYER_GRAPH_HPP
#define OPENCV_ANOMALY_LAYER_GRAPH_HPP

#include "network_layers.hpp"
#include "onnx_graph.hpp"

#include <memory>

namespace cv { namespace anomaly {

//! Maps by number, and an activation that their reader is still to apply.
struct MapNumber
{
    int number;
    Clip pending;
};

//! The layers that lead to the outputs, and how many maps they pass on. Number 0 is the input.
struct LayerGraph
{
    //! By map: the last layer that reads it; -1 for none, INT_MAX for an output.
    std::vector<int> lastUses() const;
    //! Of all maps, for an input of this shape. Throws where layers do not take it.
    std::vector<MapShape> shapes(const MapShape& input) const;

    std::vector<std::unique_ptr<NetworkLayer>> layers;
    std::vector<MapNumber> outputs;
    int count;
};

//! Which memory each map lies in, and how large each memory is.
struct MapPlaces
{
    std::vector<int> memoryOf;
    std::vector<size_t> bytes;
};

struct MapSharing
{
    bool sumsInPlace; // a layer writes its sum over the maps that it adds, where nobody reads these later
    bool keepsInput;  // nothing is written over the input
};

/** @brief Memory for the maps of a network whose layers are computed one after the other: maps that are not read any
more give theirs to later ones. Outputs stay. */
MapPlaces placeMaps(const LayerGraph& graph, const std::vector<MapShape>& shapes, const MapSharing& sharing);

//! Makes the layers that compute a network. Each throws StsNotImplemented for what it can not compute.
class LayerFactory
{
public:
    virtual ~LayerFactory() {}
    virtual std::unique_ptr<NetworkLayer> convolution(const Convolution& settings) const = 0;
    virtual std::unique_ptr<NetworkLayer> maxPool(const Window& window) const = 0;
    virtual std::unique_ptr<NetworkLayer> add() const = 0;
    virtual std::unique_ptr<NetworkLayer> clip(const Clip& range) const = 0;
};

/** @brief Turns an ONNX graph into layers.

Throws StsNotImplemented, with its type, for an operator that is none of Conv, BatchNormalization behind a convolution,
Relu, Clip, Add, MaxPool, Identity and Dropout, and for an output that no layer gives.
*/
LayerGraph readLayers(const OnnxGraph& graph, const std::vector<String>& outputs, const LayerFactory& factory);

}} // namespace cv::anomaly

#endif
