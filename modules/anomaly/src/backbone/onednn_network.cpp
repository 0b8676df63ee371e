// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "onednn_network.hpp"
#include "../base/lending_pool.hpp"
#include "network_input.hpp"
#include "onednn_layers.hpp"

#include <omp.h>

#include <cstring>
#include <map>

namespace cv { namespace anomaly {

namespace {

// Limits oneDNN to the calling thread while it lives. oneDNN computes with OpenMP, whose waiting threads would take the
// cores from OpenCV's threads. OpenMP keeps this number for each calling thread.
class OnThisThreadOnly
{
public:
    OnThisThreadOnly() : before(omp_get_max_threads()) { omp_set_num_threads(1); }
    ~OnThisThreadOnly() { omp_set_num_threads(before); }
    OnThisThreadOnly(const OnThisThreadOnly&) = delete;
    OnThisThreadOnly& operator=(const OnThisThreadOnly&) = delete;

private:
    const int before;
};

//! What one thread needs to compute strips: a stream and scratch memory.
struct Worker
{
    Worker() : stream(oneDnnEngine()) {}

    dnnl::stream stream;
    Mat memory;
};

//! A layer that is set up for maps of one size: its strips, and the primitive that computes each.
struct PreparedLayer
{
    PreparedLayer(const OneDnnLayer& layer, const MapShape& in, const MapShape& out)
        : strips(cutIntoStrips(in.size.height, out.size.height, layer.windowOrNull()))
    {
        for (size_t i = 0; i < strips.size(); i++)
        {
            size_t like = 0;
            while (!strips[like].isLike(strips[i]))
                like++;
            primitives.push_back(like < i ? primitives[like]
                                          : std::make_shared<const StripPrimitive>(layer.prepare(in, out, strips[i])));
        }
    }

    std::vector<Strip> strips;
    std::vector<std::shared_ptr<const StripPrimitive>> primitives;
};

//! A network that is set up for images of one size. It does not change once made, so calls share it.
struct PreparedNetwork
{
    PreparedNetwork(const LayerGraph& graph, const MapShape& input)
        : shapes(graph.shapes(input)),
          places(placeMaps(graph, shapes, MapSharing{true, false}))
    {
        const OnThisThreadOnly alone; // a primitive keeps the number of threads that it was made with
        add(entry, *createInterleaving(), input, input);
        for (const std::unique_ptr<NetworkLayer>& layer : graph.layers)
            add(layers, static_cast<const OneDnnLayer&>(*layer), shapes[layer->input], shapes[layer->output]);
        for (const MapNumber& value : graph.outputs)
            add(exits, *createDeinterleaving(), shapes[value.number], shapes[value.number]);
    }

    const std::vector<MapShape> shapes;
    const MapPlaces places;
    std::vector<PreparedLayer> entry, layers, exits; // entry: one, for the input; exits: one for each output
    size_t workerBytes = 0;

private:
    void add(std::vector<PreparedLayer>& to, const OneDnnLayer& layer, const MapShape& in, const MapShape& out)
    {
        to.push_back(PreparedLayer(layer, in, out));
        for (const std::shared_ptr<const StripPrimitive>& primitive : to.back().primitives)
            workerBytes = std::max(workerBytes, primitive->scratch.get_size());
    }
};

//! A map in memory, and the distance from one row to the next in floats.
struct PlacedMap
{
    float* row(int y) const { return data + y * step; }

    float* data;
    size_t step;
};

//! A strip together with the memory of its input and its result.
class BoundStrip
{
public:
    BoundStrip(const StripPrimitive& p, const Strip& strip, const PlacedMap& in, const PlacedMap* added,
               const PlacedMap& out)
        : primitive(p),
          arguments(p.constants),
          copied(NULL),
          to(out.row(strip.to.start)),
          bytes(p.to.get_size())
    {
        place(DNNL_ARG_SRC, p.from, in.row(strip.from.start));
        place(DNNL_ARG_DST, p.to, to);
        if (p.scratch.get_size())
            place(DNNL_ARG_SCRATCHPAD, p.scratch, NULL);
        if (added && p.added)
            place(p.added, p.to, added->row(strip.to.start));
        else if (added && added->data != out.data)
            copied = added->row(strip.to.start);
    }

