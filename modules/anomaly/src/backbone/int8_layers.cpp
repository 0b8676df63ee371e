// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "int8_layers.hpp"
#include "int8_packing.hpp"

#include "opencv2/core/hal/intrin.hpp"

#include <cstring>
#include <numeric>

namespace cv { namespace anomaly {

namespace {

// Sums of up to this many products of 255 and 127 stay below 2^30, as does the number that a sum starts with.
const int mostProducts = 1 << 15, highestStart = 1 << 29;

const float highestByte = 255, highestWeight = 127;

// Limits that keep the results of products, and of maps that are added, an int.
const double highestResult = 1 << 30;
const float highestAddedFactor = 1 << 20;

//! What the weights of one output meet: scales and means (in steps of bytes) of the input's channels.
class WeightedInputs
{
public:
    //! Of a convolution over all channels: kernel rows x kernel columns x channels.
    WeightedInputs(const MapScale& from, int channels, int taps)
    {
        for (int tap = 0; tap < taps; tap++)
            for (int channel = 0; channel < channels; channel++)
                add(from, channel);
    }

    //! Of a convolution of one channel.
    static WeightedInputs ofChannel(const MapScale& from, int channel, int taps)
    {
        WeightedInputs inputs;
        for (int tap = 0; tap < taps; tap++)
            inputs.add(from, channel);
        return inputs;
    }

    std::vector<float> scales, means;

private:
    WeightedInputs() {}

    void add(const MapScale& from, int channel)
    {
        scales.push_back(from.of(channel));
        means.push_back(from.meanSteps(channel));
    }
};

//! Weights of one output as whole numbers: weight, multiplied with the input's scale, = scale * whole number.
struct QuantizedRow
{
    // Weights that are tiny beside the bias, as those of a channel that a network does not use, are rounded to zero, so
    // that the bias is a sum that 32 bits hold. Without the correction of the bias by what the rounding of weights adds
    // in the mean, results are shifted by up to half of their deviation, which the activations after them distort.
    // A network has thousands of outputs: with a few calls of cv::Mat for each of them, loading a model took twice as
    // long.
    QuantizedRow(std::vector<float> weights, const WeightedInputs& inputs, float exactBias)
        : values(weights.size()),
          scale(std::max(std::abs(double(exactBias)) / highestStart, double(FLT_MIN))),
          bias(exactBias)
    {
        float largest = 0;
        for (size_t i = 0; i < weights.size(); i++)
        {
            weights[i] *= inputs.scales[i];
            largest = std::max(largest, std::abs(weights[i]));
        }
        scale = std::max(double(largest) / highestWeight, scale);
        for (size_t i = 0; i < weights.size(); i++)
        {
            values[i] = saturate_cast<schar>(cvRound(weights[i] / scale));
            bias += (weights[i] - scale * values[i]) * inputs.means[i];
        }
    }

    //! What the sum of the products starts with: the bias, and what the input's zero adds to the products.
    int start(int zero) const
    {
        const double steps = std::max(-double(highestStart), bias / scale); // also where that is NaN
        return cvRound(std::min(steps, double(highestStart))) - zero * std::accumulate(values.begin(), values.end(), 0);
    }

    //! No sum is larger.
    double highestSum(int start) const
    {
        const auto add = [](int sum, schar value) { return sum + std::abs(int(value)); };
        return std::abs(double(start)) + double(highestByte) * std::accumulate(values.begin(), values.end(), 0, add);
    }

    std::vector<schar> values;
    double scale, bias;
};

//! Terms of all outputs, at the places that the kernels want.
struct QuantizedOutputs
{
    explicit QuantizedOutputs(int count) : starts(count, 0), factors(count, 0.f), addedFactors(count, 0.f) {}

    void set(int place, int output, const QuantizedRow& row, const LayerScales& scales)
    {
        starts[place] = row.start(scales.from->zero);
        // The limit keeps y an int. It only holds where values are so far out of the result's range that all are
        // clipped.
        const double to = scales.to ? scales.to->of(output) : 1.;
        const double limit = scales.to ? highestResult / std::max(row.highestSum(starts[place]), 1.) : DBL_MAX;
        factors[place] = float(std::min(row.scale / to, limit));
        if (scales.added)
            addedFactors[place] = addedFactorOf(scales, output);
    }

    static float addedFactorOf(const LayerScales& scales, int output)
    {
        const float to = scales.to ? scales.to->of(output) : 1.f;
        return std::min(scales.added->of(output) / to, highestAddedFactor);
    }

