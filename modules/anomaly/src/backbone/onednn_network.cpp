// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "onednn_network.hpp"
#include "../base/lending_pool.hpp"
#include "network_input.hpp"
#include "onednn_layers.hpp"

#include <omp.h>

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
    std::vector<std::unique_ptr<PreparedLayer>> entry, layers, exits; // one for the input, .., one for each output
    size_t workerBytes = 0, bytesBetween = 0;

private:
    void add(std::vector<std::unique_ptr<PreparedLayer>>& to, const OneDnnLayer& layer, const MapShape& in,
             const MapShape& out)
    {
        to.push_back(layer.prepare(in, out));
        workerBytes = std::max(workerBytes, to.back()->workerBytes());
        bytesBetween = std::max(bytesBetween, to.back()->bytesBetween());
    }
};

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
        between = allocated(p->bytesBetween);
        for (size_t i = 0; i < g->layers.size(); i++)
        {
            const NetworkLayer& layer = *g->layers[i];
            const PlacedMap added = layer.added >= 0 ? placed(layer.added) : PlacedMap{NULL, 0};
            layers.push_back(bind(*p->layers[i], placed(layer.input), added, placed(layer.output)));
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
            refuseMap(count);
        return Mat(1, int(count), CV_32F);
    }

    BoundLayer bind(const PreparedLayer& layer, const PlacedMap& in, const PlacedMap& added, const PlacedMap& out)
    {
        return layer.bind(LayerMaps{in, added, out, between.ptr<float>()});
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
        const PlacedMap none{NULL, 0};
        run(bind(*prepared->entry[0], planar(input, image), none, placed(0)));
        for (const BoundLayer& layer : layers)
            run(layer);
        for (size_t i = 0; i < maps.size(); i++)
            run(bind(*prepared->exits[i], placed(graph->outputs[i].number), none, planar(maps[i], image)));
    }

    void run(const BoundLayer& layer)
    {
        for (const Step& step : layer)
            run(step);
    }

    void run(const Step& step)
    {
        const auto runParts = [&](const Range& range) {
            const OnThisThreadOnly alone;
            const WorkspacePool<Worker>::Loan worker(workers);
            worker->memory.create(1, int(prepared->workerBytes + 1), CV_8U);
            for (int part = range.start; part < range.end; part++)
                step.compute(part, *worker);
            worker->stream.wait();
        };
        parallel_for_(Range(0, step.parts), [&runParts](const Range& range) { runParts(range); });
    }

    const std::shared_ptr<const LayerGraph> graph;
    std::vector<Mat> memories, maps;
    Mat between;
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
            refuseInput(name, input, e, execution ? Error::Code(e.code) : Error::StsBadArg);
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
