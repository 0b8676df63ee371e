// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_SPADE_MODEL_HPP
#define OPENCV_ANOMALY_SPADE_MODEL_HPP

#include "../detector/method.hpp"
#include "feature_bank.hpp"

#include "opencv2/anomaly/spade.hpp"

namespace cv { namespace anomaly {

//! What SPADE keeps of the good images.
class SpadeModel CV_FINAL : public LearnedModel
{
public:
    SpadeModel() : K(0), firstPiece(0) {}

    std::vector<int> channels() const CV_OVERRIDE;
    std::shared_ptr<const ScoreMap> createScoreMap(const MapSettings& settings, const Device& device) const CV_OVERRIDE;
    std::shared_ptr<const ScoreMap> createScoreMapWithout(const std::vector<int>& pieces, const MapSettings& settings,
                                                          const Device& device) const CV_OVERRIDE;
    ScoreNodes addNodes(OnnxBuilder& graph, const std::vector<MapsNode>& features, Size input) const CV_OVERRIDE;
    void write(FileStorage& file) const CV_OVERRIDE;
    std::vector<Mat> matrices() const CV_OVERRIDE;

    //! Advice for a model that is too large for a file.
    static const char* const smallerModel;

    static std::shared_ptr<const SpadeModel> read(const ModelNode& node, const SPADE::Params& params);

    FeatureBank bank;
    Size grid;      // size of the patch grid
    int K;          // from the settings
    int firstPiece; // index in the bank of the training data's first piece; not 0 after an update
};

}} // namespace cv::anomaly

#endif