    std::vector<int> starts;
    std::vector<float> factors, addedFactors;
};

//! The byte nearest to a value, on a scale of all channels.
uchar byteOf(float value, const MapScale& to)
{
    const float steps = std::min(std::max(value / to.of(0), -highestByte), highestByte);
    return saturate_cast<uchar>(cvRound(steps) + to.zero);
}

// How sums become bytes of the result; or values, if they are only measured. Where channels have scales of their own,
// as a model file may say, bytes are clipped at zero only.
Int8Rounding roundingOf(const LayerScales& scales, const Clip& clip)
{
    const int addedZero = scales.added ? scales.added->zero : 0;
    if (!scales.to)
        return Int8Rounding{0, addedZero, 0, 255};
    const MapScale& to = *scales.to;
    if (to.isUniform())
        return Int8Rounding{to.zero, addedZero, byteOf(clip.lowest, to), byteOf(clip.highest, to)};
    return Int8Rounding{to.zero, addedZero, uchar(clip.lowest == 0 ? to.zero : 0), 255};
}

//! Rows of padding for kernels: one pixel, for all columns.
class PaddingPixel
{
public:
    PaddingPixel(int channels, int zero) : bytes(channels + int8Slack, uchar(zero)) {}
    const uchar* data() const { return bytes.data(); }

private:
    const std::vector<uchar> bytes;
};

//! Scratch memory of at least this size.
uchar* memoryOf(Mat& scratch, size_t bytes)
{
    CV_CheckLE(bytes, size_t(INT_MAX), "The rows of a map have to fit into memory");
    if (scratch.total() < bytes)
        scratch.create(1, int(bytes), CV_8U);
    return scratch.data;
}

//! Weights of panels or blocks. cv::Mat begins at a line of the processor's cache, over whose ends no vector of 64
//! bytes lies then: ResNet18's products take up to 5 % longer where each lies over two.
Mat alignedZeros(int parts, int bytesOfPart)
{
    return Mat::zeros(parts, bytesOfPart, CV_8S);
}

//! A convolution over all channels. Patches are copied side by side, unless the kernel is 1x1 with stride 1.
class ProductStep CV_FINAL : public Int8Step
{
public:
    ProductStep(const Convolution& c, const LayerScales& scales, const Clip& clip, const Int8Kernels& k)
        : window(c.window),
          outputs(c.outputs),
          channels(c.weights.size[1]),
          inputs(channels * window.kernel.area()),
          words(wordsOf(inputs)),
          padding(window.kernel.width * channels, scales.from->zero),
          weights(alignedZeros(panelsOf(outputs), words * int8Panel * int8Word)),
          terms(panelsOf(outputs) * int8Panel),
          rounding(roundingOf(scales, clip)),
          multiply(outputs < k.leastOutputs ? int8KernelsPlain.multiply : k.multiply)
    {
        const WeightedInputs met(*scales.from, channels, window.kernel.area());
        for (int o = 0; o < outputs; o++)
            pack(o, QuantizedRow(channelsLast(c.weights.ptr<float>(o)), met, c.bias.at<float>(o)), scales);
    }

    void run(const Int8Maps& maps, const Range& rows, Mat& scratch, Int8Extremes* extremes) const CV_OVERRIDE
    {
        const int width = maps.to.size.width;
        if (isPointwise())
        {
            multiplyRows(maps, maps.from.row(rows.start), channels, rows, extremes);
            return;
        }
        // Several rows together, so that a kernel gets enough pixels.
        const int pixelsTogether = 112, together = std::max(pixelsTogether / width, 1);
        uchar* const patches = memoryOf(scratch, size_t(together) * width * patchStep() + int8Slack);
        for (int y = rows.start; y < rows.end; y += together)
        {
            const Range part(y, std::min(y + together, rows.end));
            copyPatches(maps.from, part, width, patches);
            multiplyRows(maps, patches, patchStep(), part, extremes);
        }
    }

private:
    bool isPointwise() const
    {
        return window.kernel.area() == 1 && window.stride == 1 &&
               window.top + window.left + window.bottom + window.right == 0;
    }

    size_t patchStep() const { return size_t(words) * int8Word; }

