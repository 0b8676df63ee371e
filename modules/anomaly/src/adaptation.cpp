// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "precomp.hpp"
#include "adaptation.hpp"
#include "bank_for_trainer.hpp"
#include "patch_scorer.hpp"
#include "random_stream.hpp"
#include "trainer_loader.hpp"

#include <cstring>

namespace cv {
namespace anomaly {

namespace {

std::vector<int> channelsOf(const std::vector<Mat>& maps)
{
    std::vector<int> channels;
    for (const Mat& map : maps)
        channels.push_back(map.size[1]);
    return channels;
}

MemoryBank buildBank(int images, FeatureCache& features, const Descriptor& descriptor, const CFA::Params& params, const FitReporter& reporter)
{
    const BankSettings settings = {params.bankMode, params.gammaC, params.bankMomentum, params.K + params.J, params.seed};
    MemoryBankBuilder builder(settings);
    for (int i = 0; i < images; i++)
    {
        const TrainingFeatures image = features.get(i);
        builder.add(project(image.maps, descriptor), image.mask);
        reporter.report("bank", i + 1, images);
    }
    return builder.finish();
}

//! The pooled maps of a batch, laid out for the trainer.
struct Batch
{
    std::vector<std::vector<float> > maps; // by scale: channels x images x rows x cols
    std::vector<float> patchWeights;       // images x patches, empty when all count

    // The same memory serves every batch.
    void load(const std::vector<int>& images, FeatureCache& features)
    {
        patchWeights.clear();
        bool masked = false;
        for (size_t i = 0; i < images.size(); i++)
        {
            const TrainingFeatures image = features.get(images[i]);
            maps.resize(image.maps.size());
            for (size_t scale = 0; scale < maps.size(); scale++)
                place(image.maps[scale], i, images.size(), maps[scale]);
            masked |= !image.mask.empty();
            addWeights(image.mask, patchGrid(image.maps).area());
        }
        if (!masked)
            patchWeights.clear();
    }

    static void place(const Mat& map, size_t image, size_t images, std::vector<float>& batch)
    {
        const size_t patches = size_t(map.size[2]) * map.size[3];
        batch.resize(map.total() * images);
        for (int channel = 0; channel < map.size[1]; channel++)
            std::memcpy(&batch[(channel * images + image) * patches], map.ptr<float>(0, channel), patches * sizeof(float));
    }

    void addWeights(const Mat& mask, int patches)
    {
        for (int p = 0; p < patches; p++)
            patchWeights.push_back(mask.empty() || mask.at<uchar>(p) ? 1.f : 0.f);
    }
};

class Training
{
public:
    Training(TrainedModel& m, const std::vector<Mat>& firstMaps, const CFA::Params& p, int engine) : model(m), params(p), bank(model.bank, engine)
    {
        std::vector<ScaleShape> scales;
        for (const Mat& map : firstMaps)
        {
            const ScaleShape shape = {map.size[1], map.size[2], map.size[3]};
            scales.push_back(shape);
        }
        const bool repulsion = params.adaptation == CFA::ADAPTATION_FULL;
        const Descriptor& start = model.descriptor;
        const TrainerSettings settings = {scales.data(), int(scales.size()), start.W.ptr<float>(), start.b.ptr<float>(), start.length(),
                                          params.K, params.J, params.radius, params.learnRadius, repulsion, params.alpha,
                                          params.learningRate, params.weightDecay, std::max(1, getNumThreads())};
        trainer = createTrainer(settings);
    }

    double step(const std::vector<int>& images, FeatureCache& features)
    {
        batch.load(images, features);
        std::vector<const float*> maps;
        for (const std::vector<float>& map : batch.maps)
            maps.push_back(map.data());
        double loss = 0;
        if (!trainer->step(maps.data(), batch.patchWeights.empty() ? NULL : batch.patchWeights.data(), int(images.size()), bank, loss))
            CV_Error_(Error::StsError, ("Training failed: %s %s", trainer->error(), bank.error.c_str()));
        if (!(loss < DBL_MAX))
            CV_Error_(Error::StsError, ("Training went astray, the loss is %g: lower learningRate (now %g)", loss, params.learningRate));
        trainer->read(model.descriptor.W.ptr<float>(), model.descriptor.b.ptr<float>(), model.radius);
        return loss;
    }

private:
    TrainedModel& model;
    const CFA::Params& params;
    BankForTrainer bank;
    Batch batch;
    std::unique_ptr<Trainer> trainer;
};

// All epochs; the model is the last epoch's, since no labelled image is there to choose a better one by.
void train(Training& training, const TrainedModel& model, int images, FeatureCache& features, const CFA::Params& params, FitReporter& reporter)
{
    const int batchSize = std::min(params.batchSize, images), batches = images / batchSize;
    RNG random = randomStream(params.seed, RANDOM_ORDER);
    for (int epoch = 1; epoch <= params.epochs; epoch++)
    {
        const std::vector<int> order = randomOrder(images, random);
        double sum = 0;
        for (int i = 0; i < batches; i++)
        {
            sum += training.step(std::vector<int>(order.begin() + i * batchSize, order.begin() + (i + 1) * batchSize), features);
            reporter.setTraining(epoch, params.epochs, sum / (i + 1), model.radius);
            reporter.report("training", (epoch - 1) * batches + i + 1, params.epochs * batches);
        }
    }
    reporter.setTraining(0, 0, 0, 0);
}

} // namespace

TrainedModel adapt(int images, FeatureCache& features, const CFA::Params& params, int engine, FitReporter& reporter)
{
    const std::vector<Mat> first = features.get(0).maps;
    TrainedModel model;
    model.descriptor = randomDescriptor(channelsOf(first), params.gammaD, params.descriptorInit, params.seed);
    model.bank = buildBank(images, features, model.descriptor, params, reporter);
    model.radius = params.radius;
    if (params.adaptation != CFA::ADAPTATION_NONE && params.epochs > 0)
    {
        Training training(model, first, params, engine);
        train(training, model, images, features, params, reporter);
    }
    return model;
}

}} // namespace cv::anomaly
