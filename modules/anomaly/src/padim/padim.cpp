// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "../detector/detector_impl.hpp"
#include "../detector/model_fields.hpp"
#include "../patches/descriptor.hpp"
#include "../patches/grid_features.hpp"
#include "padim_model.hpp"

#include <numeric>

namespace cv { namespace anomaly {

PaDiM::Params::Params() : patchStride(8), features(100), reduction(FEATURES_DRAWN), regularization(0.01) {}

namespace {

// Chooses the features to keep, by the seed: random channels, or a random projection of all.
ChannelReduction drawReduction(const PaDiM::Params& params, const std::vector<int>& channels)
{
    const int all = std::accumulate(channels.begin(), channels.end(), 0), kept = std::min(params.features, all);
    if (params.reduction == PaDiM::FEATURES_DRAWN)
        return {channels, randomChannels(kept, all, params.seed), Mat()};
    return {channels, std::vector<int>(), orthogonalProjection(kept, all, params.seed)};
}

//! Fits the Gaussian of the features at each position (@cite Defard2021padim, Sec. 3.2).
class PadimLearner CV_FINAL : public Learner
{
public:
    //! kept: the reduction of the model that is updated; if it is empty, channels are drawn.
    explicit PadimLearner(const PaDiM::Params& p, const ChannelReduction& kept = ChannelReduction())
        : params(p),
          grid(gridOfStride(inputShapeOf(p), p.patchStride)),
          reduction(kept)
    {}

    // Only the d features of each position are kept: 0.3 MB for each image instead of 4 MB.
    FeatureKeeping featureKeeping() const CV_OVERRIDE
    {
        return {1, true, [this](const TrainingFeatures& features) { return reduced(features); }};
    }

    std::shared_ptr<const LearnedModel> learn(const TrainingData& data, int, FitReporter& reporter) CV_OVERRIDE
    {
        const auto progress = [&](int done, int total) { reporter.report("gaussians", done, total); };
        const std::shared_ptr<PadimModel> model = std::make_shared<PadimModel>();
        model->gaussians = fitGaussians(data.images, samplesOf(data, model->masks), settings(), progress);
        if (countNonZero(model->gaussians.counts >= 2) == 0)
            CV_Error(Error::StsBadArg,
                     "The masks leave no place that two images show, and the Gaussian of a place needs "
                     "two: they must be nonzero where images are to be checked");
        model->reduction = reduction;
        model->grid = grid;
        model->images = data.images;
        warnIfTooLargeForFile(model->gaussians.bytes(), PadimModel::smallerModel);
        return model;
    }

    std::shared_ptr<const LearnedModel> update(const LearnedModel& learned, const TrainingData& data,
                                               FitReporter& reporter) const CV_OVERRIDE
    {
        const auto progress = [&](int done, int total) { reporter.report("gaussians", done, total); };
        const std::shared_ptr<PadimModel> model = std::make_shared<PadimModel>(static_cast<const PadimModel&>(learned));
        model->gaussians =
            updatedGaussians(model->gaussians, data.images, samplesOf(data, model->masks), settings(), progress);
        model->images += data.images;
        return model;
    }

private:
    GaussianSettings settings() const
    {
        GaussianSettings settings;
        settings.regularization = params.regularization;
        return settings;
    }

    //! masks: receives the mask of each sample that is taken.
    std::function<PositionSample(int)> samplesOf(const TrainingData& data, std::vector<Mat>& masks) const
    {
        masks.assign(data.images, Mat());
        return [&data, &masks, this](int image) {
            const TrainingFeatures features = data.features.get(image);
            masks[image] = features.mask;
            return PositionSample{features.maps[0].reshape(1, reduction.length()), features.mask};
        };
    }

    // Reduces features to one map of d channels. The number of channels to draw from is known when the first image
    // comes. Both models of an ensemble use the same reduction.
    TrainingFeatures reduced(const TrainingFeatures& features) const
    {
        if (reduction.channels.empty())
            reduction = drawReduction(params, channelsOf(features.maps));
        const int shape[] = {1, reduction.length(), grid.height, grid.width};
        const Mat kept = reduction.reduce(reduction.neededOf(features.maps), grid);
        return {{kept.reshape(1, 4, shape)}, maskOnGrid(features.mask, patchGrid(features.maps), grid)};
    }

    const PaDiM::Params params;
    const Size grid;
    mutable ChannelReduction reduction;
};

//! PaDiM as one of the methods: its settings, and how its models are fitted, updated and read.
class PadimMethod CV_FINAL : public MethodWith<PaDiM::Params>
{
public:
    explicit PadimMethod(const PaDiM::Params& p) : MethodWith<PaDiM::Params>(p) {}

    const char* name() const CV_OVERRIDE { return "PaDiM"; }
    std::unique_ptr<Method> clone() const CV_OVERRIDE { return std::unique_ptr<Method>(new PadimMethod(*this)); }
    void visitParams(ParamsVisitor& v) CV_OVERRIDE
    {
        v.visit("patchStride", params.patchStride, 1, 256);
        v.visit("features", params.features, 1, 4096);
        v.visit("reduction", params.reduction, int(PaDiM::FEATURES_DRAWN), int(PaDiM::FEATURES_PROJECTED));
        v.visit("regularization", params.regularization, DBL_MIN, 1e6);
    }
    // If parts turn, the Gaussian of a position covers everything that can appear there, and nothing stands out.
    void checkParams() const CV_OVERRIDE
    {
        if (params.rotations > 1)
            CV_Error_(
                Error::StsOutOfRange,
                ("Parameter rotations is %d, expected 0 or 1: PaDiM compares each position with the same position of "
                 "good images, so parts must lie alike. For parts that turn use PatchCore",
                 params.rotations));
    }
    void checkDevice(const Device& device) const CV_OVERRIDE { requireProcessor(name(), device); }
    std::unique_ptr<Learner> startFit(const Device&) const CV_OVERRIDE
    {
        return std::unique_ptr<Learner>(new PadimLearner(params));
    }
    std::unique_ptr<Learner> startUpdate(const LearnedModel& before, const Device&) const CV_OVERRIDE
    {
        return std::unique_ptr<Learner>(new PadimLearner(params, static_cast<const PadimModel&>(before).reduction));
    }
    std::shared_ptr<const LearnedModel> read(const ModelNode& node) const CV_OVERRIDE
    {
        return PadimModel::read(node, params);
    }
    Ptr<AnomalyDetector> detectorOf(const std::shared_ptr<DetectorCore>& core) const CV_OVERRIDE;
};

//! PaDiM as applications see it.
class PaDiMImpl CV_FINAL : public DetectorImpl<PaDiM>
{
public:
    explicit PaDiMImpl(const std::shared_ptr<DetectorCore>& c) : DetectorImpl<PaDiM>(c) {}
    Params getParams() const CV_OVERRIDE { return methodAs<PadimMethod>()->params; }
};

Ptr<AnomalyDetector> PadimMethod::detectorOf(const std::shared_ptr<DetectorCore>& core) const
{
    return makePtr<PaDiMImpl>(core);
}

} // namespace

std::unique_ptr<Method> createPadimMethod()
{
    return std::unique_ptr<Method>(new PadimMethod(PaDiM::Params()));
}

Ptr<PaDiM> PaDiM::create(const Params& parameters)
{
    return createDetector<PaDiMImpl, PadimMethod>(parameters);
}

Ptr<PaDiM> PaDiM::load(const String& filename, const String& backboneFile)
{
    return loadDetectorAs<PaDiM>("PaDiM", filename, backboneFile);
}

}} // namespace cv::anomaly