    //! An output's weights, from channels x kernel rows x kernel columns to the order of the map.
    std::vector<float> channelsLast(const float* ofOutput) const
    {
        const int taps = window.kernel.area();
        std::vector<float> ordered(inputs);
        for (int channel = 0; channel < channels; channel++)
            for (int tap = 0; tap < taps; tap++)
                ordered[size_t(tap) * channels + channel] = ofOutput[size_t(channel) * taps + tap];
        return ordered;
    }

    void pack(int output, const QuantizedRow& row, const LayerScales& scales)
    {
        // An output is in two panels if the last one overlaps the one before it.
        for (int panel = output / int8Panel; panel < panelsOf(outputs); panel++)
        {
            const int place = output - firstOfPanel(panel, outputs);
            if (place < 0 || place >= int8Panel)
                continue;
            terms.set(panel * int8Panel + place, output, row, scales);
            schar* const to = weights.ptr<schar>(panel);
            for (int i = 0; i < inputs; i++)
                to[(i / int8Word * int8Panel + place) * int8Word + i % int8Word] = row.values[i];
        }
    }

    void multiplyRows(const Int8Maps& maps, const uchar* from, size_t fromStep, const Range& rows,
                      Int8Extremes* extremes) const
    {
        multiply(Int8Product{rows.size() * maps.to.size.width, words, outputs, from, fromStep, weights.ptr<schar>(),
                             terms.starts.data(), terms.factors.data(),
                             maps.added.data ? maps.added.row(rows.start) : NULL, terms.addedFactors.data(),
                             maps.to.data ? maps.to.row(rows.start) : NULL, extremes, rounding});
    }

    void copyPatches(const Int8Map& from, const Range& rows, int width, uchar* to) const
    {
        for (int y = rows.start; y < rows.end; y++, to += width * patchStep())
            for (int k = 0; k < window.kernel.height; k++)
                copySeen(from, y * window.stride - window.top + k * window.dilation, width,
                         to + size_t(k) * window.kernel.width * channels);
    }

    // Copies what one row of the kernel sees, for a row of results.
    void copySeen(const Int8Map& from, int y, int width, uchar* to) const
    {
        const Range inside = seenInside(from.size, y, width);
        const int first = inside.start * window.stride - window.left;
        for (int x = 0; x < inside.start; x++)
            copyAtEdge(from, y, x * window.stride - window.left, to + x * patchStep());
        if (!inside.empty())
            copySpans(from.row(y) + size_t(first) * channels, size_t(window.stride) * channels,
                      to + inside.start * patchStep(), inside.size());
        for (int x = inside.end; x < width; x++)
            copyAtEdge(from, y, x * window.stride - window.left, to + x * patchStep());
    }

    // The results for which a row of the kernel sees nothing but columns of the map, one beside the other.
    Range seenInside(const Size& map, int y, int width) const
    {
        const int room = map.width - window.kernel.width + window.left;
        if (y < 0 || y >= map.height || window.dilation > 1 || room < 0)
            return Range(width, width);
        const int start = std::min((window.left + window.stride - 1) / window.stride, width);
        return Range(start, std::max(std::min(room / window.stride + 1, width), start));
    }

    void copyAtEdge(const Int8Map& from, int y, int x, uchar* to) const
    {
        const bool isOutside = y < 0 || y >= from.size.height;
        for (int k = 0; k < window.kernel.width; k++, to += channels)
        {
            const int at = x + k * window.dilation;
            const bool isPadding = isOutside || at < 0 || at >= from.size.width;
            std::memcpy(to, isPadding ? padding.data() : from.row(y) + size_t(at) * channels, channels);
        }
    }

    // Copies a row of the kernel's bytes for each of some results. Calls of memcpy take longer than to copy a few
    // bytes, as of the three channels of an image.
    void copySpans(const uchar* from, size_t step, uchar* to, int count) const
    {
        const int bytes = window.kernel.width * channels;
        if (bytes >= 128 || bytes < 8)
            for (int i = 0; i < count; i++)
                std::memcpy(to + i * patchStep(), from + i * step, bytes);
        else if (bytes >= 16)
            copyVectors<16>(from, step, to, count, bytes);
        else
            copyVectors<8>(from, step, to, count, bytes);
    }

    // The last vector of a span overlaps the one before it.
    template <int vector> void copyVectors(const uchar* from, size_t step, uchar* to, int count, int bytes) const
    {
        for (const size_t toStep = patchStep(); count > 0; count--, from += step, to += toStep)
        {
            for (int i = 0; i < bytes - vector; i += vector)
                std::memcpy(to + i, from + i, vector);
            std::memcpy(to + bytes - vector, from + bytes - vector, vector);
        }
    }

