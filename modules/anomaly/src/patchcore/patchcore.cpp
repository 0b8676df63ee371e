// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "../detector/detector_impl.hpp"
#include "../base/random_stream.hpp"
#include "../patches/grid_features.hpp"
#include "../patches/whitening.hpp"
#include "../training/coreset_bank.hpp"
#include "alignment.hpp"
#include "patch_features.hpp"
#include "patchcore_model.hpp"

#include "opencv2/anomaly/patchcore.hpp"

namespace cv { namespace anomaly {

PatchCore::Params::Params()
    : patchStride(8),
      bankSize(4000),
      poolSize(100000),
      projection(128),
      whitening(0.5),
      axes(256),
      window(0),
      K(1)
{}

PatchCore::Params PatchCore::Params::paper()
{
    Params params;
    params.inputMode = INPUT_CROPPED;
    params.keepAspect = false;
    params.outputs = {"c3", "c4"};
    params.chooseContrast = false;
    params.rotations = 1;
    params.whitening = 0;
    params.axes = 0;
    params.K = 9;
    params.imageScore = SCORE_MAX;
    return params;
}

namespace {

// Number of patches from which the covariance is computed (84 MB with 1056 features), and the largest number of images
// that they are drawn from. Twenty patches for each feature are enough to find axes, and features of more images might
// have to be computed once more.
const int covariancePatches = 20000, covarianceImages = 200;

//! Learns the axes, the window and the bank of patches (@cite Roth2022patchcore, Sec. 3.2).
class PatchCoreLearner CV_FINAL : public Learner
{
public:
    PatchCoreLearner(const PatchCore::Params& p, const Device& d)
        : params(p),
          device(d),
          grid(gridOfStride(inputShapeOf(p), p.patchStride))
    {}

    // Features get half of the memory, because the patches that wait for the choice also take some. Features that do
    // not fit are computed again, which takes less time than writing all of them to a file.
    FeatureKeeping featureKeeping() const CV_OVERRIDE
    {
        const Size onto = grid;
        return {0.5, false, [onto](const TrainingFeatures& features) { return averagedToGrid(features, onto); }};
    }

    std::shared_ptr<const LearnedModel> learn(const TrainingData& data, int, FitReporter& reporter) CV_OVERRIDE
    {
        const std::shared_ptr<PatchCoreModel> model = std::make_shared<PatchCoreModel>();
        model->patchStride = params.patchStride;
        model->K = params.K;
        model->channelCounts = channelsOf(data.features.get(0).maps);
        if (params.whitening > 0 || params.axes > 0)
            model->whitening = whiteningOf(data, model->channelCounts, reporter);
        model->choosesWindow = params.window != 0;
        model->window =
            params.window < 0 ? windowOf(data, PatchFeatures(grid, model->whitening, device.engine)) : params.window;
        chooseBank(*model, data, params.contamination, nullptr, reporter);
        return model;
    }

    // The axes and the window stay. All images of an update are taken as good, so contamination has no effect.
    std::shared_ptr<const LearnedModel> update(const LearnedModel& learned, const TrainingData& data,
                                               FitReporter& reporter) const CV_OVERRIDE
    {
        const std::shared_ptr<PatchCoreModel> model =
            std::make_shared<PatchCoreModel>(static_cast<const PatchCoreModel&>(learned));
        const PatchRows before = {model->bank, {}, model->places};
        chooseBank(*model, data, 0, &before, reporter);
        return model;
    }

private:
    // Chooses the bank from the patches of all images and, in an update, of the earlier bank.
    void chooseBank(PatchCoreModel& model, const TrainingData& data, double contamination, const PatchRows* before,
                    const FitReporter& reporter) const
    {
        const PatchFeatures features(grid, model.whitening, device.engine);
        const CoresetBankSettings settings = {
            params.poolSize, params.bankSize, params.projection, params.seed, device.engine, contamination, grid,
            model.window};
        const auto describe = [&](const std::vector<Mat>& pooled, Mat& phi) { features.compute(pooled, phi); };
        model.coreset = std::make_shared<CoresetBank>(coresetBank(data, settings, describe, "bank", reporter, before));
        model.bank = model.coreset->chosen.rows;
        if (model.window > 0)
            model.places = model.coreset->chosen.places;
    }

    // Returns no axes if masks leave no patch. The choice of the coreset then reports that.
    Descriptor whiteningOf(const TrainingData& data, const std::vector<int>& channels,
                           const FitReporter& reporter) const
    {
        const Mat drawn = drawnPatches(data, reporter);
        return drawn.empty() ? Descriptor() : whitenedAxes(drawn, channels, params.whitening, params.axes);
    }

