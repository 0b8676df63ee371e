// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "padim_model.hpp"
#include "../base/as_column.hpp"
#include "../detector/model_fields.hpp"
#include "../detector/model_history.hpp"
#include "../input/preprocess.hpp"
#include "../patches/descriptor.hpp"
#include "../patches/grid_features.hpp"
#include "gaussian_panels.hpp"

#include <functional>
#include <numeric>

namespace cv { namespace anomaly {

namespace {

//! Mahalanobis distances of the features at each position of the grid.
class PadimScorer CV_FINAL : public PatchScorer
{
public:
    PadimScorer(const PadimModel& model, int engine)
        : reduction(model.reduction),
          grid(model.grid),
          gaussians(GaussianScorer::create(model.gaussians, engine))
    {}

    double score(const std::vector<Mat>& maps, Mat& patchScores, StageClock* clock) const CV_OVERRIDE
    {
        const Mat features = reduction.reduce(poolPatches(reduction.neededOf(maps)), grid);
        lap(clock, STAGE_DESCRIPTOR);
        patchScores.create(grid, CV_32F);
        Mat distances = patchScores.reshape(1, 1);
        gaussians->score(features, distances);
        lap(clock, STAGE_SEARCH);
        return scoreOfMap;
    }

private:
    ChannelReduction reduction;
    Size grid;
    std::shared_ptr<const GaussianScorer> gaussians;
};

/** Estimates the scores of a learned image as if it had not been learned.

If x = m + u, one of n images, is left out, the mean moves by u / (n - 1), and the covariance S becomes S' = (n - 1) /
(n - 2) (S - n / (n - 1)^2 u u^T). With d^2 = u^T S^-1 u, the formula of Sherman and Morrison gives the distance to the
remaining images: d'^2 = (n / (n - 1))^2 (n - 2) / (n - 1) d^2 / (1 - n d^2 / (n - 1)^2). Here the regularization is
treated as a part of S, which makes d' a little too small.
*/
class WithoutOneImage CV_FINAL : public PatchScorer
{
public:
    //! counts: number of images that each position has learned. mask: where this one was learned; empty: everywhere.
    WithoutOneImage(const std::shared_ptr<const PatchScorer>& a, const Mat& c, const Mat& m)
        : all(a),
          counts(c),
          mask(m)
    {}

    double score(const std::vector<Mat>& maps, Mat& patchScores, StageClock* clock) const CV_OVERRIDE
    {
        all->score(maps, patchScores, clock);
        for (int p = 0; p < counts.cols; p++)
            if (isLearned(mask, p))
            {
                float& score = patchScores.at<float>(p / patchScores.cols, p % patchScores.cols);
                score = float(without(score, counts.at<int>(p)));
            }
        return scoreOfMap;
    }

private:
    // No image lies as far from a mean that it is part of as d^2 = (n - 1)^2 / n: the piece was not learned there.
    static double without(double distance, double n)
    {
        const double ofRest = n / (n - 1), square = distance * distance;
        if (n < 3 || n * square >= (n - 1) * (n - 1))
            return distance;
        const double rest = std::max(1 - n * square / ((n - 1) * (n - 1)), 1e-6);
        return ofRest * std::sqrt((n - 2) / (n - 1) * square / rest);
    }