    const Window window;
    const int outputs, channels, inputs, words;
    const PaddingPixel padding;
    Mat weights;
    QuantizedOutputs terms;
    const Int8Rounding rounding;
    void (*const multiply)(const Int8Product&);
};

//! A convolution of each channel by itself.
class DepthwiseStep CV_FINAL : public Int8Step
{
public:
    DepthwiseStep(const Convolution& c, const LayerScales& scales, const Clip& clip, const Int8Kernels& k)
        : window(c.window),
          channels(c.outputs),
          padding(channels, scales.from->zero),
          weights(alignedZeros(blocksOf(channels), blockWeights())),
          terms(blocksOf(channels) * int8Block),
          rounding(roundingOf(scales, clip)),
          kernels(channels < k.leastChannels ? int8KernelsPlain : k)
    {
        for (int channel = 0; channel < channels; channel++)
        {
            const int taps = window.kernel.area();
            const float* const first = c.weights.ptr<float>(channel);
            const WeightedInputs met = WeightedInputs::ofChannel(*scales.from, channel, taps);
            pack(channel, QuantizedRow(std::vector<float>(first, first + taps), met, c.bias.at<float>(channel)),
                 scales);
        }
    }

    void run(const Int8Maps& maps, const Range& rows, Mat& scratch, Int8Extremes* extremes) const CV_OVERRIDE
    {
        const int columns = maps.to.size.width;
        const Int8Kernels& fitting = columns < kernels.leastColumns ? int8KernelsPlain : kernels;
        SeenRows seen(window.kernel.height);
        Int8Depthwise task = {0,
                              channels,
                              columns,
                              window.kernel.height,
                              window.kernel.width,
                              window.stride,
                              window.dilation,
                              seen.rows.data(),
                              seen.steps.data(),
                              maps.from.size.width,
                              window.left,
                              padding.data(),
                              weights.ptr<schar>(),
                              terms.starts.data(),
                              terms.factors.data(),
                              NULL,
                              extremes,
                              rounding,
                              NULL};
        task.scratch = memoryOf(
            scratch, int8ScratchOf(columns, window.kernel.height, window.kernel.width, window.stride, window.dilation));
        for (int y = rows.start; y < rows.end; y += task.count)
        {
            task.count = std::min(rows.end - y, 2);
            for (int i = 0; i < task.count; i++)
                findRows(maps.from, y + i, i * window.kernel.height, seen);
            task.to = maps.to.data ? maps.to.row(y) : NULL;
            fitting.convolve(task);
        }
    }

private:
    //! The rows of the map that two rows of the result see, and their steps from a pixel to the next one.
    struct SeenRows
    {
        explicit SeenRows(int kernelRows) : rows(2 * kernelRows), steps(2 * kernelRows) {}

        std::vector<const uchar*> rows;
        std::vector<size_t> steps;
    };

    void findRows(const Int8Map& from, int y, int first, SeenRows& seen) const
    {
        for (int k = 0; k < window.kernel.height; k++)
        {
            const int at = y * window.stride - window.top + k * window.dilation;
            const bool isPadding = at < 0 || at >= from.size.height;
            seen.rows[first + k] = isPadding ? padding.data() : from.row(at);
            seen.steps[first + k] = isPadding ? 0 : channels;
        }
    }

    int blockWeights() const { return groupsOf(window.kernel.height) * window.kernel.width * int8Block * int8Word; }

    void pack(int channel, const QuantizedRow& row, const LayerScales& scales)
    {
        // A channel is in two blocks if the last one overlaps the one before it.
        for (int block = channel / int8Block; block < blocksOf(channels); block++)
        {
            const int inBlock = channel - firstOfBlock(block, channels);
            if (inBlock < 0 || inBlock >= int8Block)
                continue;
            const int place = placeInBlock(inBlock);
            terms.set(block * int8Block + place, channel, row, scales);
            schar* const to = weights.ptr<schar>(block);
            for (int y = 0; y < window.kernel.height; y++)
                for (int x = 0; x < window.kernel.width; x++)
                    to[((y / int8Word * window.kernel.width + x) * int8Block + place) * int8Word + y % int8Word] =
                        row.values[y * window.kernel.width + x];
        }
    }

