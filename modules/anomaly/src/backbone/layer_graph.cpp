// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "layer_graph.hpp"

#include <set>

namespace cv { namespace anomaly {

namespace {

/** Turns an ONNX graph into layers. An activation, a sum or a batch normalization is fused into the convolution before
it. An activation that cannot be fused becomes pending: the layers that read the maps apply it while they load them, or
a layer of its own does. */
class GraphReader
{
public:
    GraphReader(const OnnxGraph& g, const std::vector<String>& names, const LayerFactory& f) : graph(g), factory(f)
    {
        result.count = 1;
        values[graph.input] = MapNumber{0, Clip()};
        for (const String& name : names)
            needed.insert(name);
        countUses();
        for (const OnnxNode& node : graph.nodes)
            if (!node.outputs.empty() && uses.count(node.outputs[0]))
                read(node);
        for (const String& name : names)
            result.outputs.push_back(valueOf(name));
        for (const std::unique_ptr<NetworkLayer>& layer : result.layers)
            layer->finish();
    }

    LayerGraph result;

private:
    // Counts how often each result is read. It goes from the last node to the first, so that nodes which lead to no
    // output are not counted.
    void countUses()
    {
        for (const std::string& name : needed)
            uses[name]++;
        for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node)
            if (!node->outputs.empty() && uses.count(node->outputs[0]))
                for (const std::string& name : node->inputs)
                    uses[name]++;
    }

    void read(const OnnxNode& node)
    {
        const std::string& type = node.type;
        if (type == "Conv")
            add(factory.convolution(Convolution(node, constantOf(node, 1), biasOf(node))), node);
        else if (type == "MaxPool")
            add(factory.maxPool(readMaxPool(node)), node);
        else if (type == "Add" && node.inputs.size() == 2)
            readAdd(node);
        else if (type == "BatchNormalization" && node.inputs.size() == 5)
            readNormalization(node);
        else if (type == "Relu" || type == "Clip")
            readClip(node, type == "Relu" ? Clip(0, FLT_MAX) : clipOf(node));
        else if (type == "Identity" || type == "Dropout")
            readIdentity(node);
        else
            CV_Error_(Error::StsNotImplemented, ("operator %s", type.c_str()));
    }

    const std::string& inputOf(const OnnxNode& node, size_t i) const
    {
        if (i >= node.inputs.size())
            CV_Error_(Error::StsParseError, ("%s has too few inputs", node.type.c_str()));
        return node.inputs[i];
    }

    // The constant that a node takes as input i; empty if there is none.
    Mat constantOf(const OnnxNode& node, size_t i) const
    {
        const auto found = i < node.inputs.size() ? graph.constants.find(node.inputs[i]) : graph.constants.end();
        return found == graph.constants.end() ? Mat() : found->second;
    }

    // The bias of a convolution; empty if it has none. One that is there must be known, or all results would lack it:
    // some forms of constants are not read, such as an attribute value_floats, or numbers in double precision.
    Mat biasOf(const OnnxNode& node) const
    {
        const Mat bias = constantOf(node, 2);
        if (bias.empty() && node.inputs.size() > 2 && !node.inputs[2].empty())
            CV_Error_(
                Error::StsNotImplemented,
                ("the bias '%s' of a convolution, which is no tensor in single precision", node.inputs[2].c_str()));
        return bias;
    }

    const MapNumber& valueOf(const std::string& name) const
    {
        const auto found = values.find(name);
        if (found == values.end())
            CV_Error_(Error::StsNotImplemented, ("'%s', which is the result of no layer", name.c_str()));
        return found->second;
    }

    // A result that is read once, and is no output of the network, may be changed by the layer that computes it.
    bool isReadOnce(const std::string& name) const { return uses.at(name) == 1 && !needed.count(name); }

    //! The layer that computes a result, if that may be changed and no activation is pending for it; else null.
    NetworkLayer* ownerOf(const std::string& name) const
    {
        const MapNumber& value = valueOf(name);
        if (!isReadOnce(name) || !value.pending.isNone())
            return NULL;
        for (const std::unique_ptr<NetworkLayer>& layer : result.layers)
            if (layer->output == value.number)
                return layer.get();
        return NULL;
    }

