// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "nearest_scorer.hpp"
#include "../map/anomaly_map.hpp"
#include "../device/gpu_libraries.hpp"
#include "../device/gpu_queue.hpp"
#include "../device/halide_runtime.hpp"
#include "../kernels/panels.hpp"
#include "../base/workspace_pool.hpp"

#include "anomaly_gpu_add_upsampled.h"
#include "anomaly_gpu_bfloat_parts.h"
#include "anomaly_gpu_measure_3.h"
#include "anomaly_gpu_measure_6.h"
#include "anomaly_gpu_patch_scores.h"
#include "anomaly_gpu_pool_patches.h"
#include "anomaly_gpu_rank_3.h"
#include "anomaly_gpu_rank_6.h"
#include "anomaly_gpu_smooth_columns.h"
#include "anomaly_gpu_smooth_rows.h"
#include "anomaly_gpu_upsample_scores.h"

#include <cstring>
#include <map>
#include <mutex>

namespace cv { namespace anomaly {

namespace {

// cuBLAS multiplies fastest if rows begin at multiples of 16 bytes, which are 8 numbers of bfloat16.
const int alignment = 8;

// Memory for the products of patches with centers that are ranked at a time. 3136 patches of an image and as many
// centers take 38 MiB.
const size_t bytesOfProducts = 256 << 20;

int aligned(int count)
{
    return divideUp(count, alignment) * alignment;
}

//! Columns of W for one scale, D' x channels. For the finest scale there are three more, for the coordinates and b.
//! They are multiplied with three planes that pool_patches adds to the map.
struct ScaleWeights
{
    ScaleWeights(const Descriptor& descriptor, size_t scale)
        : channels(descriptor.channels[scale]),
          places(scale == 0 ? 3 : 0)
    {
        Mat all = descriptor.weights(scale).clone();
        if (places)
            hconcat(all, descriptor.placeTerms(scale), all);
        weights.upload(all);
    }

    const int channels, places;
    GpuMemory weights;
};

// The nearest bfloat16 as the bits of a float, ties to even.
uint32_t roundedToBfloat(float value)
{
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof(bits));
    return (bits + 0x7fffu + ((bits >> 16) & 1u)) & 0xffff0000u;
}

float floatOf(uint32_t bits)
{
    float value;
    std::memcpy(&value, &bits, sizeof(value));
    return value;
}

//! The bank as it is ranked: each center minus the mean of all, split into high | low | high parts in bfloat16, and its
//! squared norm. A patch is split into high | high | low parts, so that the sum of products has nearly single
//! precision.
struct RankedBank
{
    explicit RankedBank(const Mat& C) : step(aligned(3 * C.cols))
    {
        Mat average, centered, allParts = Mat::zeros(C.rows, step, CV_16U), squares(1, C.rows, CV_32F);
        cv::reduce(C, average, 0, REDUCE_AVG, CV_32F);
        subtract(C, cv::repeat(average, C.rows, 1), centered);
        for (int c = 0; c < C.rows; c++)
        {
            squares.at<float>(c) = float(centered.row(c).dot(centered.row(c)));
            split(centered.ptr<float>(c), C.cols, allParts.ptr<ushort>(c));
        }
        parts.upload(allParts);
        norms.upload(squares);
        mean.upload(average);
    }

    const int step; // distance from one center's parts to the next ones, in numbers
    GpuMemory parts, norms, mean;

private:
    static void split(const float* row, int length, ushort* to)
    {
        for (int f = 0; f < length; f++)
        {
            const uint32_t high = roundedToBfloat(row[f]), low = roundedToBfloat(row[f] - floatOf(high));
            to[f] = to[f + 2 * length] = ushort(high >> 16);
            to[f + length] = ushort(low >> 16);
        }
    }
};

//! A queue and memory for features that come from the host's memory.
struct HostFeatures
{
    HostFeatures() : queue(GpuQueue::create()) {}