    const Window window;
    const int channels;
    const PaddingPixel padding;
    Mat weights;
    QuantizedOutputs terms;
    const Int8Rounding rounding;
    const Int8Kernels& kernels;
};

//! A convolution, with a batch norm, a sum and clipping included if they follow it.
class ConvolutionLayer CV_FINAL : public Int8Layer, private Convolution
{
public:
    explicit ConvolutionLayer(const Convolution& c) : Convolution(c) {}

    MapShape outputShape(const MapShape& in) const CV_OVERRIDE { return Convolution::outputShape(in); }
    int channelsOfResult() const CV_OVERRIDE { return outputs; }
    bool takeSum() CV_OVERRIDE { return groups == 1 && clip.isNone() && added < 0; }
    bool takeScale(const Mat& scale, const Mat& shift) CV_OVERRIDE
    {
        return clip.isNone() && added < 0 && Convolution::takeScale(scale, shift);
    }
    bool takeClip(const Clip& other) CV_OVERRIDE { return clip.takeOver(other); }
    Clip clipOfResult() const CV_OVERRIDE { return clip; }

    std::unique_ptr<const Int8Step> quantized(const LayerScales& scales, const Int8Kernels& kernels) const CV_OVERRIDE
    {
        if (groups == 1)
            return std::unique_ptr<const Int8Step>(new ProductStep(*this, scales, clip, kernels));
        return std::unique_ptr<const Int8Step>(new DepthwiseStep(*this, scales, clip, kernels));
    }

private:
    Clip clip;
};

//! The highest byte of each window. Padding never gives it.
class MaxPoolStep CV_FINAL : public Int8Step
{
public:
    explicit MaxPoolStep(const Window& w) : window(w) {}

    void run(const Int8Maps& maps, const Range& rows, Mat&, Int8Extremes*) const CV_OVERRIDE
    {
        for (int y = rows.start; y < rows.end; y++)
            for (int x = 0; x < maps.to.size.width; x++)
                pool(maps.from, y * window.stride - window.top, x * window.stride - window.left,
                     maps.to.row(y) + size_t(x) * maps.to.channels);
    }

private:
    void pool(const Int8Map& from, int top, int left, uchar* to) const
    {
        const Range rows(std::max(top, 0), std::min(top + window.kernel.height, from.size.height)),
            columns(std::max(left, 0), std::min(left + window.kernel.width, from.size.width));
        int channel = 0;
#if CV_SIMD128 // compilers do not make vectors of the plain loop, which takes 1.1 of ResNet18's 7.3 ms
        const int lanes = v_uint8x16::nlanes;
        for (; channel + lanes <= from.channels; channel += lanes)
        {
            v_uint8x16 highest = v_setzero_u8();
            for (int y = rows.start; y < rows.end; y++)
                for (int x = columns.start; x < columns.end; x++)
                    highest = v_max(highest, v_load(from.row(y) + size_t(x) * from.channels + channel));
            v_store(to + channel, highest);
        }
#endif
        for (; channel < from.channels; channel++)
        {
            to[channel] = 0;
            for (int y = rows.start; y < rows.end; y++)
                for (int x = columns.start; x < columns.end; x++)
                    to[channel] = std::max(to[channel], from.row(y)[size_t(x) * from.channels + channel]);
        }
    }

    const Window window;
};

class MaxPoolLayer CV_FINAL : public Int8Layer
{
public:
    explicit MaxPoolLayer(const Window& w) : window(w) {}

    MapShape outputShape(const MapShape& in) const CV_OVERRIDE
    {
        return MapShape{in.images, in.channels, window.outputSize(in.size)};
    }
    std::unique_ptr<const Int8Step> quantized(const LayerScales&, const Int8Kernels&) const CV_OVERRIDE
    {
        return std::unique_ptr<const Int8Step>(new MaxPoolStep(window));
    }
    bool keepsScale() const CV_OVERRIDE { return true; }

private:
    const Window window;
};

//! A layer that sees each value by itself, or together with the one that is added.
class ValueStep CV_FINAL : public Int8Step
{
public:
    ValueStep(const LayerScales& scales, const Clip& clip, int channels)
        : zero(scales.from->zero),
          rounding(roundingOf(scales, clip))
    {
        for (int c = 0; c < channels; c++)
        {
            factors.push_back(std::min(scales.from->of(c) / (scales.to ? scales.to->of(c) : 1.f), highestAddedFactor));
            addedFactors.push_back(scales.added ? QuantizedOutputs::addedFactorOf(scales, c) : 0.f);
        }
    }

