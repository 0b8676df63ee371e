// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../src/kernels/coordinate.hpp"
#include "../src/training/trainer.hpp"
#include "upsampling.hpp"

#include <torch/torch.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <future>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

// These functions exist if LibTorch uses OpenBLAS. Otherwise they are null.
#if defined(__GNUC__) && !defined(_WIN32)
extern "C" int openblas_get_num_threads(void) __attribute__((weak));
extern "C" void openblas_set_num_threads(int) __attribute__((weak));
#else
static int (*const openblas_get_num_threads)() = nullptr;
static void (*const openblas_set_num_threads)(int) = nullptr;
#endif

namespace cv { namespace anomaly { namespace {

using torch::Tensor;

//! Limits OpenBLAS to one thread while it lives. Its threads stay awake for a while after each product, and take time
//! on the cores that the neighbor search needs.
class SingleThreadedBlas
{
public:
    SingleThreadedBlas() : before(openblas_get_num_threads ? openblas_get_num_threads() : 1) { set(1); }
    ~SingleThreadedBlas() { set(before); }
    SingleThreadedBlas(const SingleThreadedBlas&) = delete;
    SingleThreadedBlas& operator=(const SingleThreadedBlas&) = delete;

private:
    void set(int threads) const
    {
        if (before > 1)
            openblas_set_num_threads(threads);
    }

    const int before;
};

// 1 / nu of the paper, the weight of both terms of the loss.
const double lossWeight = 1e3;

// A tensor on the CPU with a copy of the values.
Tensor copyOf(const float* values, at::IntArrayRef shape)
{
    return torch::from_blob(const_cast<float*>(values), shape, torch::kFloat).clone();
}

// Coordinates of row and column of each patch, from -1 to 1: 2 x patches.
Tensor coordinates(int rows, int cols)
{
    const auto line = [](int cells) {
        return coordinateOf(torch::arange(cells, torch::kFloat), std::max(cells - 1, 1));
    };
    const Tensor row = line(rows).view({rows, 1}).expand({rows, cols});
    const Tensor col = line(cols).view({1, cols}).expand({rows, cols});
    return torch::stack({row, col}).reshape({2, rows * cols});
}

//! Common part of training on the CPU and on CUDA: the parameters that are learned, the loss, the optimizer, and saved
//! states.
class TorchTrainer : public Trainer
{
public:
    TorchTrainer(const TrainerSettings& s, torch::Device where)
        : settings(s),
          device(where),
          scales(s.scales, s.scales + s.scaleCount),
          grid(coordinates(s.scales[0].rows, s.scales[0].cols).to(where))
    {
        int64_t inputs = 2;
        for (const ScaleShape& scale : scales)
            inputs += scale.channels;
        // One OpenMP thread: a second one would wait for work in a loop, on the core that the search and BLAS need,
        // which have threads of their own. On two cores a step then takes half as long.
        torch::set_num_threads(1);
        W = copyOf(s.W, {s.descriptorLength, inputs}).to(where).requires_grad_();
        b = copyOf(s.b, {s.descriptorLength, 1}).to(where).requires_grad_();
        radius = torch::full({1}, s.radius).to(where).requires_grad_();
        std::vector<Tensor> learned = {W, b};
        if (s.learnRadius)
            learned.push_back(radius);
        optimizer = std::make_unique<torch::optim::AdamW>(
            learned, torch::optim::AdamWOptions(s.learningRate).weight_decay(s.weightDecay).amsgrad(true));
    }

    bool step(const float* const* maps, const float* patchWeights, int images, BankAccess& bank,
              StepFigures& figures) override
    {
        return succeeds([&] {
            figures.loss = adapt(tensorsOf(maps, images), patchWeights, bank);
            figures.distance = meanDistance;
            figures.radius = radius.item<float>();
        });
    }

    // All tensors are saved as CPU tensors, so that each device can restore what another one saved.
    bool save(unsigned char* bytes, size_t& size) override
    {
        return succeeds([&] {
            torch::serialize::OutputArchive archive, state;
            archive.write("W", W.detach().cpu());
            archive.write("b", b.detach().cpu());
            archive.write("radius", radius.detach().cpu());
            moveMoments(torch::kCPU);
            optimizer->save(state);
            moveMoments(device);
            archive.write("optimizer", state);
            std::ostringstream stream;
            archive.save_to(stream);
            const std::string saved = stream.str();
            size = saved.size();
            if (bytes)
                std::copy(saved.begin(), saved.end(), bytes);
        });
    }

