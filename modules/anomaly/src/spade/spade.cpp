// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "../detector/detector_impl.hpp"
#include "../detector/model_fields.hpp"
#include "../patches/descriptor.hpp"
#include "../patches/grid_features.hpp"
#include "spade_model.hpp"

namespace cv { namespace anomaly {

SPADE::Params::Params() : patchStride(8), K(50) {}

namespace {

//! SPADE learns by keeping all patches of all images, and the mean of each image's last map to retrieve the image by.
class SpadeLearner CV_FINAL : public Learner
{
public:
    explicit SpadeLearner(const SPADE::Params& p) : params(p), grid(gridOfStride(inputShapeOf(p), p.patchStride)) {}

    FeatureKeeping featureKeeping() const CV_OVERRIDE
    {
        const Size onto = grid;
        return {1, true, [onto](const TrainingFeatures& features) { return averagedToGrid(features, onto); }};
    }

    std::shared_ptr<const LearnedModel> learn(const TrainingData& data, int, FitReporter& reporter) CV_OVERRIDE
    {
        return modelOf(FeatureBankBuilder(data.images), data, reporter);
    }

    std::shared_ptr<const LearnedModel> update(const LearnedModel& learned, const TrainingData& data,
                                               FitReporter& reporter) const CV_OVERRIDE
    {
        const FeatureBank& before = static_cast<const SpadeModel&>(learned).bank;
        const std::shared_ptr<SpadeModel> model = modelOf(FeatureBankBuilder(before, data.images), data, reporter);
        model->firstPiece = before.images();
        return model;
    }

private:
    std::shared_ptr<SpadeModel> modelOf(FeatureBankBuilder builder, const TrainingData& data,
                                        const FitReporter& reporter) const
    {
        for (int i = 0; i < data.images; i++)
        {
            const TrainingFeatures image = data.features.get(i);
            builder.add(image.maps, image.mask.empty() ? Mat() : image.mask.reshape(1, grid.height));
            reporter.report("bank", i + 1, data.images);
        }
        const std::shared_ptr<SpadeModel> model = std::make_shared<SpadeModel>();
        model->bank = builder.bank();
        model->grid = grid;
        model->K = params.K;
        warnIfTooLargeForFile(model->bank.bytes(), SpadeModel::smallerModel);
        return model;
    }

    const SPADE::Params params;
    const Size grid;
};

//! SPADE as one of the methods: its settings, and how its models are fitted, updated and read.
class SpadeMethod CV_FINAL : public MethodWith<SPADE::Params>
{
public:
    explicit SpadeMethod(const SPADE::Params& p) : MethodWith<SPADE::Params>(p) {}

    const char* name() const CV_OVERRIDE { return "SPADE"; }
    std::unique_ptr<Method> clone() const CV_OVERRIDE { return std::unique_ptr<Method>(new SpadeMethod(*this)); }
    void visitParams(ParamsVisitor& v) CV_OVERRIDE
    {
        v.visit("patchStride", params.patchStride, 1, 256);
        v.visit("K", params.K, 1, 1000);
    }
    void checkDevice(const Device& device) const CV_OVERRIDE { requireProcessor(name(), device); }
    std::unique_ptr<Learner> startFit(const Device&) const CV_OVERRIDE
    {
        return std::unique_ptr<Learner>(new SpadeLearner(params));
    }
    std::shared_ptr<const LearnedModel> read(const ModelNode& node) const CV_OVERRIDE
    {
        return SpadeModel::read(node, params);
    }
    Ptr<AnomalyDetector> detectorOf(const std::shared_ptr<DetectorCore>& core) const CV_OVERRIDE;
};

//! SPADE as applications see it.
class SPADEImpl CV_FINAL : public DetectorImpl<SPADE>
{
public:
    explicit SPADEImpl(const std::shared_ptr<DetectorCore>& c) : DetectorImpl<SPADE>(c) {}
    Params getParams() const CV_OVERRIDE { return methodAs<SpadeMethod>()->params; }
};

Ptr<AnomalyDetector> SpadeMethod::detectorOf(const std::shared_ptr<DetectorCore>& core) const
{
    return makePtr<SPADEImpl>(core);
}

} // namespace

std::unique_ptr<Method> createSpadeMethod()
{
    return std::unique_ptr<Method>(new SpadeMethod(SPADE::Params()));
}

Ptr<SPADE> SPADE::create(const Params& parameters)
{
    return createDetector<SPADEImpl, SpadeMethod>(parameters);
}

Ptr<SPADE> SPADE::load(const String& filename, const String& backboneFile)
{
    return loadDetectorAs<SPADE>("SPADE", filename, backboneFile);
}

}} // namespace cv::anomaly
