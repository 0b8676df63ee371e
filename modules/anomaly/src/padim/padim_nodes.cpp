// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "padim_model.hpp"
#include "../patches/grid_features.hpp"
#include "gaussian_panels.hpp"

namespace cv { namespace anomaly {

namespace {

// Drawn channels of one map, whose first channel has the index `first` among all; counted within the map.
std::vector<int> drawnOf(const std::vector<int>& drawn, int first, int channels)
{
    std::vector<int> numbers;
    for (const int channel : drawn)
        if (channel >= first && channel < first + channels)
            numbers.push_back(channel - first);
    return numbers;
}

// ChannelReduction of one map as nodes. A projection is computed before the map is resized, which is less work. The
// result has 0 channels if none of the map's channels was drawn.
MapsNode addReduced(OnnxBuilder& graph, const MapsNode& map, const ChannelReduction& reduction, int first)
{
    if (!reduction.projection.empty())
        return addWeighting(graph, addPooling(graph, map), reduction.projection.colRange(first, first + map.channels));
    const std::vector<int> drawn = drawnOf(reduction.drawn, first, map.channels);
    if (drawn.empty())
        return {std::string(), 0, map.size};
    return addPooling(graph, addChoice(graph, map, drawn));
}

// The sum of several maps of one size.
std::string addAll(OnnxBuilder& graph, const std::vector<MapsNode>& maps)
{
    std::string sum = maps[0].name;
    for (size_t i = 1; i < maps.size(); i++)
        sum = graph.add("Add", {sum, maps[i].name});
    return sum;
}

//! L^-1 of each position as a full matrix, positions x d x d, with zeros above the diagonal.
Mat triangularMatrices(const PositionGaussians& gaussians)
{
    const int d = gaussians.length(), shape[] = {gaussians.positions(), d, d};
    Mat matrices(3, shape, CV_32F, Scalar(0));
    for (int position = 0; position < gaussians.positions(); position++)
    {
        const float* entry = gaussians.whitening.ptr<float>(position / gaussianPanel) + position % gaussianPanel;
        for (int i = 0; i < d; i++)
            for (int j = 0; j <= i; j++, entry += gaussianPanel)
                matrices.at<float>(position, i, j) = *entry;
    }
    return matrices;
}

} // namespace

ScoreNodes PadimModel::addNodes(OnnxBuilder& graph, const std::vector<MapsNode>& features, Size) const
{
    std::vector<MapsNode> maps;
    int first = 0;
    for (const MapsNode& each : features)
    {
        const MapsNode reduced = addReduced(graph, each, reduction, first);
        first += each.channels;
        if (reduced.channels > 0)
            maps.push_back(addResizing(graph, reduced, grid, gridInterpolation(reduced.size, grid)));
    }
    const std::string all = reduction.projection.empty() ? addConcatenation(graph, maps).name : addAll(graph, maps);
    const int shape[] = {1, gaussians.length(), grid.height, grid.width};
    const std::string centered = graph.add("Sub", {all, graph.constant(gaussians.mean.clone().reshape(1, 4, shape))});
    // Features as positions x d x images, so that one product with L^-1 of each position covers all images.
    const std::string byPatch = addPatchRows(graph, {centered, gaussians.length(), grid}),
                      byPosition = graph.add("Transpose", {byPatch}, {{"perm", std::vector<int64>{1, 2, 0}}}),
                      whitened = graph.add("MatMul", {graph.constant(triangularMatrices(gaussians)), byPosition}),
                      byImage = graph.add("Transpose", {whitened}, {{"perm", std::vector<int64>{2, 0, 1}}});
    return {asMaps(graph, addNorm(graph, byImage), grid), std::string()};
}

}} // namespace cv::anomaly
