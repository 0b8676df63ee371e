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

//! The processor, as oneDNN has it.
const dnnl::engine& oneDnnEngine();

//! Rows of a layer's result, the rows of its input that they are computed from, and the rows of padding around these.
struct Strip
{
    bool isLike(const Strip& other) const
    {
        return to.size() == other.to.size() && from.size() == other.from.size() && above == other.above &&
               below == other.below;
    }

    Range from, to;
    int above, below;
};

/** @brief Cuts a layer into strips, by its numbers of rows only. window: null where a row is computed from the same row
of the input. */
std::vector<Strip> cutIntoStrips(int rowsIn, int rowsOut, const Window* window);

//! What computes strips that are alike.
struct StripPrimitive
{
    dnnl::primitive primitive;
    dnnl::memory::desc from, to, scratch;
    OneDnnArguments constants; // weights, packed
    int added;                 // the argument that is the second input; 0: it is what lies at the result before
};

//! A layer that oneDNN computes.
class OneDnnLayer : public NetworkLayer
{
public:
    virtual const Window* windowOrNull() const { return NULL; }
    //! For maps as rows x columns x channels. Not to be called by two threads at a time: packed weights are shared.
    virtual StripPrimitive prepare(const MapShape& in, const MapShape& out, const Strip& strip) const = 0;
};

class OneDnnLayerFactory CV_FINAL : public LayerFactory
{
public:
    std::unique_ptr<NetworkLayer> convolution(const Convolution& settings) const CV_OVERRIDE;
    std::unique_ptr<NetworkLayer> maxPool(const Window& window) const CV_OVERRIDE;
    std::unique_ptr<NetworkLayer> add() const CV_OVERRIDE;
    std::unique_ptr<NetworkLayer> clip(const Clip& range) const CV_OVERRIDE;
};

//! Turns channels x rows x columns into rows x columns x channels, or back.
std::unique_ptr<OneDnnLayer> createInterleaving();
std::unique_ptr<OneDnnLayer> createDeinterleaving();

}} // namespace cv::anomaly

#endif
