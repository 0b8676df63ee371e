// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_INT8_LAYERS_HPP
#define OPENCV_ANOMALY_INT8_LAYERS_HPP

#include "int8_kernels.hpp"
#include "layer_graph.hpp"

namespace cv { namespace anomaly {

//! How the bytes of a map stand for its values: value = (byte - zero) * scale of the channel.
struct MapScale
{
    //! Spreads the bytes over the ranges of channels, or over one range of all. Each holds 0, so that padding is exact.
    //! means: of the channels' values, or of all.
    MapScale(const std::vector<Vec2f>& ranges, const std::vector<float>& means);

    float of(int channel) const { return scales[scales.size() > 1 ? channel : 0]; }
    //! The mean of a channel's values in steps of its bytes.
    float meanSteps(int channel) const { return means[means.size() > 1 ? channel : 0] / of(channel); }
    //! Whether all channels have one scale.
    bool isUniform() const { return std::equal(scales.begin() + 1, scales.end(), scales.begin()); }

    std::vector<float> scales, means; // of each channel, or one of all
    int zero;
};

//! A map in memory that lies as rows x columns x channels.
struct Int8Map
{
    uchar* row(int y) const { return data + size_t(y) * size.width * channels; }

    uchar* data;
    Size size;
    int channels;
};

//! The maps of a layer. `added` has no memory if nothing is added, `to` has none if values are only measured.
struct Int8Maps
{
    Int8Map from, added, to;
};

//! A layer with its weights as whole numbers. It never changes once made, so calls share it.
class Int8Step
{
public:
    virtual ~Int8Step() {}
    //! Computes some rows of the result, or updates `extremes` of its channels if `to` has no memory. What one call
    //! writes does not depend on others. `scratch` is kept from call to call by one thread.
    virtual void run(const Int8Maps& maps, const Range& rows, Mat& scratch, Int8Extremes* extremes) const = 0;
};

//! The scales of the maps of a layer. added, to: null if nothing is added, and if values are only measured.
struct LayerScales
{
    const MapScale* from;
    const MapScale* added;
    const MapScale* to;
};

//! A layer that is computed in whole numbers of 8 bits.
class Int8Layer : public NetworkLayer
{
public:
    //! Makes the whole-number form of this layer.
    virtual std::unique_ptr<const Int8Step> quantized(const LayerScales& scales, const Int8Kernels& kernels) const = 0;
    //! The range to which the result is clipped. Measured values are not.
    virtual Clip clipOfResult() const { return Clip(); }
    //! Number of channels of the result; 0: as many as the input has.
    virtual int channelsOfResult() const { return 0; }
    //! Whether the result has the scale of the input: no value of it lies outside of the input's range.
    virtual bool keepsScale() const { return false; }
};

//! Makes the layers of a graph. Throws StsNotImplemented, naming the layer, for a convolution in several groups of
//! several channels, and for one that sums up more products than 32 bits hold.
class Int8LayerFactory CV_FINAL : public LayerFactory
{
public:
    std::unique_ptr<NetworkLayer> convolution(const Convolution& settings) const CV_OVERRIDE;
    std::unique_ptr<NetworkLayer> maxPool(const Window& window) const CV_OVERRIDE;
    std::unique_ptr<NetworkLayer> add() const CV_OVERRIDE;
    std::unique_ptr<NetworkLayer> clip(const Clip& range) const CV_OVERRIDE;
};

}} // namespace cv::anomaly

#endif
