// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "../detector/detector_impl.hpp"
#include "../training/trainer_loader.hpp"
#include "adaptation.hpp"
#include "cfa_params.hpp"

namespace cv { namespace anomaly {

namespace {

int trainerDevice(const Device& device)
{
    return device.isGpu() ? TRAIN_ON_CUDA : TRAIN_ON_CPU;
}

//! Learns the descriptor and the memory bank. One checkpoint file serves all models of a fit.
class CfaLearner CV_FINAL : public Learner
{
public:
    CfaLearner(const CFA::Params& p, const Device& d) : params(p), device(d), checkpoint(p.checkpoint, p) {}

    std::shared_ptr<const LearnedModel> learn(const TrainingData& data, int index, FitReporter& reporter) CV_OVERRIDE
    {
        checkpoint.startModel(index);
        return adapt(data, params, device.engine, trainerDevice(device), checkpoint, reporter);
    }

    std::shared_ptr<const LearnedModel> update(const LearnedModel& before, const TrainingData& data,
                                               FitReporter& reporter) const CV_OVERRIDE
    {
        return withFurtherPatches(static_cast<const CfaModel&>(before), data, params, device.engine, reporter);
    }

private:
    const CFA::Params params;
    const Device device;
    TrainingCheckpoint checkpoint;
};

//! CFA as one of the methods: its settings, and how its models are fitted, updated and read.
class CfaMethod CV_FINAL : public MethodWith<CFA::Params>
{
public:
    explicit CfaMethod(const CFA::Params& p) : MethodWith<CFA::Params>(p) {}

    const char* name() const CV_OVERRIDE { return "CFA"; }
    std::unique_ptr<Method> clone() const CV_OVERRIDE { return std::unique_ptr<Method>(new CfaMethod(*this)); }
    void visitParams(ParamsVisitor& visitor) CV_OVERRIDE { visitCfaParams(params, visitor); }
    void checkParams() const CV_OVERRIDE { checkScoringBankSize(params); }
    void checkDevice(const Device&) const CV_OVERRIDE {}
    std::unique_ptr<Learner> startFit(const Device& device) const CV_OVERRIDE
    {
        if (adapts(params))
            requireTrainer(trainerDevice(device));
        return std::unique_ptr<Learner>(new CfaLearner(params, device));
    }
    // Nothing is trained in an update, so it needs neither LibTorch nor a checkpoint.
    std::unique_ptr<Learner> startUpdate(const LearnedModel&, const Device& device) const CV_OVERRIDE
    {
        CFA::Params untrained = params;
        untrained.checkpoint.clear();
        return std::unique_ptr<Learner>(new CfaLearner(untrained, device));
    }
    std::shared_ptr<const LearnedModel> read(const ModelNode& node) const CV_OVERRIDE
    {
        return CfaModel::read(node, params);
    }
    Ptr<AnomalyDetector> detectorOf(const std::shared_ptr<DetectorCore>& core) const CV_OVERRIDE;
};

//! CFA as applications see it. All of these functions may be called by several threads.
class CFAImpl CV_FINAL : public DetectorImpl<CFA>
{
public:
    explicit CFAImpl(const std::shared_ptr<DetectorCore>& c) : DetectorImpl<CFA>(c) {}

    void neighborMaps(InputArray image, OutputArrayOfArrays maps) const CV_OVERRIDE
    {
        const std::shared_ptr<const FittedModel> fitted = core->fittedModel();
        const std::shared_ptr<const CfaModel> model = firstOf<CfaModel>(*fitted);
        const auto distances = [&](const FeatureMaps& features) { return model->neighborDistances(features); };
        reportingOutOfMemory([&]() { DetectorCore::valueMaps(*fitted, image.getMat(), model->K, distances, maps); });
    }
    Params getParams() const CV_OVERRIDE { return methodAs<CfaMethod>()->params; }
    double getRadius() const CV_OVERRIDE { return firstModel<CfaModel>()->radius; }
    Mat getMemoryBank() const CV_OVERRIDE { return firstModel<CfaModel>()->bank.clone(); }
};

Ptr<AnomalyDetector> CfaMethod::detectorOf(const std::shared_ptr<DetectorCore>& core) const
{
    return makePtr<CFAImpl>(core);
}

} // namespace

std::unique_ptr<Method> createCfaMethod()
{
    return std::unique_ptr<Method>(new CfaMethod(CFA::Params()));
}

Ptr<CFA> CFA::create(const Params& parameters)
{
    return createDetector<CFAImpl, CfaMethod>(parameters);
}

Ptr<CFA> CFA::load(const String& filename, const String& backboneFile)
{
    return loadDetectorAs<CFA>("CFA", filename, backboneFile);
}

}} // namespace cv::anomaly
