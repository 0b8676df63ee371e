// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "precomp.hpp"
#include "adaptation.hpp"
#include "error_text.hpp"
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

//! The prediction's own search, on a batch that the trainer holds.
class SearchForTrainer CV_FINAL : public BatchSearch
{
public:
    SearchForTrainer(const MemoryBank& bank, int engine) : length(bank.C.cols), patches(0), neighbours(NeighbourSearch::create(bank, engine)) {}

    bool search(const float* phi, int images, int k, float* squaredDistances, int* indices) CV_OVERRIDE
    {
        try
        {
            for (int i = 0; i < images; i++)
                searchImage(phi + size_t(i) * length * patches, k, squaredDistances + size_t(i) * k * patches, indices + size_t(i) * k * patches);
            return true;
        }
        catch (const std::exception& e)
        {
            error = errorText(e);
            return false;
        }
    }

    int length, patches;
    String error;

private:
    void searchImage(const float* phi, int k, float* squaredDistances, int* indices) const
    {
        Mat distances(k, patches, CV_32F, squaredDistances), nearest(k, patches, CV_32S, indices);
        neighbours->search(Mat(length, patches, CV_32F, const_cast<float*>(phi)), k, distances, nearest);
        CV_Assert(distances.ptr<float>() == squaredDistances && nearest.ptr<int>() == indices);
    }

    std::shared_ptr<const NeighbourSearch> neighbours;
};

//! The pooled maps of a batch, laid out for the trainer.
struct Batch
{
    std::vector<std::vector<float> > maps; // by scale: images x channels x rows x cols
    std::vector<float> patchWeights;       // images x patches, empty when all count

    Batch(const std::vector<int>& images, FeatureCache& features)
    {
        bool masked = false;
        for (const int index : images)
        {
            const TrainingFeatures image = features.get(index);
            maps.resize(image.maps.size());
            for (size_t scale = 0; scale < maps.size(); scale++)
            {
                const Mat& map = image.maps[scale];
                maps[scale].insert(maps[scale].end(), map.ptr<float>(), map.ptr<float>() + map.total());
            }
            masked |= !image.mask.empty();
            addWeights(image.mask, patchGrid(image.maps).area());
        }
        if (!masked)
            patchWeights.clear();
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
    Training(TrainedModel& m, const std::vector<Mat>& firstMaps, const CFA::Params& p, int engine) : model(m), params(p), search(model.bank, engine)
    {
        search.patches = patchGrid(firstMaps).area();
        std::vector<ScaleShape> scales;
        for (const Mat& map : firstMaps)
        {
            const ScaleShape shape = {map.size[1], map.size[2], map.size[3]};
            scales.push_back(shape);
        }
        const bool repulsion = params.adaptation == CFA::ADAPTATION_FULL;
        const Descriptor& start = model.descriptor;
        const TrainerSettings settings = {scales.data(), int(scales.size()), start.W.ptr<float>(), start.b.ptr<float>(), start.length(), model.bank.C.ptr<float>(),
                                          model.bank.C.rows, params.K, params.J, params.radius, params.learnRadius, repulsion, params.alpha,
                                          params.learningRate, params.weightDecay};
        trainer = createTrainer(settings);
    }

    double step(const std::vector<int>& images, FeatureCache& features)
    {
        const Batch batch(images, features);
        std::vector<const float*> maps;
        for (const std::vector<float>& map : batch.maps)
            maps.push_back(map.data());
        double loss = 0;
        if (!trainer->step(maps.data(), batch.patchWeights.empty() ? NULL : batch.patchWeights.data(), int(images.size()), search, loss))
            CV_Error_(Error::StsError, ("Training failed: %s %s", trainer->error(), search.error.c_str()));
        if (!(loss < DBL_MAX))
            CV_Error_(Error::StsError, ("Training went astray, the loss is %g: lower learningRate (now %g)", loss, params.learningRate));
        trainer->read(model.descriptor.W.ptr<float>(), model.descriptor.b.ptr<float>(), model.radius);
        return loss;
    }

private:
    TrainedModel& model;
    const CFA::Params& params;
    SearchForTrainer search;
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