    bool restore(const unsigned char* bytes, size_t size) override
    {
        return succeeds([&] {
            torch::NoGradGuard noGradient;
            torch::serialize::InputArchive archive, state;
            archive.load_from(reinterpret_cast<const char*>(bytes), size);
            readInto("W", W, archive);
            readInto("b", b, archive);
            readInto("radius", radius, archive);
            archive.read("optimizer", state);
            optimizer->load(state);
            moveMoments(device);
        });
    }

    bool read(float* toW, float* toB, double& toRadius) override
    {
        return succeeds([&] {
            const Tensor weights = W.detach().cpu().contiguous(), bias = b.detach().cpu().contiguous();
            std::copy_n(weights.data_ptr<float>(), weights.numel(), toW);
            std::copy_n(bias.data_ptr<float>(), bias.numel(), toB);
            toRadius = radius.item<float>();
        });
    }

    const char* error() const override { return message.c_str(); }

protected:
    //! Computes the loss of a batch and the gradients of all parameters. maps: for each scale, channels x images *
    //! patches.
    virtual Tensor differentiate(const std::vector<Tensor>& maps, const float* patchWeights, BankAccess& bank) = 0;

    int patchesOf(size_t scale) const { return scales[scale].rows * scales[scale].cols; }
    int neighbors() const { return settings.K + (settings.repulsion ? settings.J : 0); }

    // Eq. 1 and 2 of @cite Lee2022cfa as the mean over the patches that count. d: squared distances to the nearest
    // centers, (K + J) x patches, nearest first. Also keeps the mean distance to the nearest center.
    Tensor lossOf(const Tensor& d, const float* patchWeights)
    {
        const Tensor weights =
            (patchWeights ? copyOf(patchWeights, {1, d.size(1)}) : torch::ones({1, d.size(1)})).to(device);
        noteDistance(d.detach().narrow(0, 0, 1), weights);
        const Tensor patches = weights.sum().clamp_min(1), squaredRadius = radius * radius;
        Tensor loss =
            (torch::relu(d.narrow(0, 0, settings.K) - squaredRadius) * weights).sum() / (patches * settings.K);
        if (settings.repulsion)
            loss = loss +
                   (torch::relu(squaredRadius - d.narrow(0, settings.K, settings.J) - settings.alpha) * weights).sum() /
                       (patches * settings.J);
        return loss * lossWeight;
    }

    const TrainerSettings settings; // its pointers are only valid in the constructor
    const torch::Device device;
    const std::vector<ScaleShape> scales;
    const Tensor grid;
    Tensor W, b, radius;

private:
    void noteDistance(const Tensor& nearest, const Tensor& weights)
    {
        const torch::NoGradGuard noGradient;
        meanDistance = ((nearest.clamp_min(0).sqrt() * weights).sum() / weights.sum().clamp_min(1)).item<float>();
    }

    // One step of the optimizer. Returns the loss before it.
    double adapt(const std::vector<Tensor>& maps, const float* patchWeights, BankAccess& bank)
    {
        optimizer->zero_grad();
        const Tensor loss = differentiate(maps, patchWeights, bank);
        optimizer->step();
        return loss.item<float>();
    }

    // The maps as tensors on the device; on the CPU they share the caller's memory.
    std::vector<Tensor> tensorsOf(const float* const* maps, int images) const
    {
        std::vector<Tensor> tensors;
        for (size_t i = 0; i < scales.size(); i++)
            tensors.push_back(torch::from_blob(const_cast<float*>(maps[i]),
                                               {scales[i].channels, int64_t(images) * patchesOf(i)}, torch::kFloat)
                                  .to(device));
        return tensors;
    }

    // Moves the optimizer's own tensors. It loads them to the device from which they were saved.
    void moveMoments(torch::Device to)
    {
        for (auto& entry : optimizer->state())
        {
            auto& moments = static_cast<torch::optim::AdamWParamState&>(*entry.second);
            moments.exp_avg(moments.exp_avg().to(to));
            moments.exp_avg_sq(moments.exp_avg_sq().to(to));
            moments.max_exp_avg_sq(moments.max_exp_avg_sq().to(to));
        }
    }

