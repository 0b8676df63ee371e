// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "int8_network.hpp"
#include "../base/lending_pool.hpp"
#include "../device/halide_runtime.hpp"
#include "int8_layers.hpp"
#include "network_input.hpp"

#include <numeric>

namespace cv { namespace anomaly {

namespace {

// The best code for this processor.
const Int8Kernels& kernelsFor(int engine)
{
#ifdef HAVE_ANOMALY_INT8_KERNELS
    if (engine != ENGINE_PLAIN && kernelsMayUse(KERNELS_AVX512_VNNI))
        return int8KernelsAvx512Vnni;
#ifdef HAVE_ANOMALY_AVX_VNNI
    if (engine != ENGINE_PLAIN && kernelsMayUse(KERNELS_AVX_VNNI))
        return int8KernelsAvxVnni;
#endif
    if (engine != ENGINE_PLAIN && kernelsMayUse(KERNELS_AVX2))
        return int8KernelsAvx2;
#else
    CV_UNUSED(engine);
#endif
    return int8KernelsPlain;
}

LayerGraph readGraph(const BackboneSource& source)
{
    try
    {
        return readLayers(readOnnxGraph(withoutConstantIdentities(source.bytes)), source.outputs, Int8LayerFactory());
    }
    catch (const cv::Exception& e)
    {
        if (e.code != Error::StsNotImplemented)
            throw;
        CV_Error_(Error::StsNotImplemented, ("Backbone %s has a layer that is not computed in whole numbers of 8 bits: "
                                             "%s. Set precision to PRECISION_FLOAT32",
                                             source.name.c_str(), e.err.c_str()));
    }
}

const Int8Layer& layerOf(const LayerGraph& graph, size_t i)
{
    return static_cast<const Int8Layer&>(*graph.layers[i]);
}

//! The scales of a layer's maps, with the scale of the result or without one.
LayerScales scalesOf(const NetworkLayer& layer, const std::vector<MapScale>& scales, bool withResult)
{
    return LayerScales{&scales[layer.input], layer.added >= 0 ? &scales[layer.added] : NULL,
                       withResult ? &scales[layer.output] : NULL};
}

// The number of ranges of each map: one of the input, and one of each channel of the others.
std::vector<int> rangeCounts(const LayerGraph& graph)
{
    std::vector<int> counts(graph.count, 1);
    for (size_t i = 0; i < graph.layers.size(); i++)
    {
        const Int8Layer& layer = layerOf(graph, i);
        counts[layer.output] = layer.channelsOfResult() > 0 ? layer.channelsOfResult() : counts[layer.input];
    }
    return counts;
}

Mat bytesFor(size_t values)
{
    const size_t bytes = values + int8Slack;
    if (bytes > size_t(INT_MAX))
        refuseMap(values);
    return Mat(1, int(bytes), CV_8U);
}

Int8Map placed(const MapShape& shape, uchar* data)
{
    return Int8Map{data, shape.size, shape.channels};
}

// Rounds an image to bytes, in the layout of an Int8Map.
void roundImage(const Mat& input, int image, const MapScale& to, const Int8Kernels& kernels, const Int8Map& map)
{
    parallel_for_(Range(0, map.size.height), [&](const Range& rows) {
        const Int8Conversion form = {rows.size() * map.size.width, map.channels, to.scales.data(), to.zero,
                                     size_t(map.size.area())};
        kernels.toBytes(form, input.ptr<float>(image, 0, rows.start), map.row(rows.start));
    });
}

// Converts a map to values, in the layout channels x rows x columns.
void convertMap(const Int8Map& from, const MapScale& scale, const Int8Kernels& kernels, Mat& to, int image)
{
    std::vector<float> scales(from.channels);
    for (int c = 0; c < from.channels; c++)
        scales[c] = scale.of(c);
    parallel_for_(Range(0, from.size.height), [&](const Range& rows) {
        const Int8Conversion form = {rows.size() * from.size.width, from.channels, scales.data(), scale.zero,
                                     size_t(from.size.area())};
        kernels.toValues(form, from.row(rows.start), to.ptr<float>(image, 0, rows.start));
    });
}

void clip(const Clip& range, Mat& map)
{
    if (range.lowest != -FLT_MAX)
        max(map, range.lowest, map);
    if (range.highest != FLT_MAX)
        min(map, range.highest, map);
}

// Computes a layer in strips of rows, which the threads share.
void runInStrips(const Int8Step& step, const Int8Maps& maps, WorkspacePool<Mat>& scratches)
{
    const int rows = maps.to.size.height, strips = getNumThreads() > 1 ? std::min(rows, 2 * getNumThreads()) : 1;
    parallel_for_(Range(0, strips), [&](const Range& range) {
        const WorkspacePool<Mat>::Loan scratch(scratches);
        step.run(maps, Range(rows * range.start / strips, rows * range.end / strips), *scratch, NULL);
    });
}

//! A network in whole numbers. It does not change once made, so calls share it.
struct WholeNetwork
{
    WholeNetwork(const BackboneSource& source, int engine) : graph(readGraph(source)), kernels(kernelsFor(engine))
    {
        const std::vector<int> counts = rangeCounts(graph);
        const size_t expected = 2 * std::accumulate(counts.begin(), counts.end(), size_t(0));
        if (source.ranges.size() != expected)
            CV_Error_(Error::StsUnmatchedSizes, ("There are %zu ranges for backbone %s, expected %zu",
                                                 source.ranges.size(), source.name.c_str(), expected));
        auto first = source.ranges.begin();
        for (const int count : counts)
        {
            std::vector<float> means;
            for (int c = 0; c < count; c++)
                means.push_back(first[count + c][0] + first[count + c][1]);
            scales.push_back(MapScale(std::vector<Vec2f>(first, first + count), means));
            first += 2 * count;
        }
        for (size_t i = 0; i < graph.layers.size(); i++)
        {
            const Int8Layer& layer = layerOf(graph, i);
            if (layer.keepsScale())
                scales[layer.output] = scales[layer.input];
            steps.push_back(layer.quantized(scalesOf(layer, scales, true), kernels));
        }
    }

