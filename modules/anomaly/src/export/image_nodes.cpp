// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "image_nodes.hpp"
#include "../backbone/onnx_fields.hpp"
#include "../input/contrast.hpp"
#include "resampling.hpp"

namespace cv { namespace anomaly {

namespace {

// Whether cv::resize averages whole pixels along this axis. Like cv::resize it compares the factor, which may be
// inexact although one side is a multiple of the other, as for 49 pixels.
bool isBlock(int from, int to)
{
    const double factor = 1 / (double(to) / from);
    return std::abs(factor - cvRound(factor)) < DBL_EPSILON;
}

//! Steps of preprocess() as nodes. `value` is the image so far: single precision, with integers from 0 to 255.
class ImageSteps
{
public:
    ImageSteps(OnnxBuilder& g, const ImageNode& image)
        : graph(g),
          rowAxis(image.channelsFirst ? 2 : 1),
          size(image.size)
    {
        value = graph.add("Cast", {image.name}, {{"to", ONNX_FLOAT}});
    }

    // stretch() of preprocess.cpp as nodes: averages pixels if both sides become shorter, else interpolates.
    void stretch(Size to)
    {
        if (size == to)
            return;
        const bool shrinks = size.width >= to.width && size.height >= to.height;
        if (!shrinks)
            interpolate(to);
        else if (isBlock(size.width, to.width) && isBlock(size.height, to.height))
            averageBlocks(to);
        else
            average(to);
        size = to;
    }

    void cut(const Rect& part)
    {
        if (part.size() == size)
            return;
        value = graph.add("Slice", {value, graph.constant(std::vector<int64>{part.y, part.x}),
                                    graph.constant(std::vector<int64>{part.br().y, part.br().x}),
                                    graph.constant(std::vector<int64>{rowAxis, rowAxis + 1})});
        size = part.size();
    }

    // matchContrast() of contrast.cpp as nodes. It uses double precision, as that function does: otherwise one of the
    // 256 values that pixels may have could be rounded differently, together with all pixels of that value.
    void matchContrast()
    {
        const double middle = 128; // sums of differences from the middle stay small
        const std::string pixels = graph.add("Cast", {value}, {{"to", ONNX_DOUBLE}});
        const std::string around = graph.add("Sub", {pixels, graph.constant(middle)});
        const std::string mean = meanOf(around), square = meanOf(graph.add("Mul", {around, around}));
        const std::string variance = graph.add("Sub", {square, graph.add("Mul", {mean, mean})});
        const std::string least = graph.constant(leastDeviation * leastDeviation);
        const std::string deviation = graph.add("Sqrt", {graph.add("Max", {variance, least})});
        const std::string gain = graph.add("Div", {graph.constant(matchedDeviation), deviation});
        const std::string imageMean = graph.add("Add", {mean, graph.constant(middle)});
        const std::string offset = graph.add("Sub", {graph.constant(matchedMean), graph.add("Mul", {gain, imageMean})});
        const std::string matched = graph.add("Add", {graph.add("Mul", {pixels, inSingle(gain)}), inSingle(offset)});
        const std::string rounded = graph.add("Round", {graph.add("Cast", {matched}, {{"to", ONNX_FLOAT}})});
        value = graph.add("Clip", {rounded, graph.constant(0.f), graph.constant(255.f)});
    }

    std::string value;

private:
    bool channelsFirst() const { return rowAxis == 2; }

    std::string times(const std::string& tensor, float factor)
    {
        return graph.add("Mul", {tensor, graph.constant(factor)});
    }
    std::string wholePart(const std::string& tensor) { return graph.add("Floor", {tensor}); }

    //! Factors for each pixel along an axis, in the shape in which they multiply images.
    std::string along(int axis, const Mat& numbers)
    {
        int shape[] = {1, 1, 1, 1};
        shape[axis] = int(numbers.total());
        return graph.constant(numbers.reshape(1, 4, shape));
    }

    std::string tap(const std::string& tensor, const LineTaps& taps, size_t index, int axis)
    {
        return graph.add("Gather", {tensor, graph.constant(taps.pixels[index])}, {{"axis", axis}});
    }

    // Each product passes through Relu, which does not change it. This keeps engines from computing a product and a sum
    // with a single rounding, where cv::resize rounds twice.
    std::string weightedSum(const std::string& tensor, const LineTaps& taps, int axis)
    {
        std::string sum;
        for (size_t i = 0; i < taps.pixels.size(); i++)
        {
            const std::string product =
                graph.add("Relu", {graph.add("Mul", {tap(tensor, taps, i, axis), along(axis, taps.weights[i])})});
            sum = sum.empty() ? product : graph.add("Add", {sum, product});
        }
        return sum;
    }