    // Runs a call. No exception may leave the trainer, so errors are kept as text.
    bool succeeds(const std::function<void()>& work)
    {
        try
        {
            work();
            return true;
        }
        catch (const std::exception& e)
        {
            message = e.what();
            return false;
        }
    }

    static void readInto(const char* name, Tensor& learned, torch::serialize::InputArchive& archive)
    {
        Tensor found;
        archive.read(name, found);
        learned.copy_(found);
    }

    std::unique_ptr<torch::optim::AdamW> optimizer;
    double meanDistance = 0; // to the nearest center, in the last batch
    std::string message;
};

//! On the CPU: the neighbor search is the one of predict, and gradients from the distances back to W and b are computed
//! by explicit formulas instead of autograd.
class CpuTrainer final : public TorchTrainer
{
public:
    explicit CpuTrainer(const TrainerSettings& s) : TorchTrainer(s, torch::kCPU), projected(scales.size())
    {
        for (const ScaleShape& scale : scales)
            upsamplings.emplace_back(scale.rows, scale.cols, scales[0].rows, scales[0].cols);
    }

private:
    // The search gives the distances. Autograd computes the gradients of the loss with respect to the distances and to
    // the radius. From there back to phi, W and b the formulas are known, and faster than autograd.
    Tensor differentiate(const std::vector<Tensor>& maps, const float* patchWeights, BankAccess& bank) override
    {
        const Tensor phi = project(maps);
        const int k = neighbors(), patches = int(phi.size(1));
        const Tensor d = torch::empty({k, patches}), indices = torch::empty({k, patches}, torch::kInt);
        sized(byPhi, phi.sizes());
        if (!bank.search(phi.data_ptr<float>(), patches, k, d.data_ptr<float>(), indices.data_ptr<int>()))
            throw std::runtime_error("the neighbor search failed");
        d.requires_grad_();
        const Tensor loss = lossOf(d, patchWeights);
        loss.backward();
        const Tensor byDistance = d.grad().contiguous();
        if (!bank.backward(phi.data_ptr<float>(), patches, k, byDistance.data_ptr<float>(), indices.data_ptr<int>(),
                           byPhi.data_ptr<float>()))
            throw std::runtime_error("the gradient of the distances failed");
        projectBackward(maps);
        return loss;
    }

    // Returns a tensor of this shape in the same memory as before. New tensors of this size cost a page fault for each
    // 4 KiB, together a tenth of a step's time.
    static const Tensor& sized(Tensor& kept, at::IntArrayRef shape)
    {
        if (!kept.defined() || kept.sizes() != shape)
            kept = torch::empty(shape);
        return kept;
    }

    // Calls body(first row, number of rows) for all rows of a descriptor, distributed over threads of its own, while
    // those of LibTorch and BLAS are switched off.
    void forRows(const std::function<void(int64_t, int64_t)>& body) const
    {
        const SingleThreadedBlas blas;
        std::vector<std::future<void>> others;
        const int64_t share = (settings.descriptorLength + settings.threads - 1) / settings.threads;
        const auto rowsFrom = [&, share](int64_t first) {
            torch::NoGradGuard noGradient;
            body(first, std::min<int64_t>(share, settings.descriptorLength - first));
        };
        for (int64_t first = share; first < settings.descriptorLength; first += share)
            others.push_back(std::async(std::launch::async, rowsFrom, first));
        rowsFrom(0);
        for (std::future<void>& other : others)
            other.get();
    }

    // Calls work(coarse map, fine map) for all maps in some rows of matrices of D' x images * patches.
    template <typename Work>
    void forMaps(Tensor& coarse, Tensor& fine, size_t scale, int64_t first, int64_t rows, const Work& work) const
    {
        const int64_t images = coarse.size(1) / patchesOf(scale);
        for (int64_t map = first * images; map < (first + rows) * images; map++)
            work(coarse.data_ptr<float>() + map * patchesOf(scale), fine.data_ptr<float>() + map * patchesOf(0));
    }

