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

//! What PatchCore learns: patches of good images, and along which axes they are compared.
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

    //! As wide as the largest grid that the default stride makes: more is no window.
    static const int widestWindow = 512;

    std::vector<int> channelCounts;
    Descriptor whitening;    // without weights: patches are compared by their features as they come
    Mat bank;                // patches x axes, or features, CV_32F
    int patchStride, K;      // of the settings
    bool choosesWindow;      // whether the settings have a window, or leave it to fit
    int window;              // how far a patch's place may be from that of what it is compared with, 0: anywhere
    std::vector<int> places; // of each patch of the bank where there is a window, on the grid row by row
    std::shared_ptr<const CoresetBank> coreset; // the bank as fit chose it; null in a model from a file
};

}} // namespace cv::anomaly

#endif
