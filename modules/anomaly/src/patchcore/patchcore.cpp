// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "../detector/detector_impl.hpp"
#include "../base/random_stream.hpp"
#include "../patches/grid_features.hpp"
#include "../patches/whitening.hpp"
#include "alignment.hpp"
#include "patch_features.hpp"
#include "patch_pool.hpp"
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
{
    imageScore = SCORE_TOP;
    topShare = 0.003;
}

PatchCore::Params PatchCore::Params::paper()
{
    Params params;
    params.whitening = 0;
    params.axes = 0;
    params.K = 9;
    params.imageScore = SCORE_MAX;
    return params;
}

namespace {

// Memory for the patches that a bank is chosen from: a million of them in 128 dimensions, from 1,300 images of 28 x 28.
// It is no setting, since it changes what is chosen from more than that.
const size_t poolBytes = size_t(512) << 20;

// Patches that the covariance is taken of, 84 MB of 1056 features, and images that they are drawn from at most: twenty
// for each feature are enough for axes, and features of more images would be computed once more.
const int covariancePatches = 20000, covarianceImages = 200;

class PatchCoreLearner CV_FINAL : public Learner
{
public:
    PatchCoreLearner(const PatchCore::Params& p, const Device& d)
        : params(p),
          device(d),
          grid(gridOfStride(inputShapeOf(p), p.patchStride))
    {}

    // Half of the memory, since the patches that wait for the choice take some, too. To compute features again takes
    // less time than to write all of them to a file.
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
            model->whitening =
                whitenedAxes(drawnPatches(data, reporter), model->channelCounts, params.whitening, params.axes);
        const PatchFeatures features(grid, model->whitening, device.engine);
        model->choosesWindow = params.window != 0;
        model->window = params.window < 0 ? windowOf(data, features) : params.window;
        const Places places = chooseCoreset(data, features, model->window, reporter);
        model->bank = patchesAt(places, data, features, reporter);
        if (model->window > 0)
            for (const PatchPool::Place& place : places)
                model->places.push_back(place.patch);
        return model;
    }

private:
    typedef std::vector<PatchPool::Place> Places;

    // Of images evenly spread over all of them, the same number of patches from each: patches x features.
    Mat drawnPatches(const TrainingData& data, const FitReporter& reporter) const
    {
        const int images = std::min(data.images, covarianceImages), fromImage = 1 + (covariancePatches - 1) / images;
        Mat drawn, phi;
        const int apart = data.images / images;
        for (int i = 0; i < images; i++)
        {
            // Turns of an image lie side by side: to step over the same number of them would always meet the same turn.
            const int image = int(int64(i) * data.images / images) + i % apart;
            const TrainingFeatures features = data.features.get(image);
            gridFeatures(features.maps, grid, phi);
            RNG random = randomStream(params.seed, RANDOM_AXES, image);
            const std::vector<int> order = randomOrder(phi.cols, random);
            const Mat patches = phi.t();
            int taken = 0;
            for (size_t p = 0; p < order.size() && taken < fromImage; p++)
                if (features.mask.empty() || features.mask.at<uchar>(order[p]))
                {
                    drawn.push_back(patches.row(order[p]));
                    taken++;
                }
            reporter.report("axes", i + 1, images);
        }
        return drawn;
    }

    // Tiles show different places of an image, and turns are learned because parts lie at any angle.
    int windowOf(const TrainingData& data, const PatchFeatures& patches) const
    {
        if (params.tile > 0 || params.rotations > 1)
            return 0;
        return alignedWindow(data, patches, grid, device.engine);
    }

    Places chooseCoreset(const TrainingData& data, const PatchFeatures& patches, int window,
                         const FitReporter& reporter) const
    {
        const int fromImage = params.poolSize > 0 ? 1 + (params.poolSize - 1) / data.images : 0;
        PatchPool pool(
            {fromImage, params.bankSize, params.projection, poolBytes, params.seed, device.engine, grid, window});
        Mat phi;
        for (int image = 0; image < data.images; image++)
        {
            const TrainingFeatures features = data.features.get(image);
            patches.compute(features.maps, phi);
            pool.add(image, phi, features.mask);
            reporter.report("patches", image + 1, data.images);
        }
        return pool.choose([&](int chosen, int count) { reporter.report("coreset", chosen, count); });
    }

    // The chosen patches as they are, in the order of choice.
    Mat patchesAt(const Places& places, const TrainingData& data, const PatchFeatures& patches,
                  const FitReporter& reporter) const
    {
        std::vector<std::vector<int>> rowsOfImage(data.images);
        for (size_t row = 0; row < places.size(); row++)
            rowsOfImage[places[row].image].push_back(int(row));
        Mat bank, phi;
        for (int image = 0; image < data.images; image++)
        {
            if (!rowsOfImage[image].empty())
                patches.compute(data.features.get(image).maps, phi);
            if (bank.empty() && !phi.empty())
                bank.create(int(places.size()), phi.rows, CV_32F);
            for (const int row : rowsOfImage[image])
                Mat(phi.col(places[row].patch).t()).copyTo(bank.row(row));
            reporter.report("bank", image + 1, data.images);
        }
        return bank;
    }

    const PatchCore::Params params;
    const Device device;
    const Size grid;
};

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
        // Files of the first detectors of this method lack them: features were as they come.
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
    std::unique_ptr<Learner> startFit(const Device& device) const CV_OVERRIDE
    {
        return std::unique_ptr<Learner>(new PatchCoreLearner(params, device));
    }
    std::shared_ptr<const LearnedModel> read(const FileNode& node) const CV_OVERRIDE
    {
        return PatchCoreModel::read(node, params);
    }
    Ptr<AnomalyDetector> detectorOf(const std::shared_ptr<DetectorCore>& core) const CV_OVERRIDE;
};

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