    // Computes descriptors of a batch, D' x images * patches. Each scale is projected at its own resolution. Channels
    // are the first dimension of all maps, so one matrix product projects a scale for all images.
    Tensor project(const std::vector<Tensor>& maps)
    {
        for (size_t i = 0; i < scales.size(); i++)
            sized(projected[i], {W.size(0), maps[i].size(1)});
        Tensor phi = projected[0];
        forRows([&](int64_t first, int64_t rows) {
            const Tensor weights = W.narrow(0, first, rows);
            int64_t column = 0;
            for (size_t i = 0; i < scales.size(); column += scales[i++].channels)
            {
                Tensor product = projected[i].narrow(0, first, rows);
                torch::mm_out(product, weights.narrow(1, column, scales[i].channels), maps[i]);
                if (i > 0)
                    forMaps(projected[i], phi, i, first, rows,
                            [&](const float* coarse, float* fine) { upsamplings[i].add(coarse, fine); });
            }
            phi.narrow(0, first, rows)
                .view({rows, -1, patchesOf(0)})
                .add_((weights.narrow(1, column, 2).mm(grid) + b.narrow(0, first, rows)).unsqueeze(1));
        });
        return phi;
    }

    // Computes the gradients with respect to W and b from the one with respect to phi: the steps of project in reverse.
    void projectBackward(const std::vector<Tensor>& maps)
    {
        W.mutable_grad() = sized(byW, W.sizes());
        b.mutable_grad() = sized(byB, b.sizes());
        std::vector<Tensor> byProjected = projected; // in the same memory: the results of project are no longer needed
        byProjected[0] = byPhi;
        forRows([&](int64_t first, int64_t rows) {
            const Tensor byPlaces = byPhi.narrow(0, first, rows).view({rows, -1, patchesOf(0)}).sum(1);
            int64_t column = 0;
            for (size_t i = 0; i < scales.size(); column += scales[i++].channels)
            {
                Tensor byWeights = byW.narrow(0, first, rows).narrow(1, column, scales[i].channels);
                if (i > 0)
                    forMaps(byProjected[i], byPhi, i, first, rows,
                            [&](float* coarse, const float* fine) { upsamplings[i].backward(fine, coarse); });
                torch::mm_out(byWeights, byProjected[i].narrow(0, first, rows), maps[i].t());
            }
            byW.narrow(0, first, rows).narrow(1, column, 2).copy_(byPlaces.mm(grid.t()));
            byB.narrow(0, first, rows).copy_(byPlaces.sum(1, true));
        });
    }

    std::vector<Upsampling> upsamplings; // for each scale
    std::vector<Tensor> projected;       // for each scale; the first one becomes phi
    Tensor byPhi, byW, byB;
};

// Bilinear upsampling along one axis as a matrix, fine x coarse. On CUDA, the gradient of LibTorch's own upsampling
// adds in a varying order, so the same fit would give a different model each time. The gradient of a matrix product
// does not.
Tensor upsamplingMatrix(int coarse, int fine)
{
    const BilinearTaps taps(coarse, fine);
    Tensor matrix = torch::zeros({fine, coarse});
    auto at = matrix.accessor<float, 2>();
    for (int i = 0; i < fine; i++)
    {
        at[i][taps.low[i]] += 1 - taps.share[i];
        at[i][taps.high[i]] += taps.share[i];
    }
    return matrix;
}

// Memory for the ranks of all centers. As many patches are ranked together as fit into it.
const int64_t rankBytes = 64 << 20;

//! On a GPU: all of a step is computed by LibTorch, and all gradients by autograd.
class CudaTrainer final : public TorchTrainer
{
public:
    CudaTrainer(const TrainerSettings& s, torch::Device where) : TorchTrainer(s, where)
    {
        // TF32 keeps only 10 bits of a factor, too few for results that agree with the CPU's to 1e-4.
        at::globalContext().setAllowTF32CuBLAS(false);
        for (const ScaleShape& scale : scales)
        {
            down.push_back(upsamplingMatrix(scale.rows, scales[0].rows).to(where));
            across.push_back(upsamplingMatrix(scale.cols, scales[0].cols).to(where));
        }
    }

private:
    Tensor differentiate(const std::vector<Tensor>& maps, const float* patchWeights, BankAccess& bank) override
    {
        if (!C.defined())
            load(bank);
        const Tensor phi = project(maps);
        const Tensor loss = lossOf(squaredDistances(phi, nearest(phi)), patchWeights);
        loss.backward();
        return loss;
    }