    void run(Worker& worker)
    {
        if (copied)
            std::memcpy(to, copied, bytes);
        const auto lent = arguments.find(DNNL_ARG_SCRATCHPAD);
        if (lent != arguments.end())
            lent->second.set_data_handle(worker.memory.data);
        primitive.primitive.execute(worker.stream, arguments);
    }

private:
    void place(int argument, const dnnl::memory::desc& description, float* data)
    {
        arguments[argument] = dnnl::memory(description, oneDnnEngine(), data);
    }

    const StripPrimitive& primitive;
    OneDnnArguments arguments;
    const float* copied; // map that is copied to the result first, so that the layer adds to it; null if none is
    float* to;
    size_t bytes;
};

typedef std::vector<BoundStrip> BoundLayer;

// Binds all strips of a layer to the memory of one execution.
BoundLayer bind(const PreparedLayer& layer, const PlacedMap& in, const PlacedMap* added, const PlacedMap& out)
{
    BoundLayer strips;
    for (size_t i = 0; i < layer.strips.size(); i++)
        strips.push_back(BoundStrip(*layer.primitives[i], layer.strips[i], in, added, out));
    return strips;
}

//! A prepared network with memory for the maps of one image. It is lent to one call at a time, and holds its outputs.
class Execution
{
public:
    Execution(const std::shared_ptr<const LayerGraph>& g, const std::shared_ptr<const PreparedNetwork>& p)
        : prepared(p),
          graph(g),
          maps(g->outputs.size())
    {
        for (const size_t bytes : p->places.bytes)
            memories.push_back(allocated(bytes));
        for (size_t i = 0; i < g->layers.size(); i++)
        {
            const NetworkLayer& layer = *g->layers[i];
            const PlacedMap added = layer.added >= 0 ? placed(layer.added) : PlacedMap{NULL, 0};
            layers.push_back(bind(p->layers[i], placed(layer.input), added.data ? &added : NULL, placed(layer.output)));
        }
    }

    //! input and results: images x channels x rows x columns, CV_32F. The next call overwrites the results.
    const std::vector<Mat>& run(const Mat& input)
    {
        for (size_t i = 0; i < maps.size(); i++)
        {
            const MapShape& shape = prepared->shapes[graph->outputs[i].number];
            const int sizes[] = {input.size[0], shape.channels, shape.size.height, shape.size.width};
            maps[i].create(4, sizes, CV_32F);
        }
        for (int image = 0; image < input.size[0]; image++)
            runImage(input, image);
        for (size_t i = 0; i < maps.size(); i++)
            clip(graph->outputs[i].pending, maps[i]);
        return maps;
    }

    const std::shared_ptr<const PreparedNetwork> prepared;

private:
    static Mat allocated(size_t bytes)
    {
        const size_t count = bytes / sizeof(float);
        if (count > size_t(INT_MAX))
            CV_Error_(Error::StsNoMem,
                      ("A map of %.0f values is too large, expected %d at most", double(count), INT_MAX));
        return Mat(1, int(count), CV_32F);
    }

    static void clip(const Clip& range, Mat& map)
    {
        if (range.lowest != -FLT_MAX)
            max(map, range.lowest, map);
        if (range.highest != FLT_MAX)
            min(map, range.highest, map);
    }

    PlacedMap placed(int number)
    {
        const MapShape& shape = prepared->shapes[number];
        return PlacedMap{memories[prepared->places.memoryOf[number]].ptr<float>(),
                         size_t(shape.size.width) * shape.channels};
    }

    static PlacedMap planar(const Mat& batch, int image)
    {
        return PlacedMap{const_cast<float*>(batch.ptr<float>(image)), size_t(batch.size[3])};
    }

