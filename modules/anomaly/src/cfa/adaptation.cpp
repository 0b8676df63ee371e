// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "adaptation.hpp"
#include "bank_for_trainer.hpp"
#include "../base/random_stream.hpp"
#include "../patches/grid_features.hpp"
#include "../patches/projection.hpp"
#include "../training/coreset_bank.hpp"
#include "../training/trainer_loader.hpp"

#include <cstring>
#include <numeric>

namespace cv { namespace anomaly {

namespace {

// Passes the descriptors of all images to a builder of a bank: MemoryBankBuilder or PatchSampler.
template <typename Builder>
Mat buildBank(Builder builder, const TrainingData& data, const Projection& projection, const char* stage,
              const FitReporter& reporter)
{
    for (int i = 0; i < data.images; i++)
    {
        reporter.report(stage, i, data.images);
        const TrainingFeatures image = data.features.get(i);
        Mat phi; // a new Mat for each image, because the builder may keep it
        projection.project(image.maps, MAPS_AVERAGED, phi);
        builder.add(phi, image.mask);
    }
    const Mat bank = builder.finish(); // k-means takes longest, so it is done before the last report
    reporter.report(stage, data.images, data.images);
    return bank;
}

// Number of patches that SCORING_BANK_CORESET is chosen from: casting has an image AUROC of 0.974 with 100,000 patches
// and of 0.948 with 40,000. As in PatchCore, they are chosen in a random projection to 128 dimensions, where they take
// 51 MB.
const int coresetPoolSize = 100000, coresetProjection = 128;

// The coreset of adapted descriptors. before: the bank that an update extends, or null.
CoresetBank coresetOfAdapted(const TrainingData& data, const CFA::Params& params, int engine,
                             const Projection& projection, const FitReporter& reporter,
                             const PatchRows* before = nullptr)
{
    const CoresetBankSettings settings = {coresetPoolSize,
                                          params.scoringBankSize,
                                          coresetProjection,
                                          params.seed,
                                          engine,
                                          before ? 0 : params.contamination, // an update takes all images as good
                                          Size(),
                                          0};
    const auto describe = [&](const std::vector<Mat>& pooled, Mat& phi) {
        projection.project(pooled, MAPS_AVERAGED, phi);
    };
    const CoresetBank bank = coresetBank(data, settings, describe, "scoring bank", reporter, before);
    if (bank.chosen.rows.rows < params.K)
        CV_Error_(Error::StsBadArg, ("The images have %d different patches to score with, expected at least K = %d: "
                                     "lower K, or give masks that leave more of the images",
                                     bank.chosen.rows.rows, params.K));
    return bank;
}

//! Feature maps of a batch of images, averaged over 3x3, in the layout that the trainer reads.
struct Batch
{
    std::vector<std::vector<float>> maps; // for each scale: channels x images x rows x columns
    std::vector<float> patchWeights;      // images x patches, 1 or 0; empty if all patches count

    // Every batch uses the same memory.
    void load(const std::vector<int>& images, const FeatureCache::Compute& features)
    {
        patchWeights.clear();
        bool masked = false;
        for (size_t i = 0; i < images.size(); i++)
        {
            const TrainingFeatures image = features(images[i]);
            maps.resize(image.maps.size());
            for (size_t scale = 0; scale < maps.size(); scale++)
                place(image.maps[scale], i, images.size(), maps[scale]);
            masked |= !image.mask.empty();
            addWeights(image.mask, patchGrid(image.maps).area());
        }
        if (!masked)
            patchWeights.clear();
    }

    // Copies the map of one image to its place in the batch.
    static void place(const Mat& map, size_t image, size_t images, std::vector<float>& batch)
    {
        const size_t patches = size_t(map.size[2]) * map.size[3];
        batch.resize(map.total() * images);
        for (int channel = 0; channel < map.size[1]; channel++)
            std::memcpy(&batch[(channel * images + image) * patches], map.ptr<float>(0, channel),
                        patches * sizeof(float));
    }

    void addWeights(const Mat& mask, int patches)
    {
        for (int p = 0; p < patches; p++)
            patchWeights.push_back(isLearned(mask, p) ? 1.f : 0.f);
    }
};

// Whether none of the last `patience` epochs had a loss that is more than 1 % lower than the lowest one before them.
bool onPlateau(const std::vector<double>& losses, int patience)
{
    if (patience == 0 || losses.size() <= size_t(patience))
        return false;
    const auto recent = losses.end() - patience;
    return *std::min_element(recent, losses.end()) > 0.99 * *std::min_element(losses.begin(), recent);
}

//! Trains the descriptor and the radius of a model, epoch by epoch, and goes on from a checkpoint if there is one.
class Training
{
public:
    Training(CfaModel& m, const TrainingData& d, const CFA::Params& p, int engine, int trainerDevice)
        : model(m),
          data(d),
          params(p),
          batchSize(std::min(p.batchSize, d.images)),
          batches(d.images / batchSize),
          bank(model.bank, engine)
    {
        trainer = makeTrainer(trainerDevice);
    }

