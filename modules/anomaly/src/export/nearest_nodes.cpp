// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "nearest_nodes.hpp"
#include "../search/neighbor_search.hpp"

namespace cv { namespace anomaly {

// The `count` lowest numbers along the last axis in rising order, and their indices.
static std::vector<std::string> addLowest(OnnxBuilder& graph, const std::string& numbers, int count)
{
    return graph.addWithOutputs(2, "TopK", {numbers, graph.constant(std::vector<int64>(1, count))},
                                {{"axis", -1}, {"largest", 0}, {"sorted", 1}});
}

BankNodes::BankNodes(OnnxBuilder& g, const Mat& rows) : graph(g), count(rows.rows)
{
    Mat meanRow;
    reduce(rows, meanRow, 0, REDUCE_AVG, CV_64F);
    meanRow.convertTo(meanRow, CV_32F);
    mean = meanRow.t();
    const Mat centered = rows - repeat(meanRow, rows.rows, 1);
    bank = graph.constant(centered);
    norms = graph.constant(Mat(squaredNorms(centered).t()));
}

std::string BankNodes::withoutOffset(const MapsNode& maps) const
{
    const int shape[] = {1, maps.channels, 1, 1};
    return graph.add("Sub", {maps.name, graph.constant(mean.reshape(1, 4, shape))});
}

std::string BankNodes::rows(const std::string& indices) const
{
    return graph.add("Gather", {bank, indices}, {{"axis", 0}});
}

// Ranks |c|^2 - 2 x c, which sort rows in the same order as their distances.
std::string BankNodes::ranks(const std::string& patches) const
{
    const std::string doubled = graph.add("Mul", {patches, graph.constant(-2.f)}),
                      columns = graph.add("Transpose", {bank}, {{"perm", std::vector<int64>{1, 0}}});
    return graph.add("Add", {graph.add("MatMul", {doubled, columns}), norms});
}

NearestNodes BankNodes::search(const std::string& patches, int K, const std::string& penalties) const
{
    std::string ranked = ranks(patches);
    if (!penalties.empty())
        ranked = graph.add("Add", {ranked, penalties});
    return K == 1 ? nearestOf(patches, ranked) : nearestOf(patches, ranked, K);
}

// For K = 1 the row with the lowest rank is taken.
NearestNodes BankNodes::nearestOf(const std::string& patches, const std::string& ranked) const
{
    const std::string nearest = graph.add("ArgMin", {ranked}, {{"axis", 2}, {"keepdims", 0}});
    const std::string distances = addNorm(graph, graph.add("Sub", {patches, rows(nearest)}));
    return {graph.add("Unsqueeze", {distances, graph.constant(std::vector<int64>(1, 2))}), nearest};
}

// For more neighbors some more candidates are taken by rank, and sorted by their exact distances.
NearestNodes BankNodes::nearestOf(const std::string& patches, const std::string& ranked, int K) const
{
    const std::string candidates = addLowest(graph, ranked, std::min(K + spareCandidates, count))[1];
    const std::string patch = graph.add("Unsqueeze", {patches, graph.constant(std::vector<int64>(1, 2))});
    const std::string apart = addNorm(graph, graph.add("Sub", {patch, rows(candidates)}));
    const std::vector<std::string> lowest = addLowest(graph, apart, K);
    const std::string first = graph.add("Gather", {lowest[1], graph.constant(std::vector<int64>(1, 0))}, {{"axis", 2}});
    const std::string nearest = graph.add("GatherElements", {candidates, first}, {{"axis", 2}});
    return {lowest[0], graph.add("Squeeze", {nearest, graph.constant(std::vector<int64>(1, 2))})};
}

}} // namespace cv::anomaly