    const std::shared_ptr<const PatchScorer> all;
    const Mat counts, mask;
};

std::vector<int> readDrawn(const ModelNode& node, int features)
{
    const std::vector<int> drawn = readIntegers(node, "drawn");
    const bool rising = std::adjacent_find(drawn.begin(), drawn.end(), std::greater_equal<int>()) == drawn.end();
    if (drawn.empty() || !rising || drawn.front() < 0 || drawn.back() >= features)
        CV_Error_(Error::StsParseError,
                  ("Model file has no rising list of channels from 0 to %d as 'drawn'", features - 1));
    return drawn;
}

// Number of images that each position was learned from, 1 x positions, CV_32S.
Mat readCounts(const ModelNode& node, int positions)
{
    const std::vector<int> counts = readIntegers(node, "counts");
    const bool possible =
        std::all_of(counts.begin(), counts.end(), [](int count) { return count >= 0 && count <= ModelHistory::most; });
    if (counts.size() != size_t(positions) || !possible)
        CV_Error_(Error::StsParseError,
                  ("Model file has no list of %d counts, each 0 to 2^30, as 'counts'", positions));
    return asColumn(counts).reshape(1, 1).clone();
}

ChannelReduction readReduction(const ModelNode& node, const PaDiM::Params& params)
{
    ChannelReduction reduction;
    reduction.channels = readChannels(node, params.outputs.size());
    const int64 features = std::accumulate(reduction.channels.begin(), reduction.channels.end(), int64(0));
    if (features > INT_MAX)
        CV_Error(Error::StsParseError, "Model file has more than 2^31 channels in 'channels'");
    const char* const kept = params.reduction == PaDiM::FEATURES_DRAWN ? "drawn" : "projection";
    if (node[kept].empty())
        CV_Error_(Error::StsParseError,
                  ("Model file lacks '%s', which goes with 'reduction' %d", kept, params.reduction));
    if (params.reduction == PaDiM::FEATURES_DRAWN)
        reduction.drawn = readDrawn(node, int(features));
    else
    {
        reduction.projection = matrix(node, "projection", CV_32F);
        expectSize(reduction.projection, "projection", reduction.projection.rows, features);
    }
    if (reduction.length() != std::min<int64>(params.features, features))
        CV_Error_(Error::StsParseError,
                  ("Model file has %d features in '%s', which does not agree with 'features' %d of %d channels",
                   reduction.length(), kept, params.features, int(features)));
    return reduction;
}

} // namespace

std::shared_ptr<const ScoreMap> PadimModel::createScoreMap(const MapSettings& settings, const Device& device) const
{
    return anomaly::createScoreMap(std::make_shared<PadimScorer>(*this, device.engine), settings, device.engine);
}

std::shared_ptr<const ScoreMap> PadimModel::createScoreMapWithout(const std::vector<int>& pieces,
                                                                  const MapSettings& settings,
                                                                  const Device& device) const
{
    if (pieces.empty() || images < 3 || gaussians.counts.empty())
        return nullptr;
    const Mat mask = pieces.size() == 1 && size_t(pieces[0]) < masks.size() ? masks[pieces[0]] : Mat();
    const std::shared_ptr<const PatchScorer> all = std::make_shared<PadimScorer>(*this, device.engine);
    return anomaly::createScoreMap(std::make_shared<WithoutOneImage>(all, gaussians.counts, mask), settings,
                                   device.engine);
}

std::vector<Mat> PadimModel::matrices() const
{
    std::vector<Mat> all = {gaussians.mean, gaussians.whitening};
    if (reduction.projection.empty())
        all.push_back(asColumn(reduction.drawn).clone());
    else
        all.push_back(reduction.projection);
    if (!gaussians.counts.empty())
        all.push_back(gaussians.counts);
    return all;
}

const char* const PadimModel::smallerModel = "keep fewer features, or raise patchStride";

void PadimModel::write(FileStorage& file) const
{
    checkFitsIntoFile(gaussians.bytes(), smallerModel);
    writeChannels(file, reduction.channels);
    if (reduction.projection.empty())
        writeIntegers(file, "drawn", reduction.drawn);
    else
        file << "projection" << reduction.projection;
    file << "mean" << gaussians.mean << "whitening" << gaussians.whitening;
    if (!gaussians.counts.empty())
        writeIntegers(file, "counts", gaussians.counts);
}

std::shared_ptr<const PadimModel> PadimModel::read(const ModelNode& node, const PaDiM::Params& params)
{
    const std::shared_ptr<PadimModel> model = std::make_shared<PadimModel>();
    model->reduction = readReduction(node, params);
    model->grid = gridOfStride(inputShapeOf(params), params.patchStride);
    PositionGaussians& gaussians = model->gaussians;
    gaussians.mean = matrix(node, "mean", CV_32F);
    gaussians.whitening = matrix(node, "whitening", CV_32F);
    const int d = model->reduction.length(), positions = model->grid.area();
    expectSize(gaussians.mean, "mean", d, positions);
    expectSize(gaussians.whitening, "whitening", panelsOf(positions), int64(triangle(d)) * gaussianPanel);
    if (!node["counts"].empty())
    {
        gaussians.counts = readCounts(node, positions);
        double most;
        minMaxIdx(gaussians.counts, nullptr, &most);
        model->images = int(most);
    }
    return model;
}

}} // namespace cv::anomaly
