// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "map_nodes.hpp"
#include "../map/anomaly_map.hpp"
#include "resampling.hpp"

namespace cv { namespace anomaly {

MapSteps smoothMapSteps(Size grid, const MapSettings& settings)
{
    const Size input = settings.input;
    return MapSteps{smoothingWeights(input.width, settings.sigma), smoothingWeights(input.height, settings.sigma)} *
           MapSteps{linearWeights(grid.width, input.width), linearWeights(grid.height, input.height)};
}

// Weights of a part of a line, with zeros for all pixels outside of that part.
static Mat placed(const Mat& weights, const Range& part, int length)
{
    Mat whole = Mat::zeros(length, weights.cols, CV_32F);
    weights.copyTo(whole.rowRange(part));
    return whole;
}

MapSteps placedSteps(Size map, const Rect& part, Size whole)
{
    return {placed(linearWeights(map.width, part.width), Range(part.x, part.br().x), whole.width),
            placed(linearWeights(map.height, part.height), Range(part.y, part.br().y), whole.height)};
}

// The product is computed in double precision, so that it is rounded only once.
static Mat productOf(const Mat& second, const Mat& first)
{
    Mat a, b, product;
    second.convertTo(a, CV_64F);
    first.convertTo(b, CV_64F);
    Mat(a * b).convertTo(product, CV_32F);
    return product;
}

MapSteps operator*(const MapSteps& second, const MapSteps& first)
{
    return {productOf(second.columns, first.columns), productOf(second.rows, first.rows)};
}

MapsNode addSteps(OnnxBuilder& graph, const MapsNode& map, const MapSteps& steps)
{
    const std::string rows = graph.add("MatMul", {graph.constant(steps.rows), map.name});
    return {graph.add("MatMul", {rows, graph.constant(Mat(steps.columns.t()))}), 1, steps.size()};
}

MapsNode addAverage(OnnxBuilder& graph, const MapsNode& map, const MapsNode& cropped, const Rect& shared)
{
    const MapsNode half = addSteps(graph, cropped, placedSteps(cropped.size, shared, map.size));
    Mat weights(map.size, CV_32F, Scalar(1));
    weights(shared) = 0.5;
    const std::string rest = graph.add("Mul", {map.name, graph.constant(weights)}),
                      added = graph.add("Mul", {half.name, graph.constant(0.5f)});
    return {graph.add("Add", {rest, added}), 1, map.size};
}

std::string addImageScore(OnnxBuilder& graph, const MapsNode& map, int mode, double topShare)
{
    const int64 pixels = map.size.area(), highest = mode == SCORE_MAX ? 1 : int64(countOfShare(pixels, topShare));
    const std::string values = graph.add("Reshape", {map.name, graph.constant(std::vector<int64>{-1, pixels})});
    const std::string top = graph.addWithOutputs(2, "TopK", {values, graph.constant(std::vector<int64>(1, highest))},
                                                 {{"axis", 1}, {"largest", 1}, {"sorted", 0}})[0];
    return graph.add("Mul", {addSum(graph, top), graph.constant(1.f / float(highest))});
}

}} // namespace cv::anomaly
