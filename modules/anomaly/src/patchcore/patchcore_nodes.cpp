// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "patchcore_model.hpp"
#include "../base/as_column.hpp"
#include "../export/nearest_nodes.hpp"
#include "../patches/grid_features.hpp"
#include "../search/neighbor_search.hpp"
#include "../search/window_search.hpp"

#include "opencv2/imgproc.hpp"

#include <numeric>

namespace cv { namespace anomaly {

namespace {

// PatchFeatures as nodes: batch x patches x axes (or features), minus the bank's offset.
std::string addPatches(OnnxBuilder& graph, const std::vector<MapsNode>& features, Size grid,
                       const Descriptor& whitening, const BankNodes& bank)
{
    std::vector<MapsNode> maps;
    for (const MapsNode& each : features)
    {
        const MapsNode pooled = addPooling(graph, each);
        const int interpolation = gridInterpolation(pooled.size, grid);
        // With whitened axes, coarse maps are interpolated after the projection, which is less work.
        const bool waits = !whitening.W.empty() && !maps.empty() && interpolation == INTER_LINEAR;
        maps.push_back(waits ? pooled : addResizing(graph, pooled, grid, interpolation));
    }
    if (!whitening.W.empty())
        return addPatchRows(graph, addProjection(graph, maps, whitening, bank.offset()));
    MapsNode all = addConcatenation(graph, maps);
    all.name = bank.withoutOffset(all);
    return addPatchRows(graph, all);
}

//! Indices of the K rows of a bank that are nearest to each of its rows, the row itself first: rows x K, CV_32S.
Mat neighborsOfRows(const Mat& bank, int K)
{
    Mat distances, indices;
    NeighborSearch::create(bank, ENGINE_PLAIN)->search(bank.t(), K, distances, indices);
    return indices.t();
}

//! Eq. 7 as nodes, like PatchCoreScorer::weightedScore. scores: batch x patches, the distances that `found` holds.
std::string addWeightedScore(OnnxBuilder& graph, const std::string& patches, const BankNodes& bank,
                             const NearestNodes& found, const std::string& scores, const std::string& neighborsOfRows)
{
    const std::string at = graph.add("ArgMax", {scores}, {{"axis", 1}, {"keepdims", 1}}); // batch x 1
    const auto ofPatch = [&](const std::string& tensor) {
        return graph.add("GatherND", {tensor, at}, {{"batch_dims", 1}});
    };
    const std::string second = graph.constant(std::vector<int64>(1, 1)); // axis
    const std::string neighbors = graph.add("Gather", {neighborsOfRows, ofPatch(found.nearest)}, {{"axis", 0}});
    const std::string unusual = graph.add("Unsqueeze", {ofPatch(patches), second}); // batch x 1 x D'
    const std::string distances = addNorm(graph, graph.add("Sub", {unusual, bank.rows(neighbors)}));
    const std::string highest = graph.add("GatherElements", {scores, at}, {{"axis", 1}});
    const std::string sum = addSum(graph, graph.add("Exp", {graph.add("Sub", {distances, highest})}));
    const std::string weight = graph.add("Sub", {graph.constant(1.f), graph.add("Reciprocal", {sum})});
    return graph.add("Mul", {weight, graph.add("Squeeze", {highest, second})});
}

// Numbers as a matrix of n x 1, CV_32F.
Mat columnOf(const std::vector<int>& numbers)
{
    Mat column;
    asColumn(numbers).convertTo(column, CV_32F);
    return column;
}

//! Columns and rows of places on a grid, each a constant of places x 1.
struct PlaceConstants
{
    PlaceConstants(OnnxBuilder& graph, const std::vector<int>& places, Size grid)
    {
        std::vector<int> x, y;
        for (const int place : places)
        {
            x.push_back(place % grid.width);
            y.push_back(place / grid.width);
        }
        columns = graph.constant(columnOf(x));
        rows = graph.constant(columnOf(y));
    }

    std::string columns, rows;
};

//! Distance along one axis between the places of patches and of the bank's rows: patches x rows.
std::string apart(OnnxBuilder& graph, const std::string& patches, const std::string& rows)
{
    const std::string acrossRows = graph.add("Transpose", {rows}, {{"perm", std::vector<int64>{1, 0}}});
    return graph.add("Abs", {graph.add("Sub", {patches, acrossRows})});
}

//! Penalties for BankNodes::search: 0 if a row's place is in a patch's window, else more than any squared distance.
std::string addWindow(OnnxBuilder& graph, const PatchCoreModel& model, Size grid)
{
    std::vector<int> patches(grid.area());
    std::iota(patches.begin(), patches.end(), 0);
    const PlaceConstants ofPatches(graph, patches, grid), ofRows(graph, model.places, grid);
    const std::string across = apart(graph, ofPatches.columns, ofRows.columns),
                      down = apart(graph, ofPatches.rows, ofRows.rows);
    const std::string reach = graph.constant(columnOf(reachesOfPlaces(RowsByPlace(model.places, grid), model.window)));
    const std::string beyond = graph.add("Relu", {graph.add("Sub", {graph.add("Max", {across, down}), reach})});
    return graph.add("Mul", {beyond, graph.constant(1e30f)});
}

} // namespace

ScoreNodes PatchCoreModel::addNodes(OnnxBuilder& graph, const std::vector<MapsNode>& features, Size input) const
{
    const Size grid = gridOfStride(input, patchStride);
    const BankNodes rows(graph, bank);
    const std::string patches = addPatches(graph, features, grid, whitening, rows);
    const NearestNodes nearest = rows.search(patches, 1, window > 0 ? addWindow(graph, *this, grid) : std::string());
    const std::string scores =
        graph.add("Squeeze", {nearest.distances, graph.constant(std::vector<int64>(1, 2))}); // batch x patches
    const int neighbors = std::min(K, bank.rows);
    ScoreNodes nodes = {asMaps(graph, scores, grid), std::string()};
    if (neighbors > 1)
        nodes.imageScore =
            addWeightedScore(graph, patches, rows, nearest, scores, graph.constant(neighborsOfRows(bank, neighbors)));
    return nodes;
}

}} // namespace cv::anomaly