    // Patches x features. The images are evenly spread over all of them, and each gives the same number of patches.
    Mat drawnPatches(const TrainingData& data, const FitReporter& reporter) const
    {
        const int images = std::min(data.images, covarianceImages), fromImage = 1 + (covariancePatches - 1) / images;
        Mat drawn, phi;
        const int apart = data.images / images;
        for (int i = 0; i < images; i++)
        {
            // The turns of an image are consecutive. With a constant step, the same turn might be drawn from every
            // image.
            const int image = int(int64(i) * data.images / images) + i % apart;
            const TrainingFeatures features = data.features.get(image);
            gridFeatures(features.maps, grid, phi);
            RNG random = randomStream(params.seed, RANDOM_AXES, image);
            const std::vector<int> order = randomOrder(phi.cols, random);
            const Mat patches = phi.t();
            int taken = 0;
            for (size_t p = 0; p < order.size() && taken < fromImage; p++)
                if (isLearned(features.mask, order[p]))
                {
                    drawn.push_back(patches.row(order[p]));
                    taken++;
                }
            reporter.report("axes", i + 1, images);
        }
        return drawn;
    }

    // Tiles show different places of an image, and turns are learned, also where fit chose so, because parts lie at any
    // angle: neither has places.
    int windowOf(const TrainingData& data, const PatchFeatures& patches) const
    {
        if (params.tile > 0 || params.rotations > 1)
            return 0;
        return alignedWindow(data, patches, grid, device.engine);
    }

    const PatchCore::Params params;
    const Device device;
    const Size grid;
};

//! PatchCore as one of the methods: its settings, and how its models are fitted, updated and read.
class PatchCoreMethod CV_FINAL : public MethodWith<PatchCore::Params>
{
public:
    explicit PatchCoreMethod(const PatchCore::Params& p) : MethodWith<PatchCore::Params>(p) {}

    const char* name() const CV_OVERRIDE { return "PatchCore"; }
    std::unique_ptr<Method> clone() const CV_OVERRIDE { return std::unique_ptr<Method>(new PatchCoreMethod(*this)); }
    void visitParams(ParamsVisitor& visitor) CV_OVERRIDE
    {
        visitor.visit("patchStride", params.patchStride, 1, 256);
        visitor.visit("bankSize", params.bankSize, 1, 1000000);
        visitor.visit("poolSize", params.poolSize, 0, INT_MAX);
        visitor.visit("projection", params.projection, 0, 4096);
        visitor.visit("K", params.K, 1, 64);
        // The first model files of this method lack these settings: features were compared as they are.
        if (!visitor.has("whitening"))
            params.whitening = params.axes = 0;
        else
        {
            visitor.visit("whitening", params.whitening, 0., 1.);
            visitor.visit("axes", params.axes, 0, 4096);
        }
        if (visitor.has("window"))
            visitor.visit("window", params.window, -1, PatchCoreModel::widestWindow);
        else
            params.window = 0;
    }
    void checkParams() const CV_OVERRIDE
    {
        if (params.window > 0 && params.tile > 0)
            CV_Error_(
                Error::StsOutOfRange,
                ("Parameter window is %d with tile %d, expected 0 or -1: tiles show different places of an image, "
                 "so a patch of one has no place in another",
                 params.window, params.tile));
    }
    void checkDevice(const Device& device) const CV_OVERRIDE { requireProcessor(name(), device); }
    bool choosesRotations() const CV_OVERRIDE { return true; }
    std::unique_ptr<Learner> startFit(const Device& device) const CV_OVERRIDE
    {
        return std::unique_ptr<Learner>(new PatchCoreLearner(params, device));
    }
    std::shared_ptr<const LearnedModel> read(const ModelNode& node) const CV_OVERRIDE
    {
        return PatchCoreModel::read(node, params);
    }
    Ptr<AnomalyDetector> detectorOf(const std::shared_ptr<DetectorCore>& core) const CV_OVERRIDE;
};

//! PatchCore as applications see it.
class PatchCoreImpl CV_FINAL : public DetectorImpl<PatchCore>
{
public:
    explicit PatchCoreImpl(const std::shared_ptr<DetectorCore>& c) : DetectorImpl<PatchCore>(c) {}

    Params getParams() const CV_OVERRIDE { return methodAs<PatchCoreMethod>()->params; }
    int getWindow() const CV_OVERRIDE { return firstModel<PatchCoreModel>()->window; }
    Mat getMemoryBank() const CV_OVERRIDE { return firstModel<PatchCoreModel>()->bank.clone(); }
};

Ptr<AnomalyDetector> PatchCoreMethod::detectorOf(const std::shared_ptr<DetectorCore>& core) const
{
    return makePtr<PatchCoreImpl>(core);
}

} // namespace

std::unique_ptr<Method> createPatchCoreMethod()
{
    return std::unique_ptr<Method>(new PatchCoreMethod(PatchCore::Params()));
}

Ptr<PatchCore> PatchCore::create(const Params& parameters)
{
    return createDetector<PatchCoreImpl, PatchCoreMethod>(parameters);
}

Ptr<PatchCore> PatchCore::load(const String& filename, const String& backboneFile)
{
    return loadDetectorAs<PatchCore>("PatchCore", filename, backboneFile);
}

}} // namespace cv::anomaly