    void run(const Int8Maps& maps, const Range& rows, Mat&, Int8Extremes* extremes) const CV_OVERRIDE
    {
        const int channels = maps.from.channels;
        const size_t pixels = size_t(rows.size()) * maps.from.size.width;
        const uchar* const from = maps.from.row(rows.start);
        const uchar* const added = maps.added.data ? maps.added.row(rows.start) : NULL;
        uchar* const to = maps.to.data ? maps.to.row(rows.start) : NULL;
        for (size_t i = 0; i < pixels * channels; i++)
        {
            const int c = int(i % channels), term = factors.size() > 1 ? c : 0;
            const Int8Sum result = {from[i] - zero, factors[term], added ? added + i : NULL, addedFactors[term]};
            takeInt8Result(rounding, result, to ? to + i : NULL, extremes + c);
        }
    }

private:
    std::vector<float> factors, addedFactors; // of each channel, or one of all
    const int zero;
    const Int8Rounding rounding;
};

// A layer without weights has a term for each channel if one of its maps has scales of its own.
std::unique_ptr<const Int8Step> valueStep(const LayerScales& scales, const Clip& clip)
{
    size_t channels = scales.from->scales.size();
    for (const MapScale* scale : {scales.added, scales.to})
        channels = std::max(channels, scale ? scale->scales.size() : 0);
    return std::unique_ptr<const Int8Step>(new ValueStep(scales, clip, int(channels)));
}

//! The sum of two maps that no convolution could include.
class AddLayer CV_FINAL : public Int8Layer
{
public:
    bool takeClip(const Clip& other) CV_OVERRIDE { return clip.takeOver(other); }
    Clip clipOfResult() const CV_OVERRIDE { return clip; }
    std::unique_ptr<const Int8Step> quantized(const LayerScales& scales, const Int8Kernels&) const CV_OVERRIDE
    {
        return valueStep(scales, clip);
    }

private:
    Clip clip;
};

//! Clipping that no other layer could include.
class ClipLayer CV_FINAL : public Int8Layer
{
public:
    explicit ClipLayer(const Clip& c) : clip(c) {}
    Clip clipOfResult() const CV_OVERRIDE { return clip; }
    std::unique_ptr<const Int8Step> quantized(const LayerScales& scales, const Int8Kernels&) const CV_OVERRIDE
    {
        return valueStep(scales, clip);
    }

private:
    const Clip clip;
};

} // namespace

MapScale::MapScale(const std::vector<Vec2f>& ranges, const std::vector<float>& m) : means(m)
{
    Vec2f all(0, 0);
    for (const Vec2f& range : ranges)
        all = Vec2f(std::min(all[0], range[0]), std::max(all[1], range[1]));
    const double width = std::max(double(all[1]) - all[0], 1e-18);
    zero = std::min(std::max(cvRound(-all[0] / width * highestByte), 0), 255);
    for (const Vec2f& range : ranges)
    {
        // A channel that is constant has a scale, too, with which no factor overflows.
        const double below = zero > 0 ? -double(range[0]) / zero : 0, above = zero < 255 ? range[1] / (255. - zero) : 0;
        scales.push_back(std::max(float(std::max(below, above)), 1e-20f));
    }
}

std::unique_ptr<NetworkLayer> Int8LayerFactory::convolution(const Convolution& c) const
{
    const int products = c.weights.size[1] * c.window.kernel.area();
    if (c.groups > 1 && (c.weights.size[1] != 1 || c.groups != c.outputs))
        CV_Error_(Error::StsNotImplemented,
                  ("convolution '%s' in %d groups that are not one channel each", c.name.c_str(), c.groups));
    if (products > mostProducts)
        CV_Error_(Error::StsNotImplemented, ("convolution '%s', which sums up %d products, expected %d at most",
                                             c.name.c_str(), products, mostProducts));
    return std::unique_ptr<NetworkLayer>(new ConvolutionLayer(c));
}

std::unique_ptr<NetworkLayer> Int8LayerFactory::maxPool(const Window& window) const
{
    return std::unique_ptr<NetworkLayer>(new MaxPoolLayer(window));
}

std::unique_ptr<NetworkLayer> Int8LayerFactory::add() const
{
    return std::unique_ptr<NetworkLayer>(new AddLayer);
}

std::unique_ptr<NetworkLayer> Int8LayerFactory::clip(const Clip& range) const
{
    return std::unique_ptr<NetworkLayer>(new ClipLayer(range));
}

}} // namespace cv::anomaly