    const std::shared_ptr<GpuQueue> queue;
    std::vector<std::unique_ptr<GpuMemory>> maps;
};

//! Memory for the calls in one queue. Each queue has its own, so that a recording finds all memory at the same address.
struct Workspace
{
    std::shared_ptr<GpuQueue> queue;
    GpuRepetition repetition;
    GpuMemory pooled, coarse, phi, parts, products, candidates, squaredDistances, indices, scores, fine, smooth;
    HostMemory smoothOnHost;
};

//! All steps after the backbone on a GPU, for all images of a batch together. Only the maps are copied to the host.
class GpuScoreMap CV_FINAL : public ScoreMap
{
public:
    GpuScoreMap(const Descriptor& descriptor, const Mat& memoryBank, const NearestSettings& n, const MapSettings& m)
        : nearest(n),
          settings(m),
          length(descriptor.length()),
          count(memoryBank.rows),
          slots(listLength(n.K)),
          bank(memoryBank)
    {
        if (nearest.K > longList || count < nearest.K)
            CV_Error_(Error::StsNotImplemented, ("K is %d and the bank has %d centers: a GPU finds up to %d "
                                                 "neighbors. Use DNN_TARGET_CPU, or fit with a lower K or a "
                                                 "higher gammaC",
                                                 nearest.K, count, longList));
        for (size_t scale = 0; scale < descriptor.channels.size(); scale++)
            scales.emplace_back(new ScaleWeights(descriptor, scale));
        centers.upload(padColumns(memoryBank, exactLanes));
        const Mat gaussian = smoothingKernel(settings.sigma);
        tapCount = int(gaussian.total());
        taps.upload(gaussian);
    }

    void make(const FeatureMaps& features, Mat* smooth, double* imageScores, StageClock* clock) const CV_OVERRIDE
    {
        if (imageScores)
            std::fill_n(imageScores, features.onGpu ? (*features.onGpu)[0].images : features.maps[0].size[0],
                        scoreOfMap);
        CV_CheckEQ(features.channels.size(), scales.size(), "The descriptor is for another number of scales");
        if (features.onGpu)
            return makeFrom(*features.onGpu, features.queue, smooth, clock);
        const WorkspacePool<HostFeatures>::Loan host(hostFeatures);
        const GpuQueue::Scope scope(*host->queue);
        makeFrom(uploaded(features.maps, *host), host->queue, smooth, clock);
    }

private:
    void makeFrom(const std::vector<GpuMaps>& maps, const std::shared_ptr<GpuQueue>& queue, Mat* smooth,
                  StageClock* clock) const
    {
        const GpuQueue::Scope scope(*queue);
        Workspace& work = workspaceOf(queue);
        if (clock)
            compute(maps, work, clock);
        else
            work.repetition.run(*queue, keyOf(maps), [&] { compute(maps, work, NULL); });
        downloadMaps(maps[0].images, work, smooth);
        lap(clock, STAGE_MAP);
    }

    void compute(const std::vector<GpuMaps>& maps, Workspace& work, StageClock* clock) const
    {
        const Size grid = maps[0].size;
        const int images = maps[0].images;
        project(maps, work);
        lapOnGpu(clock, STAGE_DESCRIPTOR, work.phi);
        search(images * grid.area(), work);
        lapOnGpu(clock, STAGE_SEARCH, work.scores);
        map(grid, images, work);
    }

    Workspace& workspaceOf(const std::shared_ptr<GpuQueue>& queue) const
    {
        std::lock_guard<std::mutex> lock(mutex);
        std::unique_ptr<Workspace>& work = workspaces[queue.get()];
        if (!work)
            work.reset(new Workspace);
        work->queue = queue; // keeps the queue alive, so that no new queue gets the same address
        return *work;
    }

    // The recording depends on these numbers: addresses and sizes of the maps.
    static std::vector<uint64> keyOf(const std::vector<GpuMaps>& maps)
    {
        std::vector<uint64> key;
        for (const GpuMaps& map : maps)
            for (const uint64 part : {uint64(reinterpret_cast<size_t>(map.memory->floats({1}).address())),
                                      uint64(map.images), uint64(map.size.width), uint64(map.size.height)})
                key.push_back(part);
        return key;
    }

    // Kernels run asynchronously. The processor waits for a stage only if its time is measured.
    static void lapOnGpu(StageClock* clock, Stage stage, const GpuMemory& memory)
    {
        if (clock)
            memory.wait();
        lap(clock, stage);
    }

