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

//! What CFA learns, in the form in which a file holds it. Packed or folded copies belong to scorers and are never
//! saved, so a loaded model predicts the same as the fitted one bit for bit.
class CfaModel CV_FINAL : public LearnedModel
{
public:
    //! Makes an empty model with the settings on which scores depend.
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

    //! Distances of the patches to their K nearest centers: K maps of the patch grid's size, CV_32F, nearest first.
    std::vector<Mat> neighborDistances(const FeatureMaps& features) const;

    Descriptor descriptor;
    Mat bank;                                   // scoring bank, centers x D', CV_32F
    std::shared_ptr<const CoresetBank> coreset; // choice of the bank's patches; null for k-means centers or from a file
    double radius;
    const int K, scoreMode;    // from the settings
    const int scoredNeighbors; // number of nearest rows of the bank that a score depends on: 1 or K
};

}} // namespace cv::anomaly

#endif
