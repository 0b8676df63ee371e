// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "gpu_network.hpp"
#include "../base/error_text.hpp"
#include "gpu_layers.hpp"
#include "../device/gpu_queue.hpp"
#include "../device/halide_runtime.hpp"
#include "onnx_graph.hpp"

#include "anomaly_gpu_clip_map.h"
#include "anomaly_gpu_image_planes.h"

#include "opencv2/dnn.hpp"

#include <mutex>
#include <set>

namespace cv { namespace anomaly {

namespace {

//! Maps by number, and an activation that their reader is still to apply.
struct Value
{
    int number;
    Clip pending;
};

//! The layers that lead to the outputs, and how many maps they pass on. Number 0 is the input.
struct LayerGraph
{
    std::vector<std::unique_ptr<GpuLayer>> layers;
    std::vector<Value> outputs;
    int count;
};

/** Turns an ONNX graph into layers. An activation, a sum or a batch normalization goes into the convolution before it;
an activation that does not fit there is left to the readers, of which most apply it as they load. */
class GraphReader
{
public:
    GraphReader(const OnnxGraph& g, const std::vector<String>& names, bool digits) : graph(g), threeDigits(digits)
    {
        result.count = 1;
        values[graph.input] = Value{0, Clip()};
        for (const String& name : names)
            needed.insert(name);
        countUses();
        for (const OnnxNode& node : graph.nodes)
            if (!node.outputs.empty() && uses.count(node.outputs[0]))
                read(node);
        for (const String& name : names)
            result.outputs.push_back(valueOf(name));
        for (const std::unique_ptr<GpuLayer>& layer : result.layers)
            layer->finish();
    }

    LayerGraph result;

private:
    // From the back, so that what leads to no output counts as no use.
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
            add(createConvolutionLayer(node, constantOf(node, 1), constantOf(node, 2), threeDigits), node);
        else if (type == "MaxPool")
            add(createMaxPoolLayer(node), node);
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

    // Empty where there is none.
    Mat constantOf(const OnnxNode& node, size_t i) const
    {
        const auto found = i < node.inputs.size() ? graph.constants.find(node.inputs[i]) : graph.constants.end();
        return found == graph.constants.end() ? Mat() : found->second;
    }

    const Value& valueOf(const std::string& name) const
    {
        const auto found = values.find(name);
        if (found == values.end())
            CV_Error_(Error::StsNotImplemented, ("'%s', which no layer gives", name.c_str()));
        return found->second;
    }

    // What is read once only, and by nobody outside, may be changed before it is read.
    bool isReadOnce(const std::string& name) const { return uses.at(name) == 1 && !needed.count(name); }

    //! The layer that gives maps which nobody else reads and no activation changed; null: there is none.
    GpuLayer* ownerOf(const std::string& name) const
    {
        const Value& value = valueOf(name);
        if (!isReadOnce(name) || !value.pending.isNone())
            return NULL;
        for (const std::unique_ptr<GpuLayer>& layer : result.layers)
            if (layer->output == value.number)
                return layer.get();
        return NULL;
    }

    void append(std::unique_ptr<GpuLayer> layer, const std::string& name)
    {
        layer->output = result.count++;
        values[name] = Value{layer->output, Clip()};
        result.layers.push_back(std::move(layer));
    }

    void add(std::unique_ptr<GpuLayer> layer, const OnnxNode& node)
    {
        const std::string& input = inputOf(node, 0);
        const Clip pending = valueOf(input).pending;
        layer->input = pending.isNone() || layer->takeClipBefore(pending) ? valueOf(input).number : clipped(input);
        append(std::move(layer), node.outputs[0]);
    }

    //! The number of maps with their activation applied.
    int clipped(const std::string& name)
    {
        const Value value = valueOf(name);
        if (!value.pending.isNone())
        {
            std::unique_ptr<GpuLayer> layer = createClipLayer(value.pending);
            layer->input = value.number;
            append(std::move(layer), name);
        }
        return valueOf(name).number;
    }

