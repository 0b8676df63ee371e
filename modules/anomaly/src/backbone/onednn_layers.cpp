// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "onednn_strips.hpp"
#include "winograd.hpp"

namespace cv { namespace anomaly {

namespace {

typedef dnnl::memory::desc Description;
typedef dnnl::memory::dims Sizes;
typedef dnnl::memory::format_tag Layout;

const dnnl::memory::data_type single = dnnl::memory::data_type::f32;

#if DNNL_VERSION_MAJOR >= 3
typedef dnnl::pooling_forward Pooling;
#else
typedef dnnl::pooling_v2_forward Pooling; // the one with dilation, which is the only one in oneDNN 3
#endif

dnnl::algorithm algorithmOf(const Clip& clip)
{
    return clip.isRelu() ? dnnl::algorithm::eltwise_relu : dnnl::algorithm::eltwise_clip;
}

// Adds clipping to the operations that oneDNN applies to each result.
void append(dnnl::post_ops& operations, const Clip& clip)
{
    if (clip.isNone())
        return;
    const float first = clip.isRelu() ? 0.f : clip.lowest, second = clip.isRelu() ? 0.f : clip.highest;
#if DNNL_VERSION_MAJOR >= 3
    operations.append_eltwise(algorithmOf(clip), first, second);
#else
    operations.append_eltwise(1.f, algorithmOf(clip), first, second);
#endif
}

// Attributes of a primitive that first adds its result to the output if `sum` is set, and then clips it.
dnnl::primitive_attr attributesOf(bool sum, const Clip& clip)
{
    dnnl::post_ops operations;
    if (sum)
        operations.append_sum(1.f);
    append(operations, clip);
    dnnl::primitive_attr attributes = withLentMemory();
    attributes.set_post_ops(operations);
    return attributes;
}

//! Some rows of one image's map that lies as rows x columns x channels.
Description rowsOf(const MapShape& map, const Range& rows)
{
    return Description({1, map.channels, rows.size(), map.size.width}, single, Layout::nhwc);
}

//! Some rows of one image's map that lies as channels x rows x columns.
Description planarRowsOf(const MapShape& map, const Range& rows)
{
    return Description({1, map.channels, rows.size(), map.size.width}, single,
                       {int64(map.channels) * map.size.area(), map.size.area(), map.size.width, 1});
}

// Bundles a primitive with the form of its maps. Constants are added by the caller.
template <typename PrimitiveDescription>
StripPrimitive stripPrimitive(const dnnl::primitive& primitive, const PrimitiveDescription& description,
                              const Description& from, const Description& to)
{
    return StripPrimitive{primitive, from, to, description.scratchpad_desc(), OneDnnArguments(), 0};
}

//! A convolution by oneDNN, with a batch norm, a sum and clipping included if they follow it.
class ConvolutionLayer CV_FINAL : public StripLayer, private Convolution
{
public:
    explicit ConvolutionLayer(const Convolution& c) : Convolution(c) {}

    MapShape outputShape(const MapShape& in) const CV_OVERRIDE { return Convolution::outputShape(in); }
    const Window* windowOrNull() const CV_OVERRIDE { return &window; }
    bool takeSum() CV_OVERRIDE { return clip.isNone() && added < 0; }

    bool takeScale(const Mat& scale, const Mat& shift) CV_OVERRIDE
    {
        return clip.isNone() && added < 0 && Convolution::takeScale(scale, shift);
    }

    bool takeClip(const Clip& other) CV_OVERRIDE { return clip.takeOver(other); }

    std::unique_ptr<PreparedLayer> prepare(const MapShape& in, const MapShape& out) const CV_OVERRIDE
    {
        const int side = winogradSide(*this, in, out);
        return side ? prepareWinograd(*this, clip, in, out, side, transformed) : StripLayer::prepare(in, out);
    }

    StripPrimitive prepareStrip(const MapShape& in, const MapShape& out, const Strip& strip) const CV_OVERRIDE
    {
        const Description from = rowsOf(in, strip.from), to = rowsOf(out, strip.to);
        const Sizes strides(2, window.stride), dilations(2, window.dilation - 1);
        const auto description = describe<dnnl::convolution_forward>(
            attributesOf(added >= 0, clip), dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
            from, Description(weightSizes(), single, Layout::any), Description({outputs}, single, Layout::x), to,
            strides, dilations, Sizes{strip.above, window.left}, Sizes{strip.below, window.right});
        StripPrimitive result = stripPrimitive(dnnl::convolution_forward(description), description, from, to);
        result.constants[DNNL_ARG_WEIGHTS] = weightsAs(description.weights_desc());
        result.constants[DNNL_ARG_BIAS] = dnnl::memory(description.bias_desc(), oneDnnEngine(), bias.data);
        return result;
    }

private:
    Sizes weightSizes() const
    {
        Sizes sizes = {outputs, weights.size[1], weights.size[2], weights.size[3]};
        if (groups > 1)
        {
            sizes[0] /= groups;
            sizes.insert(sizes.begin(), groups);
        }
        return sizes;
    }