    // Mean over all values of each image. Rows are summed first, since these sums are exact in single precision, too,
    // in case an engine has no double precision.
    std::string meanOf(const std::string& numbers)
    {
        const std::vector<int64> columns = {rowAxis + 1}, rest = {1, 2, 3};
        const std::string rows = graph.add("ReduceSum", {numbers, graph.constant(columns)}, {{"keepdims", 1}}),
                          sum = graph.add("ReduceSum", {rows, graph.constant(rest)}, {{"keepdims", 1}});
        return graph.add("Div", {sum, graph.constant(3. * size.area())});
    }

    // Rounds to single precision, because Mat::convertTo takes factor and offset in it.
    std::string inSingle(const std::string& number)
    {
        return graph.add("Cast", {graph.add("Cast", {number}, {{"to", ONNX_FLOAT}})}, {{"to", ONNX_DOUBLE}});
    }

    // Shrinks by fractions of pixels, as INTER_AREA does.
    void average(Size to)
    {
        const std::string rows = weightedSum(value, areaTaps(size.width, to.width), rowAxis + 1);
        value = graph.add("Round", {weightedSum(rows, areaTaps(size.height, to.height), rowAxis)});
    }

    // If both sides are multiples, cv::resize divides sums of integers. It rounds halves up for blocks of 2 x 2, and to
    // even for other blocks.
    void averageBlocks(Size to)
    {
        const int down = size.height / to.height, across = size.width / to.width;
        const std::vector<int64> blocks = channelsFirst() ? std::vector<int64>{0, 3, to.height, down, to.width, across}
                                                          : std::vector<int64>{0, to.height, down, to.width, across, 3};
        const std::vector<int64> within = {rowAxis + 1, rowAxis + 3};
        const std::string sum =
            graph.add("ReduceSum", {graph.add("Reshape", {value, graph.constant(blocks)}), graph.constant(within)},
                      {{"keepdims", 0}});
        if (down == 2 && across == 2)
            value = wholePart(times(graph.add("Add", {sum, graph.constant(2.f)}), 0.25f));
        else
            value = graph.add("Round", {times(sum, 1.f / float(down * across))});
    }

    // cv::resize interpolates 8-bit images in integers. Rows are in units of 1 / 2048 without their last four bits.
    // Then the result is (b0 t0 / 2^16 + b1 t1 / 2^16 + 2) / 4, and each division drops the remainder. Single precision
    // represents all of these numbers exactly.
    void interpolate(Size to)
    {
        const LineTaps rowTaps = linearTaps(size.width, to.width, true),
                       columnTaps = linearTaps(size.height, to.height, false);
        const std::string rows = wholePart(times(weightedSum(value, rowTaps, rowAxis + 1), 1.f / 16));
        const std::string upper = highBits(rows, columnTaps, 0), lower = highBits(rows, columnTaps, 1);
        const std::string sum = graph.add("Add", {graph.add("Add", {upper, lower}), graph.constant(2.f)});
        value = wholePart(times(sum, 0.25f));
    }

    // floor(b t / 2^16) for a weight b up to 2^11 and t below 2^15. Single precision cannot hold the product. With t =
    // 2^8 h + l, the result is floor((b h + floor(b l / 2^8)) / 2^8).
    std::string highBits(const std::string& rows, const LineTaps& taps, size_t index)
    {
        const std::string t = tap(rows, taps, index, rowAxis), b = along(rowAxis, taps.weights[index]);
        const std::string high = wholePart(times(t, 1.f / 256)), low = graph.add("Sub", {t, times(high, 256.f)});
        const std::string ofLow = wholePart(times(graph.add("Mul", {low, b}), 1.f / 256));
        return wholePart(times(graph.add("Add", {graph.add("Mul", {high, b}), ofLow}), 1.f / 256));
    }

    OnnxBuilder& graph;
    const int rowAxis;
    Size size;
};

//! Numbers for each channel, in the shape in which they multiply batch x 3 x rows x columns.
std::string channelConstant(OnnxBuilder& graph, const Scalar& numbers)
{
    const int shape[] = {1, 3, 1, 1};
    Mat constant(4, shape, CV_32F);
    for (int c = 0; c < 3; c++)
        constant.ptr<float>()[c] = float(numbers[c]);
    return graph.constant(constant);
}

} // namespace

void addPreprocessing(OnnxBuilder& graph, const ImageNode& image, const InputSettings& input, const std::string& output)
{
    ImageSteps steps(graph, image);
    steps.stretch(input.resize);
    steps.cut(centerOf(input.resize, input.crop));
    if (input.matchContrast)
        steps.matchContrast();
    std::string planes = steps.value;
    if (!image.channelsFirst)
        planes = graph.add("Transpose", {planes}, {{"perm", std::vector<int64>{0, 3, 1, 2}}});
    if (image.isBgr == input.swapRB)
        planes = graph.add("Gather", {planes, graph.constant(std::vector<int64>{2, 1, 0})}, {{"axis", 1}});
    const Scalar offset = input.mean.mul(input.scale);
    const std::string scaled = graph.add("Mul", {planes, channelConstant(graph, input.scale)});
    graph.addAs({output}, "Sub", {scaled, channelConstant(graph, offset)});
}

}} // namespace cv::anomaly
