// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "trainer.hpp"

#include <torch/torch.h>

#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

namespace cv {
namespace anomaly {

namespace {

using torch::Tensor;

// 1/nu, the weight of both loss terms.
const double lossWeight = 1e3;

Tensor copyOf(const float* values, at::IntArrayRef shape)
{
    return torch::from_blob(const_cast<float*>(values), shape, torch::kFloat).clone();
}

// Row and column of each patch from -1 to 1, 2 x patches.
Tensor coordinates(int rows, int cols)
{
    const Tensor row = torch::linspace(-1, 1, rows).view({rows, 1}).expand({rows, cols});
    const Tensor col = torch::linspace(-1, 1, cols).view({1, cols}).expand({rows, cols});
    return torch::stack({row, col}).reshape({2, rows * cols});
}

class TorchTrainer final : public Trainer
{
public:
    explicit TorchTrainer(const TrainerSettings& s)
        : settings(s), scales(s.scales, s.scales + s.scaleCount), grid(coordinates(s.scales[0].rows, s.scales[0].cols))
    {
        int64_t inputs = 2;
        for (const ScaleShape& scale : scales)
            inputs += scale.channels;
        // One OpenMP thread: a second one waits for work by spinning, on the core that the search and BLAS, which have
        // threads of their own, want. On two cores a step takes half as long so.
        torch::set_num_threads(1);
        W = copyOf(s.W, {s.descriptorLength, inputs}).requires_grad_();
        b = copyOf(s.b, {s.descriptorLength, 1}).requires_grad_();
        radius = torch::full({1}, s.radius).requires_grad_();
        std::vector<Tensor> learned = {W, b};
        if (s.learnRadius)
            learned.push_back(radius);
        optimizer = std::make_unique<torch::optim::AdamW>(learned, torch::optim::AdamWOptions(s.learningRate).weight_decay(s.weightDecay).amsgrad(true));
    }

    bool step(const float* const* maps, const float* patchWeights, int images, BankAccess& bank, double& loss) override
    {
        try
        {
            loss = adapt(maps, patchWeights, images, bank);
            return true;
        }
        catch (const std::exception& e)
        {
            message = e.what();
            return false;
        }
    }

    void read(float* toW, float* toB, double& toRadius) const override
    {
        const Tensor weights = W.detach().contiguous(), bias = b.detach().contiguous();
        std::copy_n(weights.data_ptr<float>(), weights.numel(), toW);
        std::copy_n(bias.data_ptr<float>(), bias.numel(), toB);
        toRadius = radius.item<float>();
    }

    const char* error() const override { return message.c_str(); }

private:
    // Descriptors of a batch, D' x images * patches: each scale is projected at its own resolution. Channels come first in
    // all maps, so a scale is one matrix product for all images.
    Tensor project(const float* const* maps, int images) const
    {
        int64_t first = 0;
        Tensor phi;
        for (size_t i = 0; i < scales.size(); i++)
        {
            const ScaleShape& s = scales[i];
            const Tensor map = torch::from_blob(const_cast<float*>(maps[i]), {s.channels, int64_t(images) * s.rows * s.cols}, torch::kFloat);
            const Tensor projected = W.narrow(1, first, s.channels).mm(map).view({-1, images, s.rows, s.cols});
            phi = i == 0 ? projected : phi.add_(upsample(projected));
            first += s.channels;
        }
        const Tensor places = (W.narrow(1, first, 2).mm(grid) + b).view({-1, 1, scales[0].rows, scales[0].cols});
        return phi.add_(places).flatten(1);
    }

    Tensor upsample(const Tensor& projected) const
    {
        namespace F = torch::nn::functional;
        const std::vector<int64_t> size = {scales[0].rows, scales[0].cols};
        return F::interpolate(projected, F::InterpolateFuncOptions().size(size).mode(torch::kBilinear).align_corners(false));
    }

    // Eq. 1 and 2 on squared distances, (K + J) x patches: the mean over the patches that count.
    Tensor lossOf(const Tensor& d, const float* patchWeights) const
    {
        const Tensor weights = patchWeights ? copyOf(patchWeights, {1, d.size(1)}) : torch::ones({1, d.size(1)});
        const Tensor patches = weights.sum().clamp_min(1), squaredRadius = radius * radius;
        Tensor loss = (torch::relu(d.narrow(0, 0, settings.K) - squaredRadius) * weights).sum() / (patches * settings.K);
        if (settings.repulsion)
            loss = loss + (torch::relu(squaredRadius - d.narrow(0, settings.K, settings.J) - settings.alpha) * weights).sum() / (patches * settings.J);
        return loss * lossWeight;
    }

    double adapt(const float* const* maps, const float* patchWeights, int images, BankAccess& bank)
    {
        optimizer->zero_grad();
        const Tensor phi = project(maps, images), found = phi.detach();
        const int k = settings.K + (settings.repulsion ? settings.J : 0), patches = int(found.size(1));
        Tensor d = torch::empty({k, patches}), indices = torch::empty({k, patches}, torch::kInt), gradient = torch::empty_like(found);
        if (!bank.search(found.data_ptr<float>(), patches, k, d.data_ptr<float>(), indices.data_ptr<int>()))
            throw std::runtime_error("the neighbour search failed");

        // The search gives the distances; autograd takes the loss back to them and to the radius, the bank on to phi, and
        // autograd again from there to W and b.
        d.requires_grad_();
        const Tensor loss = lossOf(d, patchWeights);
        loss.backward();
        const Tensor byDistance = d.grad().contiguous();
        if (!bank.backward(found.data_ptr<float>(), patches, k, byDistance.data_ptr<float>(), indices.data_ptr<int>(), gradient.data_ptr<float>()))
            throw std::runtime_error("the gradient of the distances failed");
        phi.backward(gradient);
        optimizer->step();
        return loss.item<float>();
    }

    const TrainerSettings settings; // its pointers are not used past the constructor
    const std::vector<ScaleShape> scales;
    const Tensor grid;
    Tensor W, b, radius;
    std::unique_ptr<torch::optim::AdamW> optimizer;
    std::string message;
};

} // namespace

}} // namespace cv::anomaly

#if defined(_WIN32)
#define ANOMALY_TRAINING_EXPORT extern "C" __declspec(dllexport)
#else
#define ANOMALY_TRAINING_EXPORT extern "C" __attribute__((visibility("default")))
#endif

ANOMALY_TRAINING_EXPORT cv::anomaly::Trainer* anomalyCreateTrainer(int interfaceVersion, const cv::anomaly::TrainerSettings& settings)
{
    try
    {
        return interfaceVersion == cv::anomaly::trainerInterface ? new cv::anomaly::TorchTrainer(settings) : nullptr;
    }
    catch (const std::exception&)
    {
        return nullptr;
    }
}
