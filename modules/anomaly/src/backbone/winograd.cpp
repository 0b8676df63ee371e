// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "winograd.hpp"
#include "../kernels/panels.hpp"
#include "../kernels/winograd_matrices.hpp"
#include "winograd_transforms.hpp"

namespace cv { namespace anomaly {

namespace {

//! Number of points of a transformed tile.
int pointsOf(int side)
{
    return (side + 2) * (side + 2);
}

//! Number of points that one part of the products takes: 12 or 8 parts are work for as many threads.
int pointsOfPart(int side)
{
    return side == 4 ? 3 : 2;
}

// Kernels are transformed by a product: G g G' is a sum of the 9 taps of g for each point. This gives the factors,
// points x taps.
Mat factorsOfTaps(int side)
{
    const WinogradMatrices::Matrix rows = winogradMatrices(side).kernel;
    Mat factors(pointsOf(side), 9, CV_32F);
    for (int point = 0; point < factors.rows; point++)
        for (int tap = 0; tap < factors.cols; tap++)
            factors.at<float>(point, tap) = rows[point / (side + 2)][tap / 3] * rows[point % (side + 2)][tap % 3];
    return factors;
}

// Transforms and packs the kernels for one part of the products after the other, so that little memory is needed twice.
// cv::gemm would take 0.3 s for 512 x 512 kernels, and oneDNN takes some milliseconds.
std::vector<dnnl::memory> transformedKernels(const Convolution& convolution, int side, const dnnl::memory::desc& format)
{
    const auto single = dnnl::memory::data_type::f32;
    const int64 points = pointsOfPart(side), taps = 9, outputs = convolution.outputs,
                channels = convolution.weights.size[1], kernels = outputs * channels;
    const dnnl::memory::desc factorForm({points, taps}, single, {taps, 1}),
        kernelForm({taps, kernels}, single, {1, taps}), // outputs x channels x taps, as they come
        resultForm({points, kernels}, single, {kernels, 1}),
        plain({points, channels, outputs}, single, {kernels, 1, channels}); // another view of the result
    const dnnl::matmul product(describe<dnnl::matmul>(dnnl::primitive_attr(), factorForm, kernelForm, resultForm));
    const dnnl::memory taken(kernelForm, oneDnnEngine(), convolution.weights.data), result(resultForm, oneDnnEngine());
    const Mat factors = factorsOfTaps(side);
    dnnl::stream stream(oneDnnEngine());
    std::vector<dnnl::memory> parts;
    for (int point = 0; point < factors.rows; point += int(points))
    {
        const dnnl::memory rows(factorForm, oneDnnEngine(), const_cast<float*>(factors.ptr<float>(point)));
        product.execute(stream, {{DNNL_ARG_SRC, rows}, {DNNL_ARG_WEIGHTS, taken}, {DNNL_ARG_DST, result}});
        stream.wait();
        parts.push_back(packedAs(format, plain, static_cast<const float*>(result.get_data_handle())));
    }
    return parts;
}

const WinogradKernels& kernelsOf(const Convolution& convolution, int side, const dnnl::memory::desc& format,
                                 std::list<WinogradKernels>& packed)
{
    for (const WinogradKernels& known : packed)
        if (known.format == format)
            return known;
    packed.push_back(WinogradKernels{format, transformedKernels(convolution, side, format)});
    return packed.back();
}

//! A convolution by Winograd's method for maps of one size. Tiles are computed some rows of them at a time, so that
//! what lies between two steps stays in the cache.
class PreparedWinograd CV_FINAL : public PreparedLayer
{
public:
    PreparedWinograd(const Convolution& c, const Clip& range, const MapShape& i, const MapShape& o, int s,
                     std::list<WinogradKernels>& packed)
        : convolution(c),
          clip(range),
          in(i),
          out(o),
          side(s),
          tiles(divideUp(o.size.width, s), divideUp(o.size.height, s)),
          rowsAtOnce(divideUp(tiles.height, divideUp(tiles.area(), mostTiles)))
    {
        const dnnl::memory::desc from = tilesOf(in.channels), to = tilesOf(out.channels),
                                 any({pointsOfPart(side), in.channels, out.channels}, dnnl::memory::data_type::f32,
                                     dnnl::memory::format_tag::any);
        const auto description = describe<dnnl::matmul>(withLentMemory(), from, any, to);
        kernels = &kernelsOf(convolution, side, description.weights_desc(), packed);
        product = dnnl::matmul(description);
        scratch = description.scratchpad_desc();
    }

    size_t workerBytes() const CV_OVERRIDE { return scratch.get_size(); }

    size_t bytesBetween() const CV_OVERRIDE
    {
        return kernels->parts.size() * (tilesOf(in.channels).get_size() + tilesOf(out.channels).get_size());
    }

