// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "cfa_model.hpp"
#include "../detector/model_fields.hpp"

#include <numeric>

namespace cv { namespace anomaly {

// Searching one neighbor takes half the time of three (screw, 4,000 patches). Models of older files, which have other
// banks, still search K neighbors: with one, another form of the search could be chosen, whose sums round differently.
static int neighborsOfScore(const CFA::Params& params)
{
    const bool one = params.scoreMode == CFA::SCORE_NEAREST && params.scoringBank == CFA::SCORING_BANK_CORESET;
    return one ? 1 : params.K;
}

CfaModel::CfaModel(const CFA::Params& params)
    : radius(params.radius),
      K(params.K),
      scoreMode(params.scoreMode),
      scoredNeighbors(neighborsOfScore(params))
{}

std::shared_ptr<const ScoreMap> CfaModel::createScoreMap(const MapSettings& settings, const Device& device) const
{
    return createNearestScoreMap(descriptor, bank, nearestSettings(), settings, device);
}

NearestSettings CfaModel::nearestSettings() const
{
    return {scoredNeighbors, scoreMode == CFA::SCORE_CERTAINTY ? WEIGHT_CERTAINTY : WEIGHT_NONE};
}

// The descriptor has learned from these pieces, too, but one image of many hardly changes it.
std::shared_ptr<const ScoreMap> CfaModel::createScoreMapWithout(const std::vector<int>& left,
                                                                const MapSettings& settings, const Device& device) const
{
    if (!coreset || left.empty())
        return nullptr;
    const Mat others = coreset->without(left[0]).rows;
    if (others.rows < scoredNeighbors)
        return nullptr;
    return createNearestScoreMap(descriptor, others, nearestSettings(), settings, device);
}

std::vector<Mat> CfaModel::neighborDistances(const FeatureMaps& features) const
{
    const Mat phi = project(poolPatches(features.maps), descriptor);
    Mat squaredDistances, indices, distances;
    NeighborSearch::create(bank, ENGINE_PLAIN)->search(phi, K, squaredDistances, indices);
    sqrt(squaredDistances, distances);
    std::vector<Mat> maps;
    for (int k = 0; k < K; k++)
        maps.push_back(distances.row(k).reshape(1, patchGrid(features.maps).height));
    return maps;
}

void CfaModel::write(FileStorage& file) const
{
    writeChannels(file, descriptor.channels);
    file << "W" << descriptor.W << "b" << descriptor.b << "C" << bank << "radius" << radius;
}

std::shared_ptr<const CfaModel> CfaModel::read(const ModelNode& node, const CFA::Params& params)
{
    const std::shared_ptr<CfaModel> model = std::make_shared<CfaModel>(params);
    Descriptor& descriptor = model->descriptor;
    descriptor.channels = readChannels(node, params.outputs.size());
    descriptor.W = matrix(node, "W", CV_32F);
    descriptor.b = matrix(node, "b", CV_32F);
    model->bank = matrix(node, "C", CV_32F);
    model->radius = number(node, "radius");
    const int64 features = std::accumulate(descriptor.channels.begin(), descriptor.channels.end(), int64(0));
    expectSize(descriptor.W, "W", descriptor.W.rows, features + 2);
    if (descriptor.W.rows > 2 * features) // the highest gammaD is 2
        CV_Error_(Error::StsParseError,
                  ("Model file has %d rows in matrix 'W', expected at most twice its channels", descriptor.W.rows));
    expectSize(descriptor.b, "b", descriptor.W.rows, 1);
    expectSize(model->bank, "C", model->bank.rows, descriptor.W.rows);
    if (model->bank.rows < params.K)
        CV_Error_(Error::StsParseError,
                  ("Model file has %d centers in matrix 'C', expected at least K = %d", model->bank.rows, params.K));
    return model;
}

}} // namespace cv::anomaly