    static std::vector<GpuMaps> uploaded(const std::vector<Mat>& maps, HostFeatures& work)
    {
        std::vector<GpuMaps> there;
        work.maps.resize(std::max(work.maps.size(), maps.size()));
        for (size_t i = 0; i < maps.size(); i++)
        {
            if (!work.maps[i])
                work.maps[i].reset(new GpuMemory);
            work.maps[i]->upload(maps[i]);
            there.push_back(
                GpuMaps{work.maps[i].get(), maps[i].size[0], maps[i].size[1], sizeOf(maps[i]), -FLT_MAX, FLT_MAX});
        }
        return there;
    }

    //! Computes descriptors of the patches of all images: phi is D' x (images x patches).
    void project(const std::vector<GpuMaps>& maps, Workspace& work) const
    {
        for (size_t scale = 0; scale < maps.size(); scale++)
        {
            multiply(maps[scale], *scales[scale], work.pooled, scale == 0 ? work.phi : work.coarse);
            if (scale > 0)
                addUpsampled(work.coarse, maps[scale].size, maps[0].size, maps[0].images, work.phi);
        }
    }

    void multiply(const GpuMaps& map, const ScaleWeights& scale, GpuMemory& pooled, GpuMemory& projected) const
    {
        CV_CheckEQ(map.channels, scale.channels, "The descriptor is for another number of channels");
        const int patches = map.size.area(), depth = scale.channels + scale.places;
        pooled.reserve(size_t(map.images) * depth * patches * sizeof(float));
        projected.reserve(size_t(map.images) * length * patches * sizeof(float));
        runKernel("pool_patches", [&](void* context) {
            return anomaly_gpu_pool_patches(
                context, map.memory->floats({map.size.width, map.size.height, map.channels * map.images}), map.channels,
                map.lowest, map.highest, depth, pooled.floats({map.size.width, map.size.height, depth * map.images}));
        });
        multiplyOnGpu(
            pooled.floats({patches, depth, map.images}),
            GpuView(scale.weights, floatType(), {depth, length, map.images}, {1, depth, 0}), 1,
            GpuView(projected, floatType(), {patches, length, map.images}, {1, patches * map.images, patches}));
    }

    static halide_type_t floatType() { return halide_type_t(halide_type_float, 32); }

    void addUpsampled(const GpuMemory& coarse, Size from, Size to, int images, GpuMemory& phi) const
    {
        runKernel("add_upsampled", [&](void* context) {
            return anomaly_gpu_add_upsampled(context, coarse.floats({from.width, from.height, images * length}),
                                             to.width, to.height, phi.floats({to.width, to.height, images * length}));
        });
    }

    // Finds the nearest centers of all patches, in blocks whose products fit into bytesOfProducts, then scores the
    // patches.
    void search(int patches, Workspace& work) const
    {
        work.squaredDistances.reserve(size_t(patches) * slots * sizeof(float));
        work.indices.reserve(size_t(patches) * slots * sizeof(int));
        work.scores.reserve(patches * sizeof(float));
        const int most = std::max(aligned(int(bytesOfProducts / (count * sizeof(float)))), 1024);
        for (int first = 0; first < patches; first += most)
            searchFor(Range(first, std::min(first + most, patches)), patches, work);
        runKernel("patch_scores", [&](void* context) {
            return anomaly_gpu_patch_scores(context, work.squaredDistances.floats({patches, nearest.K}),
                                            nearest.weight == WEIGHT_CERTAINTY, work.scores.floats({patches}));
        });
    }

