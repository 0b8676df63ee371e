// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_CFA_MODEL_HPP
#define OPENCV_ANOMALY_CFA_MODEL_HPP

#include "../detector/method.hpp"
#include "../scoring/nearest_scorer.hpp"

#include "../training/coreset_bank.hpp"

#include "opencv2/anomaly/cfa.hpp"

namespace cv { namespace anomaly {

//! What CFA learns, in the original basis: what a scorer packs or folds is its own and never saved, so that a loaded
//! model predicts bit for bit as the fitted one.
class CfaModel CV_FINAL : public LearnedModel
{
public:
    //! Without what is learned: with the settings that scores depend on.
    explicit CfaModel(const CFA::Params& params);

    std::vector<int> channels() const CV_OVERRIDE { return descriptor.channels; }
    std::shared_ptr<const ScoreMap> createScoreMap(const MapSettings& settings, const Device& device) const CV_OVERRIDE;
    std::shared_ptr<const ScoreMap> createScoreMapWithout(const std::vector<int>& pieces, const MapSettings& settings,
                                                          const Device& device) const CV_OVERRIDE;
    ScoreNodes addNodes(OnnxBuilder& graph, const std::vector<MapsNode>& features, Size input) const CV_OVERRIDE;
    void write(FileStorage& file) const CV_OVERRIDE;
    std::vector<Mat> matrices() const CV_OVERRIDE { return {descriptor.W, descriptor.b, bank}; }

    static std::shared_ptr<const CfaModel> read(const ModelNode& node, const CFA::Params& params);

    NearestSettings nearestSettings() const;

    //! Distances of patches to their nearest centers: K maps of the patch grid's size, nearest first.
    std::vector<Mat> neighborDistances(const FeatureMaps& features) const;

    Descriptor descriptor;
    Mat bank;                                   // centers x D', CV_32F
    std::shared_ptr<const CoresetBank> coreset; // as fit chose it; null for a bank of centers, and from a file
    double radius;
    const int K, scoreMode;    // of the settings
    const int scoredNeighbors; // nearest rows of the bank that a score is made of: 1 or K
};

}} // namespace cv::anomaly

#endif
