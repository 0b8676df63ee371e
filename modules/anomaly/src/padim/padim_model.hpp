// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_PADIM_MODEL_HPP
#define OPENCV_ANOMALY_PADIM_MODEL_HPP

#include "../detector/method.hpp"
#include "channel_reduction.hpp"
#include "position_gaussians.hpp"

#include "opencv2/anomaly/padim.hpp"

namespace cv { namespace anomaly {

//! What PaDiM learns: a Gaussian for each position, and the features that it is of.
class PadimModel CV_FINAL : public LearnedModel
{
public:
    PadimModel() : images(0) {}

    std::vector<int> channels() const CV_OVERRIDE { return reduction.channels; }
    std::shared_ptr<const ScoreMap> createScoreMap(const MapSettings& settings, const Device& device) const CV_OVERRIDE;
    //! Each tile of an image is scored without itself, and with the image's other tiles, which show other places.
    std::shared_ptr<const ScoreMap> createScoreMapWithout(const std::vector<int>& pieces, const MapSettings& settings,
                                                          const Device& device) const CV_OVERRIDE;
    ScoreNodes addNodes(OnnxBuilder& graph, const std::vector<MapsNode>& features, Size input) const CV_OVERRIDE;
    void write(FileStorage& file) const CV_OVERRIDE;
    std::vector<Mat> matrices() const CV_OVERRIDE;

    //! Advice for a model that is too large for a file.
    static const char* const smallerModel;

    static std::shared_ptr<const PadimModel> read(const ModelNode& node, const PaDiM::Params& params);

    ChannelReduction reduction;
    PositionGaussians gaussians;
    Size grid;              // number of positions in each row and column
    int images;             // number of images that the Gaussians were learned from; 0 in files that lack it
    std::vector<Mat> masks; // where each piece of the last fit or update was learned; empty: everywhere. Not in files
};

}} // namespace cv::anomaly

#endif
