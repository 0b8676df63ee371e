// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "patch_nodes.hpp"
#include "resampling.hpp"

#include "opencv2/imgproc.hpp"

namespace cv { namespace anomaly {

// A number for each channel, in the shape in which they are added to maps.
static std::string channelConstant(OnnxBuilder& graph, const Mat& numbers)
{
    const int shape[] = {1, int(numbers.total()), 1, 1};
    return graph.constant(numbers.reshape(1, 4, shape));
}

MapsNode addPooling(OnnxBuilder& graph, const MapsNode& maps)
{
    const std::string pooled = graph.add("AveragePool", {maps.name},
                                         {{"kernel_shape", std::vector<int64>{3, 3}},
                                          {"pads", std::vector<int64>{1, 1, 1, 1}},
                                          {"strides", std::vector<int64>{1, 1}},
                                          {"count_include_pad", 1}});
    return {pooled, maps.channels, maps.size};
}

MapsNode addResizing(OnnxBuilder& graph, const MapsNode& maps, Size size, int interpolation)
{
    if (maps.size == size)
        return maps;
    const MapWeights weights = mapWeights(maps.size, size, interpolation);
    const std::string columns = graph.add("MatMul", {maps.name, graph.constant(Mat(weights.columns.t()))});
    return {graph.add("MatMul", {graph.constant(weights.rows), columns}), maps.channels, size};
}

MapsNode addChoice(OnnxBuilder& graph, const MapsNode& maps, const std::vector<int>& channels)
{
    const std::vector<int64> indices(channels.begin(), channels.end());
    return {graph.add("Gather", {maps.name, graph.constant(indices)}, {{"axis", 1}}), int(channels.size()), maps.size};
}

MapsNode addConcatenation(OnnxBuilder& graph, const std::vector<MapsNode>& maps)
{
    if (maps.size() == 1)
        return maps[0];
    MapsNode all = {std::string(), 0, maps[0].size};
    std::vector<std::string> names;
    for (const MapsNode& each : maps)
    {
        names.push_back(each.name);
        all.channels += each.channels;
    }
    all.name = graph.add("Concat", names, {{"axis", 1}});
    return all;
}

MapsNode addWeighting(OnnxBuilder& graph, const MapsNode& maps, const Mat& weights)
{
    CV_CheckEQ(weights.cols, maps.channels, "A weight for each channel");
    const int shape[] = {weights.rows, weights.cols, 1, 1};
    const Mat kernel = weights.clone().reshape(1, 4, shape); // cloned, since they may be columns of a larger matrix
    return {graph.add("Conv", {maps.name, graph.constant(kernel)}), weights.rows, maps.size};
}

// The terms of project() that do not depend on the image: bias and coordinates, minus the offset.
static std::string placeTerms(OnnxBuilder& graph, const Descriptor& descriptor, Size grid, const Mat& offset)
{
    if (countNonZero(descriptor.coordinateWeights()) == 0)
        return channelConstant(graph, descriptor.b - offset);
    Descriptor placeOnly = {{1}, Mat(), descriptor.b};
    hconcat(Mat::zeros(descriptor.length(), 1, CV_32F), descriptor.coordinateWeights(), placeOnly.W);
    const int shape[] = {1, 1, grid.height, grid.width},
              termsShape[] = {1, descriptor.length(), grid.height, grid.width};
    const Mat terms = project({Mat(4, shape, CV_32F, Scalar(0))}, placeOnly) - repeat(offset, 1, grid.area());
    return graph.constant(terms.reshape(1, 4, termsShape));
}

MapsNode addProjection(OnnxBuilder& graph, const std::vector<MapsNode>& pooled, const Descriptor& descriptor,
                       const Mat& offset)
{
    MapsNode sum = addWeighting(graph, pooled[0], descriptor.weights(0));
    sum.name = graph.add("Add", {sum.name, placeTerms(graph, descriptor, sum.size, offset)});
    for (size_t scale = 1; scale < pooled.size(); scale++)
    {
        const MapsNode coarse = addWeighting(graph, pooled[scale], descriptor.weights(scale));
        sum.name = graph.add("Add", {sum.name, addResizing(graph, coarse, sum.size, INTER_LINEAR).name});
    }
    return sum;
}

std::string addPatchRows(OnnxBuilder& graph, const MapsNode& maps)
{
    const std::vector<int64> shape = {0, maps.channels, maps.size.area()}; // 0 keeps the size of the batch
    return graph.add("Transpose", {graph.add("Reshape", {maps.name, graph.constant(shape)})},
                     {{"perm", std::vector<int64>{0, 2, 1}}});
}

MapsNode asMaps(OnnxBuilder& graph, const std::string& numbers, Size grid)
{
    const std::vector<int64> shape = {-1, 1, grid.height, grid.width};
    return {graph.add("Reshape", {numbers, graph.constant(shape)}), 1, grid};
}

std::string addSum(OnnxBuilder& graph, const std::string& numbers)
{
    return graph.add("ReduceSum", {numbers, graph.constant(std::vector<int64>(1, -1))}, {{"keepdims", 0}});
}

std::string addNorm(OnnxBuilder& graph, const std::string& vectors)
{
    return graph.add("Sqrt", {addSum(graph, graph.add("Mul", {vectors, vectors}))});
}

}} // namespace cv::anomaly