    // The result is the model of the last epoch: there are no labeled images with which a better one could be chosen.
    void run(TrainingCheckpoint& checkpoint, FitReporter& reporter)
    {
        TrainingState state = checkpoint.find(model.bank);
        restore(state);
        RNG random = randomStream(params.seed, RANDOM_ORDER);
        for (int epoch = 1; epoch <= params.epochs && !onPlateau(state.losses, params.patience); epoch++)
        {
            const std::vector<int> order = randomOrder(data.images, random);
            // Epochs of the checkpoint are only reported. Their order was drawn all the same, so that later epochs see
            // the order that they would have seen.
            if (size_t(epoch) <= state.losses.size())
            {
                noteDistance(size_t(epoch) <= state.distances.size() ? state.distances[epoch - 1] : 0);
                report(reporter, epoch, batches, {state.losses[epoch - 1], lastDistance, state.radii[epoch - 1]});
                continue;
            }
            const StepFigures figures = runEpoch(epoch, order, reporter);
            state.losses.push_back(figures.loss);
            state.radii.push_back(figures.radius);
            state.distances.resize(epoch - 1); // the first checkpoint files have no distances
            state.distances.push_back(figures.distance);
            noteDistance(figures.distance);
            if (!params.checkpoint.empty())
            {
                save(state);
                checkpoint.keep(model.bank, state);
            }
        }
        reporter.setTraining(0, 0, FitReporter::Figures());
        readModel();
    }

private:
    std::unique_ptr<Trainer> makeTrainer(int trainerDevice) const
    {
        std::vector<ScaleShape> scales;
        for (const Mat& map : data.features.get(0).maps)
            scales.push_back(ScaleShape{map.size[1], map.size[2], map.size[3]});
        const Descriptor& start = model.descriptor;
        TrainerSettings settings = TrainerSettings();
        settings.scales = scales.data();
        settings.scaleCount = int(scales.size());
        settings.W = start.W.ptr<float>();
        settings.b = start.b.ptr<float>();
        settings.descriptorLength = start.length();
        settings.K = params.K;
        settings.J = params.J;
        settings.radius = params.radius;
        settings.learnRadius = params.learnRadius;
        settings.repulsion = params.adaptation == CFA::ADAPTATION_FULL;
        settings.alpha = params.alpha;
        settings.learningRate = params.learningRate;
        settings.weightDecay = params.weightDecay;
        settings.threads = std::max(1, getNumThreads());
        settings.device = trainerDevice;
        return createTrainer(settings);
    }

    // Trains one epoch. Returns means over its batches, and the radius at its end.
    StepFigures runEpoch(int epoch, const std::vector<int>& order, FitReporter& reporter)
    {
        FeatureCache::Compute features = [&](int image) { return data.features.get(image); };
        if (params.augmentation == CFA::AUGMENT_RD)
            features = [&](int image) { return data.view(image, epoch); };
        StepFigures sum = {0, 0, 0}, means = sum;
        for (int i = 0; i < batches; i++)
        {
            batch.load(std::vector<int>(order.begin() + i * batchSize, order.begin() + (i + 1) * batchSize), features);
            const StepFigures figures = step();
            sum.loss += figures.loss;
            sum.distance += figures.distance;
            means = {sum.loss / (i + 1), sum.distance / (i + 1), figures.radius};
            report(reporter, epoch, i + 1, means);
        }
        return means;
    }

    // Trains one batch. Throws if the trainer fails or the loss is not finite.
    StepFigures step()
    {
        std::vector<const float*> maps;
        for (const std::vector<float>& map : batch.maps)
            maps.push_back(map.data());
        StepFigures figures = {0, 0, 0};
        check(trainer->step(maps.data(), batch.patchWeights.empty() ? NULL : batch.patchWeights.data(), batchSize, bank,
                            figures));
        if (!(figures.loss < DBL_MAX))
            CV_Error_(Error::StsError, ("Training diverged, the loss is %g: lower learningRate, which is %g",
                                        figures.loss, params.learningRate));
        return figures;
    }

    void noteDistance(double ofEpoch)
    {
        lastDistance = ofEpoch;
        if (firstDistance == 0)
            firstDistance = ofEpoch;
    }

    // Distances are reported as a share of the first epoch's mean. Within the first epoch they vary strongly: the
    // optimizer's first steps have the same length as later ones, but any direction.
    void report(FitReporter& reporter, int epoch, int batchesDone, StepFigures figures) const
    {
        figures.distance = firstDistance > 0 ? figures.distance / firstDistance : 1;
        reporter.setTraining(epoch, params.epochs,
                             {{"loss", figures.loss}, {"distance", figures.distance}, {"radius", figures.radius}});
        reporter.report("training", int64(epoch - 1) * batches + batchesDone, int64(params.epochs) * batches);
    }