    // Copies the centers of the bank to the device, where they stay for the whole training.
    void load(const BankAccess& bank)
    {
        C = copyOf(bank.centers(), {bank.centerCount(), settings.descriptorLength}).to(device);
        squaredNorms = C.square().sum(1);
    }

    // Computes descriptors of a batch. Each scale is projected at its own resolution, as on the CPU, but here a
    // descriptor is a row, like a center: images * patches x D'.
    Tensor project(const std::vector<Tensor>& maps) const
    {
        const Tensor weights = W.t();
        const int64_t images = maps[0].size(1) / patchesOf(0);
        Tensor phi;
        int64_t row = 0;
        for (size_t i = 0; i < scales.size(); row += scales[i++].channels)
        {
            const Tensor projected = maps[i].t().mm(weights.narrow(0, row, scales[i].channels));
            phi = i == 0 ? projected : phi + upsample(projected, i, images);
        }
        const Tensor places = grid.t().mm(weights.narrow(0, row, 2)) + b.t();
        return (phi.view({images, patchesOf(0), -1}) + places).flatten(0, 1);
    }

    // Upsamples descriptors of a coarser scale to the patch grid: along rows, then along columns.
    Tensor upsample(const Tensor& projected, size_t scale, int64_t images) const
    {
        const int64_t rows = scales[scale].rows, cols = scales[scale].cols, height = scales[0].rows,
                      width = scales[0].cols;
        const Tensor wide =
            across[scale].expand({images * rows, width, cols}).bmm(projected.view({images * rows, cols, -1}));
        return down[scale]
            .expand({images, height, rows})
            .bmm(wide.view({images, rows, -1}))
            .view({images * height * width, -1});
    }

    // Indices of the K + J nearest centers of each patch, ranked by |c|^2 - 2 phi c: (K + J) x patches.
    Tensor nearest(const Tensor& phi) const
    {
        torch::NoGradGuard noGradient;
        std::vector<Tensor> found;
        for (const Tensor& patches : phi.split(std::max<int64_t>(1, rankBytes / int64_t(sizeof(float)) / C.size(0))))
            found.push_back(std::get<1>(torch::addmm(squaredNorms, patches, C.t(), 1, -2).topk(neighbors(), 1, false)));
        return torch::cat(found).t().contiguous();
    }

    // Squared distances as sums of squared differences, so that they are exactly 0 if a descriptor equals its center.
    // Sorted in rising order, (K + J) x patches.
    Tensor squaredDistances(const Tensor& phi, const Tensor& indices) const
    {
        std::vector<Tensor> distances;
        for (const Tensor& neighbor : indices.unbind())
            distances.push_back((phi - C.index_select(0, neighbor)).square().sum(1));
        return std::get<0>(torch::stack(distances).sort(0));
    }

    std::vector<Tensor> down, across; // for each scale: upsampling matrices along columns and along rows
    Tensor C, squaredNorms;           // centers of the bank, and their squared lengths
};

Trainer* createTorchTrainer(const TrainerSettings& settings)
{
    if (settings.device == TRAIN_ON_CPU)
        return new CpuTrainer(settings);
    return new CudaTrainer(settings, settings.device == TRAIN_ON_CUDA ? torch::kCUDA : torch::kCPU);
}

} // namespace

}} // namespace cv::anomaly

#if defined(_WIN32)
#define ANOMALY_TRAINING_EXPORT extern "C" __declspec(dllexport)
#else
#define ANOMALY_TRAINING_EXPORT extern "C" __attribute__((visibility("default")))
#endif

ANOMALY_TRAINING_EXPORT cv::anomaly::Trainer* anomalyCreateTrainer(int interfaceVersion,
                                                                   const cv::anomaly::TrainerSettings& settings)
{
    try
    {
        return interfaceVersion == cv::anomaly::trainerInterface ? cv::anomaly::createTorchTrainer(settings) : nullptr;
    }
    catch (const std::exception&)
    {
        return nullptr;
    }
}

ANOMALY_TRAINING_EXPORT int anomalyCudaDevices()
{
    try
    {
        // hasCUDA would not do: it is also false if CUDA is built in but there is no device.
        return at::globalContext().hasCUDART() ? int(torch::cuda::device_count()) : -1;
    }
    catch (const std::exception&)
    {
        return 0;
    }
}