    LayerGraph graph;
    const Int8Kernels& kernels;
    std::vector<MapScale> scales;
    std::vector<std::unique_ptr<const Int8Step>> steps;
};

//! Memory for the maps of one image. It is lent to one call at a time, and holds its outputs.
class Execution
{
public:
    Execution(const std::shared_ptr<const WholeNetwork>& n, const MapShape& i)
        : input(i),
          network(n),
          shapes(n->graph.shapes(i)),
          places(placeMaps(n->graph, shapes, MapSharing{false, false})),
          maps(n->graph.outputs.size())
    {
        for (const size_t bytes : places.bytes) // of single precision
            memories.push_back(bytesFor(bytes / sizeof(float)));
    }

    //! images and results: images x channels x rows x columns, CV_32F. The next call overwrites the results.
    const std::vector<Mat>& run(const Mat& images)
    {
        for (size_t i = 0; i < maps.size(); i++)
        {
            const MapShape& shape = shapes[network->graph.outputs[i].number];
            const int sizes[] = {images.size[0], shape.channels, shape.size.height, shape.size.width};
            maps[i].create(4, sizes, CV_32F);
        }
        for (int image = 0; image < images.size[0]; image++)
            runImage(images, image);
        for (size_t i = 0; i < maps.size(); i++)
            clip(network->graph.outputs[i].pending, maps[i]);
        return maps;
    }

    const MapShape input;

private:
    Int8Map placed(int number) { return anomaly::placed(shapes[number], memories[places.memoryOf[number]].data); }

    void runImage(const Mat& images, int image)
    {
        roundImage(images, image, network->scales[0], network->kernels, placed(0));
        for (size_t i = 0; i < network->steps.size(); i++)
        {
            const NetworkLayer& layer = *network->graph.layers[i];
            const Int8Map added = layer.added >= 0 ? placed(layer.added) : Int8Map{NULL, Size(), 0};
            runInStrips(*network->steps[i], Int8Maps{placed(layer.input), added, placed(layer.output)}, scratches);
        }
        for (size_t i = 0; i < maps.size(); i++)
        {
            const int number = network->graph.outputs[i].number;
            convertMap(placed(number), network->scales[number], network->kernels, maps[i], image);
        }
    }

