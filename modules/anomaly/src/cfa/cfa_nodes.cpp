// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "cfa_model.hpp"
#include "../export/nearest_nodes.hpp"

namespace cv { namespace anomaly {

// Eq. 5 of @cite Lee2022cfa as nodes, like certaintyWeighted() in nearest_scorer.cpp. distances: batch x patches x K.
// nearest and result: batch x patches.
static std::string addCertaintyWeighted(OnnxBuilder& graph, const std::string& distances, const std::string& nearest)
{
    const std::string last = graph.constant(std::vector<int64>(1, 2)); // axis
    const std::string farther = graph.add("Sub", {graph.add("Unsqueeze", {nearest, last}), distances});
    return graph.add("Div", {nearest, addSum(graph, graph.add("Exp", {farther}))});
}

ScoreNodes CfaModel::addNodes(OnnxBuilder& graph, const std::vector<MapsNode>& features, Size) const
{
    const BankNodes rows(graph, bank);
    std::vector<MapsNode> pooled;
    for (const MapsNode& each : features)
        pooled.push_back(addPooling(graph, each));
    const MapsNode phi = addProjection(graph, pooled, descriptor, rows.offset());
    const NearestSettings settings = nearestSettings();
    const std::string distances = rows.search(addPatchRows(graph, phi), settings.K).distances;
    std::string scores =
        graph.add("Gather", {distances, graph.constant(std::vector<int64>(1, 0))}, {{"axis", 2}}); // the smallest ones
    scores = graph.add("Squeeze", {scores, graph.constant(std::vector<int64>(1, 2))});
    if (settings.weight == WEIGHT_CERTAINTY)
        scores = addCertaintyWeighted(graph, distances, scores);
    return {asMaps(graph, scores, phi.size), std::string()};
}

}} // namespace cv::anomaly