    //! The weights packed for a primitive. They are kept for each format; most primitives ask for the same one.
    const dnnl::memory& weightsAs(const Description& form) const
    {
        for (const dnnl::memory& known : packed)
            if (known.get_desc() == form)
                return known;
        const Description plain(weightSizes(), single, groups > 1 ? Layout::goihw : Layout::oihw);
        packed.push_back(packedAs(form, plain, weights.ptr<float>()));
        return packed.back();
    }

    Clip clip;
    mutable std::vector<dnnl::memory> packed;
    mutable std::list<WinogradKernels> transformed;
};

//! Max pooling by oneDNN. Padding never gives the maximum.
class MaxPoolLayer CV_FINAL : public StripLayer
{
public:
    explicit MaxPoolLayer(const Window& w) : window(w) {}

    const Window* windowOrNull() const CV_OVERRIDE { return &window; }

    MapShape outputShape(const MapShape& in) const CV_OVERRIDE
    {
        return MapShape{in.images, in.channels, window.outputSize(in.size)};
    }

    StripPrimitive prepareStrip(const MapShape& in, const MapShape& out, const Strip& strip) const CV_OVERRIDE
    {
        const Description from = rowsOf(in, strip.from), to = rowsOf(out, strip.to);
        const Sizes strides(2, window.stride), sides(2, window.kernel.width), dilations(2, 0);
        const auto description = describe<Pooling>(withLentMemory(), dnnl::prop_kind::forward_inference,
                                                   dnnl::algorithm::pooling_max, from, to, strides, sides, dilations,
                                                   Sizes{strip.above, window.left}, Sizes{strip.below, window.right});
        return stripPrimitive(Pooling(description), description, from, to);
    }

private:
    const Window window;
};

//! The sum of two maps that no convolution could include.
class AddLayer CV_FINAL : public StripLayer
{
public:
    bool takeClip(const Clip& other) CV_OVERRIDE { return clip.takeOver(other); }

    StripPrimitive prepareStrip(const MapShape& in, const MapShape& out, const Strip& strip) const CV_OVERRIDE
    {
        const Description from = rowsOf(in, strip.from), to = rowsOf(out, strip.to);
        const auto description =
            describe<dnnl::binary>(attributesOf(false, clip), dnnl::algorithm::binary_add, from, from, to);
        StripPrimitive result = stripPrimitive(dnnl::binary(description), description, from, to);
        result.added = DNNL_ARG_SRC_1;
        return result;
    }

private:
    Clip clip;
};

//! Clipping that no other layer could include.
class ClipLayer CV_FINAL : public StripLayer
{
public:
    explicit ClipLayer(const Clip& c) : clip(c) {}

    StripPrimitive prepareStrip(const MapShape& in, const MapShape& out, const Strip& strip) const CV_OVERRIDE
    {
        const Description from = rowsOf(in, strip.from), to = rowsOf(out, strip.to);
        const float first = clip.isRelu() ? 0.f : clip.lowest, second = clip.isRelu() ? 0.f : clip.highest;
        const auto description = describe<dnnl::eltwise_forward>(withLentMemory(), dnnl::prop_kind::forward_inference,
                                                                 algorithmOf(clip), from,
#if DNNL_VERSION_MAJOR >= 3
                                                                 to,
#endif
                                                                 first, second);
        return stripPrimitive(dnnl::eltwise_forward(description), description, from, to);
    }

private:
    const Clip clip;
};

//! Changes the layout of maps between channels x rows x columns and rows x columns x channels.
class LayoutLayer CV_FINAL : public StripLayer
{
public:
    explicit LayoutLayer(bool interleaving) : interleaves(interleaving) {}

    StripPrimitive prepareStrip(const MapShape& in, const MapShape& out, const Strip& strip) const CV_OVERRIDE
    {
        const Description from = interleaves ? planarRowsOf(in, strip.from) : rowsOf(in, strip.from),
                          to = interleaves ? rowsOf(out, strip.to) : planarRowsOf(out, strip.to);
        const dnnl::reorder::primitive_desc description(oneDnnEngine(), from, oneDnnEngine(), to, withLentMemory());
        return stripPrimitive(dnnl::reorder(description), description, from, to);
    }

private:
    const bool interleaves;
};

} // namespace

std::unique_ptr<NetworkLayer> OneDnnLayerFactory::convolution(const Convolution& settings) const
{
    return std::unique_ptr<NetworkLayer>(new ConvolutionLayer(settings));
}

std::unique_ptr<NetworkLayer> OneDnnLayerFactory::maxPool(const Window& window) const
{
    return std::unique_ptr<NetworkLayer>(new MaxPoolLayer(window));
}

std::unique_ptr<NetworkLayer> OneDnnLayerFactory::add() const
{
    return std::unique_ptr<NetworkLayer>(new AddLayer);
}

std::unique_ptr<NetworkLayer> OneDnnLayerFactory::clip(const Clip& range) const
{
    return std::unique_ptr<NetworkLayer>(new ClipLayer(range));
}

std::unique_ptr<OneDnnLayer> createInterleaving()
{
    return std::unique_ptr<OneDnnLayer>(new LayoutLayer(true));
}

std::unique_ptr<OneDnnLayer> createDeinterleaving()
{
    return std::unique_ptr<OneDnnLayer>(new LayoutLayer(false));
}

}} // namespace cv::anomaly
