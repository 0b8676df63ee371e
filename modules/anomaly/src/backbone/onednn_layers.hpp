// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ONEDNN_LAYERS_HPP
#define OPENCV_ANOMALY_ONEDNN_LAYERS_HPP

#include "layer_graph.hpp"

#include "oneapi/dnnl/dnnl.hpp"

#include <unordered_map>

namespace cv { namespace anomaly {

typedef std::unordered_map<int, dnnl::memory> OneDnnArguments;

//! The processor as oneDNN's engine.
const dnnl::engine& oneDnnEngine();

//! Some rows of a layer's result, the rows of its input that they are computed from, and rows of padding above and
//! below.
struct Strip
{
    //! Whether the same primitive computes both strips.
    bool isLike(const Strip& other) const
    {
        return to.size() == other.to.size() && from.size() == other.from.size() && above == other.above &&
               below == other.below;
    }

    Range from, to;
    int above, below;
};

/** @brief Cuts a layer into strips, depending only on its numbers of rows. window: null if each row is computed from
the same row of the input. */
std::vector<Strip> cutIntoStrips(int rowsIn, int rowsOut, const Window* window);

//! A primitive for all strips that are alike.
struct StripPrimitive
{
    dnnl::primitive primitive;
    dnnl::memory::desc from, to, scratch;
    OneDnnArguments constants; // weights, packed
    int added;                 // argument of the second input; 0: it is added to the values that lie at the result
};

//! A layer that oneDNN computes.
class OneDnnLayer : public NetworkLayer
{
public:
    virtual const Window* windowOrNull() const { return NULL; }
    //! Sets up a strip of maps that lie as rows x columns x channels. Not safe for concurrent calls, because packed
    //! weights are shared.
    virtual StripPrimitive prepare(const MapShape& in, const MapShape& out, const Strip& strip) const = 0;
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