    const std::shared_ptr<const WholeNetwork> network;
    const std::vector<MapShape> shapes;
    const MapPlaces places;
    std::vector<Mat> memories, maps;
    WorkspacePool<Mat> scratches;
};

class Int8Network CV_FINAL : public ProcessorBackbone
{
public:
    Int8Network(const BackboneSource& source, int engine)
        : ProcessorBackbone(source),
          network(std::make_shared<const WholeNetwork>(source, engine)),
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
        }
        catch (const cv::Exception& e)
        {
            refuseInput(name, input, e, Error::StsBadArg);
        }
        return checkedMaps(execution->run(input), input.size[0], execution);
    }

    void prepare(Size input) const CV_OVERRIDE
    {
        setUpInAdvance(name, input, [this](const MapShape& shape) { borrow(shape); });
    }

private:
    std::shared_ptr<Execution> borrow(const MapShape& input) const
    {
        const auto fits = [&](const Execution& known) {
            return known.input.channels == input.channels && known.input.size == input.size;
        };
        return executions->borrow(fits, [&] { return std::unique_ptr<Execution>(new Execution(network, input)); });
    }

    const std::shared_ptr<const WholeNetwork> network;
    const std::shared_ptr<LendingPool<Execution>> executions;
};

// The range of all channels together.
Vec2f unionOf(const std::vector<Vec2f>& ranges)
{
    Vec2f all(0, 0);
    for (const Vec2f& range : ranges)
        all = Vec2f(std::min(all[0], range[0]), std::max(all[1], range[1]));
    return all;
}

// The ranges in which measured values are rounded: that of all channels for each. With ranges of their own, of half as
// much again as a channel's values, defects that show in channels which good images hardly use were clipped, and had
// less than half of their scores.
std::vector<Vec2f> commonRanges(const std::vector<Vec2f>& measured, const Clip& clip, int count)
{
    const Vec2f all = unionOf(measured);
    return std::vector<Vec2f>(
        count, Vec2f(std::max(all[0], std::min(clip.lowest, 0.f)), std::min(all[1], std::max(clip.highest, 0.f))));
}

//! Finds the ranges of all maps, layer after layer for all inputs.
class RangeSearch
{
public:
    RangeSearch(const LayerGraph& g, const std::vector<Mat>& i, const Vec2f& inputRange, int engine)
        : graph(g),
          inputs(i),
          kernels(kernelsFor(engine)),
          lastUse(g.lastUses()),
          counts(rangeCounts(g)),
          ranges(g.count),
          scales(g.count, MapScale({inputRange}, {0.f})),
          images(i.size())
    {
        ranges[0] = {inputRange};
        forEachImage([&](int image) {
            const Mat& input = inputs[image];
            images[image].shapes = graph.shapes(MapShape{1, input.size[1], Size(input.size[3], input.size[2])});
            images[image].memories.resize(graph.count);
            roundImage(input, 0, scales[0], kernels, create(image, 0));
        });
        setMeans(0);
        for (size_t layer = 0; layer < graph.layers.size(); layer++)
            compute(int(layer));
    }

    //! The ranges of all maps, one after the other.
    std::vector<Vec2f> allRanges() const
    {
        std::vector<Vec2f> all;
        for (size_t map = 0; map < ranges.size(); map++)
        {
            all.insert(all.end(), ranges[map].begin(), ranges[map].end());
            for (const float mean : scales[map].means) // as a range, too, that begins or ends at 0
                all.push_back(Vec2f(std::min(mean, 0.f), std::max(mean, 0.f)));
        }
        return all;
    }

private:
    //! The maps of one input that later layers read; others have no memory.
    struct Image
    {
        std::vector<MapShape> shapes;
        std::vector<Mat> memories;
        Mat scratch;
    };

    template <typename Function> void forEachImage(const Function& function)
    {
        parallel_for_(Range(0, int(inputs.size())), [&](const Range& range) {
            for (int image = range.start; image < range.end; image++)
                function(image);
        });
    }

    Int8Map create(int image, int number)
    {
        images[image].memories[number] = bytesFor(images[image].shapes[number].total());
        return mapOf(image, number);
    }