    void runImage(const Mat& input, int image)
    {
        BoundLayer entry = bind(prepared->entry[0], planar(input, image), NULL, placed(0));
        run(entry);
        for (BoundLayer& layer : layers)
            run(layer);
        for (size_t i = 0; i < maps.size(); i++)
        {
            BoundLayer exit = bind(prepared->exits[i], placed(graph->outputs[i].number), NULL, planar(maps[i], image));
            run(exit);
        }
    }

    void run(BoundLayer& strips)
    {
        const auto runStrips = [&](const Range& range) {
            const OnThisThreadOnly alone;
            const WorkspacePool<Worker>::Loan worker(workers);
            worker->memory.create(1, int(prepared->workerBytes + 1), CV_8U);
            for (int i = range.start; i < range.end; i++)
                strips[i].run(*worker);
            worker->stream.wait();
        };
        parallel_for_(Range(0, int(strips.size())), [&runStrips](const Range& range) { runStrips(range); });
    }

    const std::shared_ptr<const LayerGraph> graph;
    std::vector<Mat> memories, maps;
    std::vector<BoundLayer> layers;
    WorkspacePool<Worker> workers;
};

//! The backbone by oneDNN. The network is prepared once for each size of the input. Each call borrows memory of its
//! own, so that several threads may call forward.
class OneDnnNetwork CV_FINAL : public ProcessorBackbone
{
public:
    explicit OneDnnNetwork(const BackboneSource& source)
        : ProcessorBackbone(source),
          graph(std::make_shared<LayerGraph>(
              readLayers(readOnnxGraph(source.bytes), source.outputs, OneDnnLayerFactory()))),
          executions(std::make_shared<LendingPool<Execution>>())
    {}

    using ProcessorBackbone::forward;
    FeatureMaps forward(const Mat& input) const CV_OVERRIDE
    {
        const MapShape shape = shapeOfImage(input);
        std::shared_ptr<Execution> execution;
        try
        {
            execution = borrow(shape);
            return checkedMaps(execution->run(input), input.size[0], execution);
        }
        catch (const cv::Exception& e)
        {
            refuseInput(name, input, e, execution ? e.code : int(Error::StsBadArg));
        }
        catch (const std::exception& e)
        {
            refuseInput(name, input, e, Error::StsError);
        }
    }

    void prepare(Size input) const CV_OVERRIDE
    {
        setUpInAdvance(name, input, [this](const MapShape& shape) { borrow(shape); });
    }

private:
    std::shared_ptr<Execution> borrow(const MapShape& input) const
    {
        const std::shared_ptr<const PreparedNetwork> prepared = prepare(input);
        return executions->borrow([&](const Execution& known) { return known.prepared == prepared; },
                                  [&] { return std::unique_ptr<Execution>(new Execution(graph, prepared)); });
    }

    // There are few sizes: that of the detector's input, and one to try the network with. Another call waits meanwhile,
    // some tens of milliseconds, because the layers share their packed weights between sizes.
    std::shared_ptr<const PreparedNetwork> prepare(const MapShape& input) const
    {
        const std::lock_guard<std::mutex> lock(mutex);
        std::shared_ptr<const PreparedNetwork>& known =
            networks[std::make_tuple(input.channels, input.size.height, input.size.width)];
        if (!known)
            known = std::make_shared<const PreparedNetwork>(*graph, input);
        return known;
    }

    const std::shared_ptr<const LayerGraph> graph;
    const std::shared_ptr<LendingPool<Execution>> executions;
    mutable std::mutex mutex;
    mutable std::map<std::tuple<int, int, int>, std::shared_ptr<const PreparedNetwork>> networks;
};

} // namespace

bool isOneDnnFast()
{
    const int sse41 = int(dnnl::cpu_isa::sse41); // later instruction sets include the bits of earlier ones
    return (int(dnnl::get_effective_cpu_isa()) & sse41) == sse41;
}

String oneDnnVersion()
{
    const dnnl::version_t& version = *dnnl::version();
    return format("%d.%d.%d", version.major, version.minor, version.patch);
}

std::shared_ptr<const Backbone> createOneDnnNetwork(const BackboneSource& source)
{
    return std::make_shared<OneDnnNetwork>(source);
}

}} // namespace cv::anomaly