    // Who changes the result would change what the input's other readers get.
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
        GpuLayer* const owner = ownerOf(input);
        if (owner && owner->takeClip(clip))
            values[node.outputs[0]] = valueOf(input);
        else
            values[node.outputs[0]] = Value{clipped(input), clip};
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
                    CV_Error(Error::StsNotImplemented, "Clip to bounds that are no constants");
                (i == 1 ? clip.lowest : clip.highest) = bound.at<float>(0);
            }
        return clip;
    }

    // The later of two layers can add what the other gave before it.
    void readAdd(const OnnxNode& node)
    {
        int inputs[2];
        for (int i = 0; i < 2; i++)
            inputs[i] = clipped(node.inputs[i]);
        const int later = inputs[1] > inputs[0];
        GpuLayer* const owner = ownerOf(node.inputs[later]);
        if (owner && inputs[0] != inputs[1] && owner->takeSum())
        {
            owner->added = inputs[1 - later];
            values[node.outputs[0]] = valueOf(node.inputs[later]);
            return;
        }
        std::unique_ptr<GpuLayer> layer = createAddLayer();
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
                CV_Error(Error::StsNotImplemented, "BatchNormalization with terms that are no constants");
            terms[i] = term.reshape(1, 1);
        }
        const auto epsilon = node.floats.find("epsilon");
        Mat deviation;
        GpuLayer* const owner = ownerOf(inputOf(node, 0));
        sqrt(terms[3] + (epsilon == node.floats.end() ? 1e-5f : epsilon->second), deviation);
        const Mat scale = terms[0] / deviation;
        if (!owner || !owner->takeScale(scale, terms[1] - terms[2].mul(scale)))
            CV_Error(Error::StsNotImplemented, "BatchNormalization that does not follow a convolution of its own");
        values[node.outputs[0]] = valueOf(node.inputs[0]);
    }

    const OnnxGraph& graph;
    const bool threeDigits;
    std::set<std::string> needed;
    std::map<std::string, int> uses;
    std::map<std::string, Value> values;
};

/** A network set up for inputs of one shape, with all that a call works in. Maps that are not read any more give their
memory to later ones: all of a GPU's work is done in order. */
class Execution
{
public:
    Execution(const LayerGraph& g, const MapShape& input)
        : shape(input),
          queue(GpuQueue::create()),
          graph(g),
          shapes(g.count),
          memoryOf(g.count, -1)
    {
        const GpuQueue::Scope scope(*queue);
        shapes[0] = input;
        memoryOf[0] = takeMemory(input.bytes());
        findLastUses();
        size_t workspaceBytes = 0;
        for (size_t i = 0; i < graph.layers.size(); i++)
        {
            addTask(int(i));
            workspaceBytes = std::max(workspaceBytes, tasks.back()->workspaceBytes());
        }
        workspace.reserve(std::max(workspaceBytes, size_t(1)));
        for (const std::unique_ptr<Memory>& memory : memories)
            memory->there.reserve(memory->bytes);
    }

    GpuMemory& input() { return there(0); }

    //! In its queue, which must be the calling thread's.
    void run()
    {
        static const std::vector<uint64> always(1);
        repetition.run(*queue, always, [this] { runLayers(); });
    }

    std::vector<GpuMaps> outputs()
    {
        std::vector<GpuMaps> maps;
        for (const Value& value : graph.outputs)
        {
            const MapShape& of = shapes[value.number];
            maps.push_back(GpuMaps{&there(value.number), of.images, of.channels, of.size, value.pending.lowest,
                                   value.pending.highest});
        }
        return maps;
    }

    const MapShape shape;
    const std::shared_ptr<GpuQueue> queue;
    HostMemory pixelsHere;
    GpuMemory pixels, clippedMaps;

private:
    struct Memory
    {
        size_t bytes;
        bool taken;
        GpuMemory there;
    };

    void runLayers()
    {
        for (size_t i = 0; i < tasks.size(); i++)
        {
            const GpuLayer& layer = *graph.layers[i];
            tasks[i]->run(there(layer.input), layer.added >= 0 ? &there(layer.added) : NULL, there(layer.output),
                          workspace);
        }
    }

    GpuMemory& there(int number) { return memories[memoryOf[number]]->there; }

