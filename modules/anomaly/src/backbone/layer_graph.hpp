// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_LAYER_GRAPH_HPP
#define OPENCV_ANOMALY_LAYER_GRAPH_HPP

#include "network_layers.hpp"
#include "onnx_graph.hpp"

#include <memory>

namespace cv { namespace anomaly {

//! The number of some maps, and an activation that the layer which reads them still has to apply.
struct MapNumber
{
    int number;
    Clip pending;
};

//! The layers that lead to the outputs, in the order of computation. Maps have numbers from 0, the input, to count - 1.
struct LayerGraph
{
    //! For each map the index of the last layer that reads it; -1 for none, INT_MAX for an output.
    std::vector<int> lastUses() const;
    //! Shapes of all maps for an input of this shape. Throws if a layer does not take its input.
    std::vector<MapShape> shapes(const MapShape& input) const;

    std::vector<std::unique_ptr<NetworkLayer>> layers;
    std::vector<MapNumber> outputs;
    int count;
};

//! The memory in which each map lies, by index, and the size of each memory in bytes.
struct MapPlaces
{
    std::vector<int> memoryOf;
    std::vector<size_t> bytes;
};

//! Rules for maps that share memory.
struct MapSharing
{
    bool sumsInPlace; // a layer writes its sum over the maps that it adds if no later layer reads these
    bool keepsInput;  // no map is written over the input
};

/** @brief Assigns memory to the maps of a network whose layers are computed one after the other: maps that are no
longer read give theirs to later maps. Outputs keep theirs. */
MapPlaces placeMaps(const LayerGraph& graph, const std::vector<MapShape>& shapes, const MapSharing& sharing);

//! Makes the layers that compute a network. Each function throws StsNotImplemented for a layer that cannot be computed.
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

Throws StsNotImplemented with the type of an operator that is not one of Conv, BatchNormalization after a convolution,
Relu, Clip, Add, MaxPool, Identity and Dropout, and for an output that no layer computes.
*/
LayerGraph readLayers(const OnnxGraph& graph, const std::vector<String>& outputs, const LayerFactory& factory);

}} // namespace cv::anomaly

#endif