    void append(std::unique_ptr<NetworkLayer> layer, const std::string& name)
    {
        layer->output = result.count++;
        values[name] = MapNumber{layer->output, Clip()};
        result.layers.push_back(std::move(layer));
    }

    void add(std::unique_ptr<NetworkLayer> layer, const OnnxNode& node)
    {
        const std::string& input = inputOf(node, 0);
        const Clip pending = valueOf(input).pending;
        layer->input = pending.isNone() || layer->takeClipBefore(pending) ? valueOf(input).number : clipped(input);
        append(std::move(layer), node.outputs[0]);
    }

    //! The number of maps that have no pending activation: a layer is added that applies it, if there is one.
    int clipped(const std::string& name)
    {
        const MapNumber value = valueOf(name);
        if (!value.pending.isNone())
        {
            std::unique_ptr<NetworkLayer> layer = factory.clip(value.pending);
            layer->input = value.number;
            append(std::move(layer), name);
        }
        return valueOf(name).number;
    }

    // The result is another name for the input. If the input is read by others, too, its use count rises, so that
    // nothing is fused into it.
    void readIdentity(const OnnxNode& node)
    {
        const std::string& input = inputOf(node, 0);
        values[node.outputs[0]] = valueOf(input);
        if (!isReadOnce(input))
            uses[node.outputs[0]]++;
    }

    void readClip(const OnnxNode& node, const Clip& clip)
    {
        const std::string& input = inputOf(node, 0);
        NetworkLayer* const owner = ownerOf(input);
        if (owner && owner->takeClip(clip))
            values[node.outputs[0]] = valueOf(input);
        else
            values[node.outputs[0]] = MapNumber{clipped(input), clip};
    }

    Clip clipOf(const OnnxNode& node) const
    {
        Clip clip;
        const auto lowest = node.floats.find("min"), highest = node.floats.find("max");
        if (lowest != node.floats.end())
            clip.lowest = lowest->second;
        if (highest != node.floats.end())
            clip.highest = highest->second;
        for (size_t i = 1; i < node.inputs.size(); i++)
            if (!node.inputs[i].empty())
            {
                const Mat bound = constantOf(node, i);
                if (bound.total() != 1)
                    CV_Error(Error::StsNotImplemented, "Clip with bounds that are not constant");
                (i == 1 ? clip.lowest : clip.highest) = bound.at<float>(0);
            }
        return clip;
    }

    // The layer that comes later can add the result of the other one, which is already there.
    void readAdd(const OnnxNode& node)
    {
        int inputs[2];
        for (int i = 0; i < 2; i++)
            inputs[i] = clipped(node.inputs[i]);
        const int later = inputs[1] > inputs[0];
        NetworkLayer* const owner = ownerOf(node.inputs[later]);
        if (owner && inputs[0] != inputs[1] && owner->takeSum())
        {
            owner->added = inputs[1 - later];
            values[node.outputs[0]] = valueOf(node.inputs[later]);
            return;
        }
        std::unique_ptr<NetworkLayer> layer = factory.add();
        layer->input = inputs[0];
        layer->added = inputs[1];
        append(std::move(layer), node.outputs[0]);
    }

    void readNormalization(const OnnxNode& node)
    {
        Mat terms[4]; // scale, shift, mean, variance
        for (int i = 0; i < 4; i++)
        {
            const Mat term = constantOf(node, i + 1);
            if (term.empty() || term.total() != constantOf(node, 1).total())
                CV_Error(Error::StsNotImplemented, "BatchNormalization with terms that are not constant");
            terms[i] = term.reshape(1, 1);
        }
        const auto epsilon = node.floats.find("epsilon");
        Mat deviation;
        NetworkLayer* const owner = ownerOf(inputOf(node, 0));
        sqrt(terms[3] + (epsilon == node.floats.end() ? 1e-5f : epsilon->second), deviation);
        const Mat scale = terms[0] / deviation;
        if (!owner || !owner->takeScale(scale, terms[1] - terms[2].mul(scale)))
            CV_Error(Error::StsNotImplemented, "BatchNormalization that does not follow a convolution of its own");
        values[node.outputs[0]] = valueOf(node.inputs[0]);
    }