    void searchFor(const Range& range, int patches, Workspace& work) const
    {
        const int rows = aligned(range.size()), depth = 3 * length;
        work.parts.reserve(size_t(rows) * depth * sizeof(ushort));
        work.products.reserve(size_t(rows) * count * sizeof(float));
        GpuView phi = work.phi.floats({patches, length}),
                squaredDistances = work.squaredDistances.floats({patches, slots}),
                indices = work.indices.integers({patches, slots});
        for (GpuView* view : {&phi, &squaredDistances, &indices})
            view->part(0, range.start, range.size());
        runKernel("bfloat_parts", [&](void* context) {
            return anomaly_gpu_bfloat_parts(context, phi, bank.mean.floats({length}),
                                            work.parts.shorts({rows, length, 3}));
        });
        const GpuView products = work.products.floats({rows, count, 1});
        multiplyOnGpu(work.parts.shorts({rows, depth, 1}),
                      GpuView(bank.parts, halide_type_t(halide_type_uint, 16), {depth, count, 1}, {1, bank.step, 0}),
                      -2, products);
        selectFrom(phi, squaredDistances, indices, rows, range.size(), work);
    }

    void selectFrom(const GpuView& phi, const GpuView& squaredDistances, const GpuView& indices, int rows, int patches,
                    Workspace& work) const
    {
        const int candidates = slots + spareOnGpu, padded = divideUp(length, exactLanes) * exactLanes;
        work.candidates.reserve(size_t(patches) * candidates * sizeof(int));
        runKernel("rank_neighbors", [&](void* context) {
            return (slots == shortList ? anomaly_gpu_rank_3 : anomaly_gpu_rank_6)(
                context, work.products.floats({rows, count}), bank.norms.floats({count}),
                work.candidates.integers({patches, candidates}));
        });
        runKernel("measure_neighbors", [&](void* context) {
            return (slots == shortList ? anomaly_gpu_measure_3 : anomaly_gpu_measure_6)(
                context, phi, centers.floats({padded, count}), work.candidates.integers({patches, candidates}),
                squaredDistances, indices);
        });
    }

    // Upsamples the patch scores of each image to the input's size and smooths them.
    void map(Size grid, int images, Workspace& work) const
    {
        const Size size = settings.input;
        work.smooth.reserve(size_t(images) * size.area() * sizeof(float));
        work.fine.reserve(size_t(images) * size.area() * sizeof(float));
        const GpuView first = work.smooth.floats({size.width, size.height, images}),
                      second = work.fine.floats({size.width, size.height, images});
        runKernel("upsample_scores", [&](void* context) {
            return anomaly_gpu_upsample_scores(context, work.scores.floats({grid.width, grid.height, images}),
                                               size.width, size.height, first);
        });
        runKernel("smooth_columns", [&](void* context) {
            return anomaly_gpu_smooth_columns(context, first, taps.floats({tapCount}), second);
        });
        runKernel("smooth_rows", [&](void* context) {
            return anomaly_gpu_smooth_rows(context, second, taps.floats({tapCount}), first);
        });
    }

    // Copies the maps to the host, and throws if one of them holds NaN or infinity.
    void downloadMaps(int images, Workspace& work, Mat* smooth) const
    {
        const int height = settings.input.height;
        Mat all = work.smoothOnHost.matrix(images * height, settings.input.width, CV_32F);
        work.smooth.download(all);
        std::vector<uchar> hasScores(images);
        parallel_for_(Range(0, images), [&](const Range& range) {
            for (int i = range.start; i < range.end; i++)
            {
                all.rowRange(i * height, (i + 1) * height).copyTo(smooth[i]);
                hasScores[i] = checkRange(smooth[i]);
            }
        });
        for (int i = 0; i < images; i++)
            if (!hasScores[i])
                checkScores(smooth[i]);
    }

    const NearestSettings nearest;
    const MapSettings settings;
    const int length, count, slots; // D', number of centers, length of the kernel's list of neighbors
    std::vector<std::unique_ptr<ScaleWeights>> scales;
    const RankedBank bank;
    int tapCount;
    GpuMemory centers, taps;
    mutable WorkspacePool<HostFeatures> hostFeatures;
    mutable std::mutex mutex;
    mutable std::map<const GpuQueue*, std::unique_ptr<Workspace>> workspaces;
};

} // namespace

std::shared_ptr<const ScoreMap> createGpuNearestScoreMap(const Descriptor& descriptor, const Mat& bank,
                                                         const NearestSettings& settings, const MapSettings& map)
{
    return std::make_shared<GpuScoreMap>(descriptor, bank, settings, map);
}

}} // namespace cv::anomaly