    Int8Map mapOf(int image, int number)
    {
        if (number < 0)
            return Int8Map{NULL, Size(), 0};
        return placed(images[image].shapes[number], images[image].memories[number].data);
    }

    void compute(int i)
    {
        const Int8Layer& layer = layerOf(graph, i);
        ranges[layer.output] = layer.keepsScale() ? ranges[layer.input] : measuredRanges(layer);
        scales[layer.output] = layer.keepsScale() ? scales[layer.input] : MapScale(ranges[layer.output], {0.f});
        const std::unique_ptr<const Int8Step> step = layer.quantized(scalesOf(layer, scales, true), kernels);
        forEachImage([&](int image) {
            create(image, layer.output);
            run(*step, layer, image, NULL);
        });
        setMeans(layer.output);
        for (Image& image : images)
            for (const int number : {layer.input, layer.added, layer.output})
                if (number >= 0 && lastUse[number] <= i)
                    image.memories[number].release();
    }

    // Sets the means of a map's values, of each channel or of all.
    void setMeans(int number)
    {
        MapScale& scale = scales[number];
        std::vector<double> sums(counts[number], 0.);
        double values = 0;
        for (size_t image = 0; image < images.size(); image++)
        {
            const Int8Map map = mapOf(int(image), number);
            const Mat bytes(map.size.area(), map.channels, CV_8U, map.data);
            Mat ofChannels;
            reduce(bytes, ofChannels, 0, REDUCE_SUM, CV_64F);
            for (int c = 0; c < map.channels; c++)
                sums[counts[number] > 1 ? c : 0] += ofChannels.at<double>(c);
            values += double(bytes.total()) / counts[number];
        }
        scale.means.resize(sums.size());
        for (size_t c = 0; c < sums.size(); c++)
            scale.means[c] = float((sums[c] / values - scale.zero) * scale.of(int(c)));
    }

    // Lowest and highest value of each channel of a layer's result. The order of images does not matter.
    std::vector<Vec2f> measuredRanges(const Int8Layer& layer)
    {
        const std::unique_ptr<const Int8Step> step = layer.quantized(scalesOf(layer, scales, false), kernels);
        const int channels = images[0].shapes[layer.output].channels;
        std::vector<std::vector<Int8Extremes>> extremes(inputs.size(),
                                                        std::vector<Int8Extremes>(channels, Int8Extremes{0, 0}));
        forEachImage([&](int image) { run(*step, layer, image, extremes[image].data()); });
        std::vector<Vec2f> measured(channels, Vec2f(0, 0));
        for (const std::vector<Int8Extremes>& ofImage : extremes)
            for (int c = 0; c < channels; c++)
                measured[c] =
                    Vec2f(std::min(measured[c][0], ofImage[c].lowest), std::max(measured[c][1], ofImage[c].highest));
        return commonRanges(measured, layer.clipOfResult(), counts[layer.output]);
    }

    // Computes the layer of one image, or measures it if there are extremes.
    void run(const Int8Step& step, const Int8Layer& layer, int image, Int8Extremes* extremes)
    {
        const Int8Maps maps = {mapOf(image, layer.input), mapOf(image, layer.added), mapOf(image, layer.output)};
        step.run(maps, Range(0, maps.to.size.height), images[image].scratch, extremes);
    }

    const LayerGraph& graph;
    const std::vector<Mat>& inputs;
    const Int8Kernels& kernels;
    const std::vector<int> lastUse, counts;
    std::vector<std::vector<Vec2f>> ranges; // of each map
    std::vector<MapScale> scales;
    std::vector<Image> images;
};

} // namespace

std::vector<Vec2f> rangesOfMaps(const BackboneSource& source, const std::vector<Mat>& inputs, const Vec2f& inputRange,
                                int engine)
{
    const LayerGraph graph = readGraph(source);
    return RangeSearch(graph, inputs, inputRange, engine).allRanges();
}

void checkInt8Network(const BackboneSource& source)
{
    readGraph(source);
}

std::shared_ptr<const Backbone> createInt8Network(const BackboneSource& source, int engine)
{
    return std::make_shared<Int8Network>(source, engine);
}

}} // namespace cv::anomaly