    void findLastUses()
    {
        lastUse.assign(graph.count, -1);
        for (size_t i = 0; i < graph.layers.size(); i++)
            for (const int number : {graph.layers[i]->input, graph.layers[i]->added})
                if (number >= 0)
                    lastUse[number] = int(i);
        for (const Value& value : graph.outputs)
            lastUse[value.number] = INT_MAX;
        lastUse[0] = INT_MAX; // the next call's input must not wait for this one's maps
    }

    void addTask(int i)
    {
        const GpuLayer& layer = *graph.layers[i];
        const MapShape& in = shapes[layer.input];
        shapes[layer.output] = layer.outputShape(in);
        if (layer.added >= 0 && (shapes[layer.added].channels != shapes[layer.output].channels ||
                                 shapes[layer.added].size != shapes[layer.output].size))
            CV_Error(Error::StsNotImplemented, "Add of maps of different shapes");
        memoryOf[layer.output] = takeMemory(shapes[layer.output].bytes());
        tasks.push_back(layer.setUp(in));
        for (const int number : {layer.input, layer.added})
            if (number >= 0 && lastUse[number] == i)
                memories[memoryOf[number]]->taken = false;
    }

    //! Of those that are free the one that has to grow least.
    int takeMemory(size_t bytes)
    {
        const auto misfit = [bytes](const Memory& memory) {
            return memory.bytes >= bytes ? memory.bytes - bytes : 2 * (bytes - memory.bytes);
        };
        int best = -1;
        for (size_t i = 0; i < memories.size(); i++)
            if (!memories[i]->taken && (best < 0 || misfit(*memories[i]) < misfit(*memories[best])))
                best = int(i);
        if (best < 0)
        {
            best = int(memories.size());
            memories.emplace_back(new Memory());
        }
        memories[best]->bytes = std::max(memories[best]->bytes, bytes);
        memories[best]->taken = true;
        return best;
    }

    const LayerGraph& graph;
    std::vector<MapShape> shapes;
    std::vector<int> memoryOf, lastUse;
    std::vector<std::unique_ptr<GpuTask>> tasks;
    std::vector<std::unique_ptr<Memory>> memories;
    GpuMemory workspace;
    GpuRepetition repetition;
};

//! Set-ups of a network, each on loan to one call at a time.
class ExecutionPool : public std::enable_shared_from_this<ExecutionPool>
{
public:
    explicit ExecutionPool(LayerGraph g) : graph(std::move(g)), made(0) {}

    std::shared_ptr<Execution> borrow(const MapShape& input)
    {
        const std::shared_ptr<ExecutionPool> pool = shared_from_this();
        std::unique_ptr<Execution> execution = takeIdle(input);
        if (!execution)
            execution.reset(new Execution(graph, input));
        return std::shared_ptr<Execution>(execution.release(), [pool](Execution* used) { pool->giveBack(used); });
    }

private:
    std::unique_ptr<Execution> takeIdle(const MapShape& input)
    {
        std::lock_guard<std::mutex> lock(mutex);
        for (auto at = idle.begin(); at != idle.end(); ++at)
            if ((*at)->shape.images == input.images && (*at)->shape.size == input.size)
            {
                std::unique_ptr<Execution> execution = std::move(*at);
                idle.erase(at);
                return execution;
            }
        idle.reserve(++made); // giving back never allocates, so that it never throws
        return std::unique_ptr<Execution>();
    }

    void giveBack(Execution* execution)
    {
        std::unique_ptr<Execution> owned(execution);
        std::lock_guard<std::mutex> lock(mutex);
        idle.push_back(std::move(owned));
    }

    const LayerGraph graph;
    std::mutex mutex;
    size_t made;
    std::vector<std::unique_ptr<Execution>> idle;
};

class GpuNetwork CV_FINAL : public Backbone
{
public:
    GpuNetwork(const BackboneSource& source, int target)
        : name(source.name),
          pool(std::make_shared<ExecutionPool>(std::move(
              GraphReader(readOnnxGraph(source.bytes), source.outputs, target == dnn::DNN_TARGET_CUDA_FP16).result)))
    {}

