// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ONEDNN_LAYERS_HPP
#define OPENCV_ANOMALY_ONEDNN_LAYERS_HPP

#include "layer_graph.hpp"
#include "onednn_primitives.hpp"

#include <functional>

namespace cv { namespace anomaly {

//! What one thread needs to compute a part of a layer: a stream and scratch memory.
struct Worker
{
    Worker() : stream(oneDnnEngine()) {}

    dnnl::stream stream;
    Mat memory;
};

//! A map in memory, and the distance from one row to the next in floats.
struct PlacedMap
{
    float* row(int y) const { return data + y * step; }

    float* data; // null if there is no map
    size_t step;
};

//! The maps that a layer computes with, and memory for what its steps leave to each other.
struct LayerMaps
{
    PlacedMap in, added, out;
    float* between;
};

//! Parts of a layer that may be computed in any order, each by one thread.
struct Step
{
    int parts;
    std::function<void(int part, Worker& worker)> compute;
};

//! A layer bound to maps in memory: its steps, which are computed one after the other.
typedef std::vector<Step> BoundLayer;

//! A layer that is set up for maps of one size. It does not change once made.
class PreparedLayer
{
public:
    virtual ~PreparedLayer() {}
    //! Bytes of scratch memory that each thread needs.
    virtual size_t workerBytes() const = 0;
    //! Bytes of LayerMaps::between.
    virtual size_t bytesBetween() const { return 0; }
    //! Binds the layer, which has to outlive the result.
    virtual BoundLayer bind(const LayerMaps& maps) const = 0;
};

//! A layer that oneDNN computes.
class OneDnnLayer : public NetworkLayer
{
public:
    //! Sets up the layer for maps that lie as rows x columns x channels. Not safe for concurrent calls, because packed
    //! weights are shared.
    virtual std::unique_ptr<PreparedLayer> prepare(const MapShape& in, const MapShape& out) const = 0;
};

//! Makes the layers of a graph that oneDNN runs.
class OneDnnLayerFactory CV_FINAL : public LayerFactory
{
public:
    std::unique_ptr<NetworkLayer> convolution(const Convolution& settings) const CV_OVERRIDE;
    std::unique_ptr<NetworkLayer> maxPool(const Window& window) const CV_OVERRIDE;
    std::unique_ptr<NetworkLayer> add() const CV_OVERRIDE;
    std::unique_ptr<NetworkLayer> clip(const Clip& range) const CV_OVERRIDE;
};

//! Layers that change the layout from channels x rows x columns to rows x columns x channels, and back.
std::unique_ptr<OneDnnLayer> createInterleaving();
std::unique_ptr<OneDnnLayer> createDeinterleaving();

}} // namespace cv::anomaly

#endif