    BoundLayer bind(const LayerMaps& maps) const CV_OVERRIDE
    {
        const Step products = productOf(maps.between);
        BoundLayer steps;
        for (int first = 0; first < tiles.height; first += rowsAtOnce)
        {
            const int rows = std::min(rowsAtOnce, tiles.height - first);
            steps.push_back(Step{rows, [=](int row, Worker&) { transformInput(maps, first + row, row); }});
            steps.push_back(products);
            steps.push_back(Step{rows, [=](int row, Worker&) { transformOutput(maps, first + row, row); }});
        }
        return steps;
    }

private:
    // 256 tiles of 128 channels and 36 points are 4.7 MB.
    static const int mostTiles = 256;

    //! Transformed tiles of a part of the points: point x tile x channel.
    dnnl::memory::desc tilesOf(int channels) const
    {
        return dnnl::memory::desc({pointsOfPart(side), rowsAtOnce * tiles.width, channels},
                                  dnnl::memory::data_type::f32, dnnl::memory::format_tag::abc);
    }

    //! All points of one row of tiles, at its place among those that are computed at once.
    TileRow tileRow(float* points, int channels, int place) const
    {
        const int step = tiles.width * channels;
        return TileRow{points + place * step, channels, tiles.width, rowsAtOnce * step};
    }

    float* productsIn(float* between) const
    {
        return between + kernels->parts.size() * tilesOf(in.channels).get_size() / sizeof(float);
    }

    void transformInput(const LayerMaps& maps, int row, int place) const
    {
        const Window& window = convolution.window;
        transformTiles(maps.in.data, in.size, Point(-window.left, row * side - window.top),
                       tileRow(maps.between, in.channels, place), side);
    }

    Step productOf(float* between) const
    {
        const auto bound = std::make_shared<std::vector<OneDnnArguments>>();
        for (size_t part = 0; part < kernels->parts.size(); part++)
        {
            const dnnl::memory::desc from = tilesOf(in.channels), to = tilesOf(out.channels);
            const dnnl::engine& engine = oneDnnEngine();
            bound->push_back(
                {{DNNL_ARG_SRC, dnnl::memory(from, engine, between + part * from.get_size() / sizeof(float))},
                 {DNNL_ARG_WEIGHTS, kernels->parts[part]},
                 {DNNL_ARG_DST, dnnl::memory(to, engine, productsIn(between) + part * to.get_size() / sizeof(float))},
                 {DNNL_ARG_SCRATCHPAD, dnnl::memory(scratch, engine, NULL)}});
        }
        return Step{int(bound->size()), [=](int part, Worker& worker) {
                        OneDnnArguments& arguments = (*bound)[part];
                        arguments[DNNL_ARG_SCRATCHPAD].set_data_handle(worker.memory.data);
                        product.execute(worker.stream, arguments);
                    }};
    }

    void transformOutput(const LayerMaps& maps, int row, int place) const
    {
        const int y = row * side, rows = std::min(side, out.size.height - y);
        transformProducts(tileRow(productsIn(maps.between), out.channels, place), convolution.bias.ptr<float>(),
                          maps.added.data ? maps.added.row(y) : NULL, clip, maps.out.row(y), Size(out.size.width, rows),
                          side);
    }

    const Convolution& convolution;
    const Clip clip;
    const MapShape in, out;
    const int side;
    const Size tiles;
    const int rowsAtOnce;
    const WinogradKernels* kernels;
    dnnl::matmul product;
    dnnl::memory::desc scratch;
};

} // namespace

int winogradSide(const Convolution& convolution, const MapShape& in, const MapShape& out)
{
    const Window& window = convolution.window;
    const int fewestChannels = 64, channelsOfVector = 16, fewestTiles = 32;
    if (window.kernel != Size(3, 3) || window.stride != 1 || window.dilation != 1 || convolution.groups != 1 ||
        std::min(in.channels, out.channels) < fewestChannels || in.channels % channelsOfVector ||
        out.channels % channelsOfVector)
        return 0;
    const auto tiles = [&](int side) { return divideUp(out.size.width, side) * divideUp(out.size.height, side); };
    return tiles(4) >= fewestTiles ? 4 : tiles(2) >= fewestTiles ? 2 : 0;
}

std::unique_ptr<PreparedLayer> prepareWinograd(const Convolution& convolution, const Clip& clip, const MapShape& in,
                                               const MapShape& out, int side, std::list<WinogradKernels>& packed)
{
    return std::unique_ptr<PreparedLayer>(new PreparedWinograd(convolution, clip, in, out, side, packed));
}

}} // namespace cv::anomaly
