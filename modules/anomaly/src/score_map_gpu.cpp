// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "precomp.hpp"
#include "score_map.hpp"
#include "anomaly_map.hpp"
#include "gpu_memory.hpp"
#include "halide_runtime.hpp"
#include "panels.hpp"
#include "workspace_pool.hpp"

#include "anomaly_gpu_add_upsampled.h"
#include "anomaly_gpu_map.h"
#include "anomaly_gpu_nearest_3.h"
#include "anomaly_gpu_nearest_6.h"
#include "anomaly_gpu_patch_scores.h"
#include "anomaly_gpu_project.h"

namespace cv {
namespace anomaly {

namespace {

// Of the two kernels that search.
const int fewNeighbours = 3, mostNeighbours = 6;

//! A scale's columns of W, and with the finest scale those of the coordinates and b.
struct ScaleWeights
{
    ScaleWeights(const Descriptor& descriptor, size_t scale) : channels(descriptor.channels[scale]), panels(divideUp(descriptor.length(), panelWidth))
    {
        weights.upload(packPanels(descriptor.weights(scale), panelWidth, 1));
        terms.upload(packPanels(descriptor.placeTerms(scale), panelWidth, 1));
    }

    const int channels, panels;
    GpuMemory weights, terms;
};

//! What one call needs.
struct Workspace
{
    GpuMemory map, coarse, phi, squaredDistances, indices, scores, smooth;
};

class GpuScoreMap CV_FINAL : public ScoreMap
{
public:
    GpuScoreMap(const Descriptor& descriptor, const MemoryBank& bank, const ScoreMapSettings& s)
        : settings(s), length(descriptor.length()), count(bank.C.rows), slots(s.score.K <= fewNeighbours ? fewNeighbours : mostNeighbours)
    {
        if (settings.score.K > mostNeighbours || count < slots)
            CV_Error_(Error::StsNotImplemented, ("K is %d and the bank has %d centres: a GPU finds up to %d neighbours, of at least %d centres. Use DNN_TARGET_CPU, or fit with a "
                                                 "lower K or a higher gammaC", settings.score.K, count, mostNeighbours, slots));
        for (size_t scale = 0; scale < descriptor.channels.size(); scale++)
            scales.emplace_back(new ScaleWeights(descriptor, scale));
        panels.upload(packPanels(bank.C, panelWidth, -2));
        norms.upload(packSquaredNorms(bank.C, panelWidth));
        centres.upload(padColumns(bank.C, exactLanes));
        const Mat gaussian = smoothingKernel(settings.sigma);
        tapCount = int(gaussian.total());
        taps.upload(gaussian);
    }

    void make(const std::vector<Mat>& maps, Mat& smooth, StageClock* clock) const CV_OVERRIDE
    {
        CV_CheckEQ(maps.size(), scales.size(), "The descriptor is for another number of scales");
        const WorkspacePool<Workspace>::Loan work(workspaces);
        project(maps, *work);
        lapOnGpu(clock, STAGE_DESCRIPTOR, work->phi);
        search(sizeOf(maps[0]).area(), *work);
        lapOnGpu(clock, STAGE_SEARCH, work->indices);
        map(sizeOf(maps[0]), *work);
        smooth.create(settings.input, CV_32F);
        work->smooth.download(smooth);
        checkScores(smooth);
        lap(clock, STAGE_MAP);
    }

private:
    // Kernels go on while the processor does: only a clock waits for each.
    static void lapOnGpu(StageClock* clock, Stage stage, const GpuMemory& memory)
    {
        if (clock)
            memory.wait();
        lap(clock, stage);
    }

    void project(const std::vector<Mat>& maps, Workspace& work) const
    {
        const Size grid = sizeOf(maps[0]);
        for (size_t scale = 0; scale < maps.size(); scale++)
        {
            GpuMemory& projected = scale == 0 ? work.phi : work.coarse;
            multiply(maps[scale], *scales[scale], work.map, projected);
            if (scale > 0)
                addUpsampled(work.coarse, sizeOf(maps[scale]), grid, work.phi);
        }
    }

    void multiply(const Mat& map, const ScaleWeights& scale, GpuMemory& there, GpuMemory& projected) const
    {
        CV_CheckEQ(map.size[0], 1, "A feature map must be of one image");
        CV_CheckEQ(map.size[1], scale.channels, "The descriptor is for another number of channels");
        const Size size = sizeOf(map);
        there.upload(map);
        projected.reserve(size_t(length) * size.area());
        runKernel("project", [&](void* context) {
            return anomaly_gpu_project(context, there.floats({size.area(), scale.channels}), size.width, scale.weights.floats({panelWidth, scale.channels, scale.panels}),
                                       scale.terms.floats({panelWidth, 3, scale.panels}), projected.floats({size.area(), length}));
        });
    }

    void addUpsampled(const GpuMemory& coarse, Size from, Size to, GpuMemory& phi) const
    {
        runKernel("add_upsampled", [&](void* context) {
            return anomaly_gpu_add_upsampled(context, coarse.floats({from.width, from.height, length}), to.width, to.height, phi.floats({to.width, to.height, length}));
        });
    }

    void search(int patches, Workspace& work) const
    {
        const int k = settings.score.K, bankPanels = divideUp(count, panelWidth), padded = divideUp(length, exactLanes) * exactLanes;
        work.squaredDistances.reserve(size_t(patches) * k);
        work.indices.reserve(size_t(patches) * k);
        work.scores.reserve(patches);
        runKernel("nearest_centres", [&](void* context) {
            return (slots == fewNeighbours ? anomaly_gpu_nearest_3 : anomaly_gpu_nearest_6)(
                context, work.phi.floats({patches, length}), panels.floats({panelWidth, length, bankPanels}), norms.floats({panelWidth, bankPanels}),
                centres.floats({padded, count}), work.squaredDistances.floats({patches, k}), work.indices.integers({patches, k}));
        });
        runKernel("patch_scores", [&](void* context) {
            return anomaly_gpu_patch_scores(context, work.squaredDistances.floats({patches, k}), settings.score.mode == CFA::SCORE_CERTAINTY, work.scores.floats({patches}));
        });
    }

    void map(Size grid, Workspace& work) const
    {
        const Size size = settings.input;
        work.smooth.reserve(size.area());
        runKernel("anomaly_map", [&](void* context) {
            return anomaly_gpu_map(context, work.scores.floats({grid.width, grid.height}), taps.floats({tapCount}), size.width, size.height,
                                   work.smooth.floats({size.width, size.height}));
        });
    }

    const ScoreMapSettings settings;
    const int length, count, slots; // slots: of the kernel's list, all of which must find a centre
    std::vector<std::unique_ptr<ScaleWeights> > scales;
    int tapCount;
    GpuMemory panels, norms, centres, taps;
    mutable WorkspacePool<Workspace> workspaces;
};

} // namespace

std::shared_ptr<const ScoreMap> createGpuScoreMap(const Descriptor& descriptor, const MemoryBank& bank, const ScoreMapSettings& settings)
{
    return std::make_shared<GpuScoreMap>(descriptor, bank, settings);
}

}} // namespace cv::anomaly
