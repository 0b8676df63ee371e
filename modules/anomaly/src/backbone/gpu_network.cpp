// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "gpu_network.hpp"
#include "../base/error_text.hpp"
#include "../base/lending_pool.hpp"
#include "gpu_layers.hpp"
#include "../device/gpu_queue.hpp"
#include "../device/halide_runtime.hpp"
#include "layer_graph.hpp"

#include "anomaly_gpu_clip_map.h"
#include "anomaly_gpu_image_planes.h"

#include "opencv2/dnn.hpp"

namespace cv { namespace anomaly {

namespace {

//! Makes the layers of a graph that runs on a GPU.
class GpuLayerFactory CV_FINAL : public LayerFactory
{
public:
    explicit GpuLayerFactory(bool digits) : threeDigits(digits) {}

    std::unique_ptr<NetworkLayer> convolution(const Convolution& settings) const CV_OVERRIDE
    {
        return createConvolutionLayer(settings, threeDigits);
    }
    std::unique_ptr<NetworkLayer> maxPool(const Window& window) const CV_OVERRIDE { return createMaxPoolLayer(window); }
    std::unique_ptr<NetworkLayer> add() const CV_OVERRIDE { return createAddLayer(); }
    std::unique_ptr<NetworkLayer> clip(const Clip& range) const CV_OVERRIDE { return createClipLayer(range); }

private:
    const bool threeDigits;
};

/** A network that is set up for inputs of one shape, with all memory that a call needs. Maps that are no longer read
give their memory to later maps, which is safe because the GPU executes a queue in order. */
class Execution
{
public:
    Execution(const std::shared_ptr<const LayerGraph>& g, const MapShape& input)
        : shape(input),
          queue(GpuQueue::create()),
          owner(g),
          graph(*g),
          shapes(graph.shapes(input)),
          // The input's memory is kept free of maps, so that the next call can upload while this one computes.
          places(placeMaps(graph, shapes, MapSharing{false, true})),
          memories(places.bytes.size())
    {
        const GpuQueue::Scope scope(*queue);
        size_t workspaceBytes = 0;
        for (const std::unique_ptr<NetworkLayer>& layer : graph.layers)
        {
            tasks.push_back(static_cast<const GpuLayer&>(*layer).setUp(shapes[layer->input]));
            workspaceBytes = std::max(workspaceBytes, tasks.back()->workspaceBytes());
        }
        workspace.reserve(std::max(workspaceBytes, size_t(1)));
        for (size_t i = 0; i < memories.size(); i++)
            memories[i].reserve(places.bytes[i]);
    }

    bool takes(const MapShape& input) const { return shape.images == input.images && shape.size == input.size; }

    GpuMemory& input() { return memoryOf(0); }

    //! Enqueues all layers in `queue`, which must be the queue of the calling thread.
    void run()
    {
        static const std::vector<uint64> always(1);
        repetition.run(*queue, always, [this] { runLayers(); });
    }

    std::vector<GpuMaps> outputs()
    {
        std::vector<GpuMaps> maps;
        for (const MapNumber& value : graph.outputs)
        {
            const MapShape& of = shapes[value.number];
            maps.push_back(GpuMaps{&memoryOf(value.number), of.images, of.channels, of.size, value.pending.lowest,
                                   value.pending.highest});
        }
        return maps;
    }

    const MapShape shape;
    const std::shared_ptr<GpuQueue> queue;
    // Page-locked memory on the host for the pixels, then the same on the GPU, and memory for maps that are downloaded.
    HostMemory hostPixels;
    GpuMemory pixels, clippedMaps;

private:
    void runLayers()
    {
        for (size_t i = 0; i < tasks.size(); i++)
        {
            const NetworkLayer& layer = *graph.layers[i];
            tasks[i]->run(memoryOf(layer.input), layer.added >= 0 ? &memoryOf(layer.added) : NULL,
                          memoryOf(layer.output), workspace);
        }
    }

    GpuMemory& memoryOf(int number) { return memories[places.memoryOf[number]]; }

    const std::shared_ptr<const LayerGraph> owner;
    const LayerGraph& graph;
    const std::vector<MapShape> shapes;
    const MapPlaces places;
    std::vector<std::unique_ptr<GpuTask>> tasks;
    std::vector<GpuMemory> memories;
    GpuMemory workspace;
    GpuRepetition repetition;
};

//! The backbone on a GPU. Each call borrows an execution for the shape of its input; several threads may call.
class GpuNetwork CV_FINAL : public Backbone
{
public:
    GpuNetwork(const BackboneSource& source, int target)
        : name(source.name),
          graph(std::make_shared<LayerGraph>(readLayers(readOnnxGraph(source.bytes), source.outputs,
                                                        GpuLayerFactory(target == dnn::DNN_TARGET_CUDA_FP16)))),
          pool(std::make_shared<LendingPool<Execution>>())
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
        Mat pixels = execution->hostPixels.matrix(count * input.crop.height, input.crop.width, CV_8UC3);
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
            const std::shared_ptr<Execution> execution =
                pool->borrow([&input](const Execution& known) { return known.takes(input); },
                             [&] { return std::unique_ptr<Execution>(new Execution(graph, input)); });
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

    // Converts 8-bit pixels on the GPU to the planes of the input, (x - mean) * scale.
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

    // Copies maps to the host. An activation that is pending for them is applied first.
    static Mat downloaded(const GpuMaps& maps, GpuMemory& work)
    {
        const int sizes[] = {maps.images, maps.channels, maps.size.height, maps.size.width},
                  count = maps.images * maps.channels * maps.size.area();
        Mat result(4, sizes, CV_32F);
        const bool clips = !Clip(maps.lowest, maps.highest).isNone();
        if (clips)
        {
            work.reserve(size_t(count) * sizeof(float));
            runKernel("clip_map", [&](void* context) {
                return anomaly_gpu_clip_map(context, maps.memory->floats({count}), maps.lowest, maps.highest,
                                            work.floats({count}));
            });
        }
        (clips ? work : *maps.memory).download(result);
        return result;
    }

    const String name;
    const std::shared_ptr<const LayerGraph> graph;
    const std::shared_ptr<LendingPool<Execution>> pool;
};

} // namespace

std::shared_ptr<const Backbone> createGpuNetwork(const BackboneSource& source, int target)
{
    return std::make_shared<GpuNetwork>(source, target);
}

}} // namespace cv::anomaly
