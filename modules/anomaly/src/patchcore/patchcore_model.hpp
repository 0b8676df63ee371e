// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_PATCHCORE_MODEL_HPP
#define OPENCV_ANOMALY_PATCHCORE_MODEL_HPP

#include "../detector/method.hpp"
#include "../patches/descriptor.hpp"

#include "../training/coreset_bank.hpp"

#include "opencv2/anomaly/patchcore.hpp"

namespace cv { namespace anomaly {

//! What PatchCore learns: patches of good images, and the axes along which they are compared.
class PatchCoreModel CV_FINAL : public LearnedModel
{
public:
    PatchCoreModel() : patchStride(0), K(0), choosesWindow(false), window(0) {}

    std::vector<int> channels() const CV_OVERRIDE { return channelCounts; }
    std::shared_ptr<const ScoreMap> createScoreMap(const MapSettings& settings, const Device& device) const CV_OVERRIDE;
    std::shared_ptr<const ScoreMap> createScoreMapWithout(const std::vector<int>& pieces, const MapSettings& settings,
                                                          const Device& device) const CV_OVERRIDE;
    ScoreNodes addNodes(OnnxBuilder& graph, const std::vector<MapsNode>& features, Size input) const CV_OVERRIDE;
    void write(FileStorage& file) const CV_OVERRIDE;
    std::vector<Mat> matrices() const CV_OVERRIDE;

    static std::shared_ptr<const PatchCoreModel> read(const ModelNode& node, const PatchCore::Params& params);

    //! Largest window that the settings allow: the side of the grid for the largest input at the default stride.
    static const int widestWindow = 512;

    std::vector<int> channelCounts;
    Descriptor whitening;    // with empty weights, patches are compared by their features themselves
    Mat bank;                // patches x axes (or features), CV_32F
    int patchStride, K;      // from the settings
    bool choosesWindow;      // whether the settings have a window, or leave the choice to fit
    int window;              // largest distance between the places of compared patches, in patches; 0: any distance
    std::vector<int> places; // with a window: place of each patch of the bank, on the grid row by row
    std::shared_ptr<const CoresetBank> coreset; // choice of the bank's patches; null in a model from a file
};

}} // namespace cv::anomaly

#endif