    FeatureMaps forward(const Mat& input) const CV_OVERRIDE
    {
        const std::shared_ptr<Execution> execution =
            borrow(MapShape{input.size[0], input.size[1], Size(input.size[3], input.size[2])});
        const GpuQueue::Scope scope(*execution->queue);
        execution->input().upload(input);
        execution->run();
        FeatureMaps features;
        for (const GpuMaps& maps : execution->outputs())
        {
            features.maps.push_back(downloaded(maps, execution->clippedMaps));
            features.channels.push_back(maps.channels);
        }
        return features;
    }

    FeatureMaps forward(const Mat* images, int count, const InputSettings& input, StageClock* clock) const CV_OVERRIDE
    {
        const std::shared_ptr<Execution> execution = borrow(MapShape{count, 3, input.crop});
        Mat pixels = execution->pixelsHere.matrix(count * input.crop.height, input.crop.width, CV_8UC3);
        stretchImages(images, count, input, pixels);
        lap(clock, STAGE_PREPROCESS);
        const GpuQueue::Scope scope(*execution->queue);
        execution->pixels.upload(pixels);
        convert(*execution, input);
        execution->run();
        FeatureMaps features;
        const std::vector<GpuMaps> outputs = execution->outputs();
        for (const GpuMaps& maps : outputs)
            features.channels.push_back(maps.channels);
        features.onGpu = std::make_shared<const std::vector<GpuMaps>>(outputs);
        features.queue = execution->queue;
        features.owner = execution;
        if (clock)
            execution->input().wait();
        lap(clock, STAGE_BACKBONE);
        return features;
    }

private:
    std::shared_ptr<Execution> borrow(const MapShape& input) const
    {
        try
        {
            const std::shared_ptr<Execution> execution = pool->borrow(input);
            checkSizes(execution->outputs());
            return execution;
        }
        catch (const cv::Exception& e)
        {
            CV_Error_(e.code,
                      ("Backbone %s does not take an input of %d x %d x %d x %d on a GPU: %s", name.c_str(),
                       input.images, input.channels, input.size.height, input.size.width, errorText(e).c_str()));
        }
    }

    static void checkSizes(const std::vector<GpuMaps>& maps)
    {
        for (const GpuMaps& map : maps)
            if (map.size.width > maps[0].size.width || map.size.height > maps[0].size.height)
                CV_Error(Error::StsUnmatchedSizes, "an output is larger than the first, expected the finest map first");
    }

    static void convert(Execution& execution, const InputSettings& input)
    {
        const MapShape& shape = execution.shape;
        const Scalar& scale = input.scale;
        const Scalar shift = -input.mean.mul(scale);
        const int pixels = shape.size.area();
        runKernel("image_planes", [&](void* context) {
            return anomaly_gpu_image_planes(context, execution.pixels.bytes({3, pixels, shape.images}), float(scale[0]),
                                            float(scale[1]), float(scale[2]), float(shift[0]), float(shift[1]),
                                            float(shift[2]), input.swapRB,
                                            execution.input().floats({pixels, 3, shape.images}));
        });
    }

    static Mat downloaded(const GpuMaps& maps, GpuMemory& work)
    {
        const int sizes[] = {maps.images, maps.channels, maps.size.height, maps.size.width},
                  count = maps.images * maps.channels * maps.size.area();
        Mat result(4, sizes, CV_32F);
        const bool isClipped = maps.lowest == -FLT_MAX && maps.highest == FLT_MAX;
        if (!isClipped)
        {
            work.reserve(size_t(count) * sizeof(float));
            runKernel("clip_map", [&](void* context) {
                return anomaly_gpu_clip_map(context, maps.memory->floats({count}), maps.lowest, maps.highest,
                                            work.floats({count}));
            });
        }
        (isClipped ? *maps.memory : work).download(result);
        return result;
    }

    const String name;
    const std::shared_ptr<ExecutionPool> pool;
};

} // namespace

std::shared_ptr<const Backbone> createGpuNetwork(const BackboneSource& source, int target)
{
    return std::make_shared<GpuNetwork>(source, target);
}

}} // namespace cv::anomaly