    void readModel()
    {
        check(trainer->read(model.descriptor.W.ptr<float>(), model.descriptor.b.ptr<float>(), model.radius));
    }

    void save(TrainingState& state)
    {
        size_t size = 0;
        check(trainer->save(NULL, size));
        state.trainer.resize(size);
        check(trainer->save(state.trainer.data(), size));
    }

    void restore(const TrainingState& state)
    {
        if (!state.trainer.empty())
            check(trainer->restore(state.trainer.data(), state.trainer.size()));
    }

    void check(bool succeeded) const
    {
        if (!succeeded)
            CV_Error_(Error::StsError, ("Training failed: %s %s", trainer->error(), bank.error.c_str()));
    }

    CfaModel& model;
    const TrainingData& data;
    const CFA::Params& params;
    const int batchSize, batches; // an incomplete last batch of an epoch is left out
    BankForTrainer bank;
    Batch batch;
    std::unique_ptr<Trainer> trainer;
    // Mean distances of patches to their nearest center in the first epoch that has one, and in the last epoch.
    double firstDistance = 0, lastDistance = 0;
};

} // namespace

Descriptor randomDescriptor(const std::vector<int>& channels, double gammaD, int init, int seed)
{
    const int features = std::accumulate(channels.begin(), channels.end(), 0), length = int(features * gammaD),
              inputs = features + 2;
    if (length < 1)
        CV_Error_(Error::StsOutOfRange, ("gammaD %g of %d features leaves no descriptor: raise it to at least %g",
                                         gammaD, features, 1. / features));
    Descriptor descriptor;
    descriptor.channels = channels;
    descriptor.W.create(length, inputs, CV_32F);
    descriptor.b = Mat::zeros(length, 1, CV_32F);
    RNG random = randomStream(seed, RANDOM_DESCRIPTOR);
    if (init == CFA::INIT_HE)
    {
        random.fill(descriptor.W, RNG::NORMAL, 0, std::sqrt(2. / inputs));
        return descriptor;
    }
    const double bound = 1 / std::sqrt(double(inputs));
    random.fill(descriptor.W, RNG::UNIFORM, -bound, bound);
    random.fill(descriptor.b, RNG::UNIFORM, -bound, bound);
    return descriptor;
}

std::shared_ptr<const CfaModel> adapt(const TrainingData& data, const CFA::Params& params, int engine,
                                      int trainerDevice, TrainingCheckpoint& checkpoint, FitReporter& reporter)
{
    const std::shared_ptr<CfaModel> adapted = std::make_shared<CfaModel>(params);
    CfaModel& model = *adapted;
    model.descriptor =
        randomDescriptor(channelsOf(data.features.get(0).maps), params.gammaD, params.descriptorInit, params.seed);
    const BankSettings settings = {params.bankMode,     params.gammaC, params.bankMomentum,
                                   params.K + params.J, params.seed,   engine};
    const bool keepsBank = params.scoringBank == CFA::SCORING_BANK_KEPT;
    if (adapts(params) || keepsBank)
        model.bank = buildBank(MemoryBankBuilder(settings), data, *Projection::create(model.descriptor, engine), "bank",
                               reporter);
    if (adapts(params))
        Training(model, data, params, engine, trainerDevice).run(checkpoint, reporter);
    if (params.scoringBank == CFA::SCORING_BANK_PATCHES)
        model.bank = buildBank(PatchSampler(settings), data, *Projection::create(model.descriptor, engine),
                               "scoring bank", reporter);
    else if (params.scoringBank == CFA::SCORING_BANK_CORESET)
    {
        model.coreset = std::make_shared<CoresetBank>(
            coresetOfAdapted(data, params, engine, *Projection::create(model.descriptor, engine), reporter));
        model.bank = model.coreset->chosen.rows;
    }
    return adapted;
}

std::shared_ptr<const CfaModel> withFurtherPatches(const CfaModel& before, const TrainingData& data,
                                                   const CFA::Params& params, int engine, FitReporter& reporter)
{
    if (params.scoringBank != CFA::SCORING_BANK_CORESET)
        CV_Error(Error::StsNotImplemented,
                 "The model's scoring bank has centers of patches, to which no patch can be added: fit one with "
                 "SCORING_BANK_CORESET, the default, or fit anew to old and new images");
    const std::shared_ptr<CfaModel> model = std::make_shared<CfaModel>(before);
    const PatchRows bank = {before.bank, {}, {}};
    model->coreset = std::make_shared<CoresetBank>(
        coresetOfAdapted(data, params, engine, *Projection::create(before.descriptor, engine), reporter, &bank));
    model->bank = model->coreset->chosen.rows;
    return model;
}

}} // namespace cv::anomaly