    const OnnxGraph& graph;
    const LayerFactory& factory;
    std::set<std::string> needed;
    std::map<std::string, int> uses;
    std::map<std::string, MapNumber> values;
};

//! Implementation of placeMaps.
class PlacesInMemory
{
public:
    PlacesInMemory(const LayerGraph& g, const std::vector<MapShape>& s, const MapSharing& how)
        : graph(g),
          shapes(s),
          sharing(how),
          lastUse(g.lastUses())
    {
        result.memoryOf.assign(graph.count, -1);
        if (sharing.keepsInput)
            lastUse[0] = INT_MAX;
        result.memoryOf[0] = take(shapes[0].bytes());
        for (size_t i = 0; i < graph.layers.size(); i++)
            place(int(i));
    }

    MapPlaces result;

private:
    void place(int i)
    {
        const NetworkLayer& layer = *graph.layers[i];
        if (isSumInPlace(i))
        {
            result.memoryOf[layer.output] = result.memoryOf[layer.added];
            giveBack(layer.input, i);
            return;
        }
        result.memoryOf[layer.output] = take(shapes[layer.output].bytes());
        giveBack(layer.input, i);
        giveBack(layer.added, i);
    }

    // Only a map that is read here for the last time can be overwritten by the sum. The convolution's own input cannot:
    // the layer still reads rows of it next to those that it has written.
    bool isSumInPlace(int i) const
    {
        const NetworkLayer& layer = *graph.layers[i];
        return sharing.sumsInPlace && layer.added >= 0 && layer.added != layer.input && lastUse[layer.added] == i;
    }

    void giveBack(int number, int i)
    {
        if (number >= 0 && lastUse[number] == i)
            taken[result.memoryOf[number]] = false;
    }

    //! Chooses, of all memories that are free, the one whose size fits best: growing costs twice as much as wasting.
    int take(size_t bytes)
    {
        const auto misfit = [bytes](size_t memory) { return memory >= bytes ? memory - bytes : 2 * (bytes - memory); };
        int best = -1;
        for (size_t i = 0; i < taken.size(); i++)
            if (!taken[i] && (best < 0 || misfit(result.bytes[i]) < misfit(result.bytes[best])))
                best = int(i);
        if (best < 0)
        {
            best = int(taken.size());
            taken.push_back(false);
            result.bytes.push_back(0);
        }
        result.bytes[best] = std::max(result.bytes[best], bytes);
        taken[best] = true;
        return best;
    }

    const LayerGraph& graph;
    const std::vector<MapShape>& shapes;
    const MapSharing sharing;
    std::vector<int> lastUse;
    std::vector<bool> taken;
};

} // namespace

MapPlaces placeMaps(const LayerGraph& graph, const std::vector<MapShape>& shapes, const MapSharing& sharing)
{
    return PlacesInMemory(graph, shapes, sharing).result;
}

std::vector<int> LayerGraph::lastUses() const
{
    std::vector<int> lastUse(count, -1);
    for (size_t i = 0; i < layers.size(); i++)
        for (const int number : {layers[i]->input, layers[i]->added})
            if (number >= 0)
                lastUse[number] = int(i);
    for (const MapNumber& value : outputs)
        lastUse[value.number] = INT_MAX;
    return lastUse;
}

std::vector<MapShape> LayerGraph::shapes(const MapShape& input) const
{
    std::vector<MapShape> shapes(count);
    shapes[0] = input;
    for (const std::unique_ptr<NetworkLayer>& layer : layers)
    {
        MapShape& shape = shapes[layer->output];
        shape = layer->outputShape(shapes[layer->input]);
        if (layer->added >= 0 &&
            (shapes[layer->added].channels != shape.channels || shapes[layer->added].size != shape.size))
            CV_Error(Error::StsNotImplemented, "Add of maps of different shapes");
        if (shape.total() > size_t(INT_MAX))
            refuseMap(shape.total());
    }
    return shapes;
}

LayerGraph readLayers(const OnnxGraph& graph, const std::vector<String>& outputs, const LayerFactory& factory)
{
    return std::move(GraphReader(graph, outputs, factory).result);
}

}} // namespace cv::anomaly
