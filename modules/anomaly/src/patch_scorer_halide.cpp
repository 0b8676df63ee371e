// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "precomp.hpp"
#include "patch_scorer.hpp"
#include "halide_buffers.hpp"
#include "halide_runtime.hpp"

#include "anomaly_add_upsampled.h"
#include "anomaly_nearest_3.h"
#include "anomaly_nearest_6.h"
#include "anomaly_project.h"

#include <cfloat>
#include <mutex>

namespace cv {
namespace anomaly {

namespace {

// As in halide_generators/panel.hpp and nearest_centres_generator.cpp.
const int panelWidth = 12;
const int exactLanes = 8;

// The widest kernel; more neighbours, which no default asks for, are the plain search's.
const int mostNeighbours = 6;

int divideUp(int a, int b)
{
    return (a + b - 1) / b;
}

// Rows in panels of panelWidth, which lie innermost; zeros where there is no row. panels x (columns * panelWidth).
Mat packPanels(const Mat& rows, float factor)
{
    Mat packed = Mat::zeros(divideUp(rows.rows, panelWidth), rows.cols * panelWidth, CV_32F);
    for (int r = 0; r < rows.rows; r++)
    {
        const float* from = rows.ptr<float>(r);
        float* to = packed.ptr<float>(r / panelWidth) + r % panelWidth;
        for (int c = 0; c < rows.cols; c++)
            to[c * panelWidth] = factor * from[c];
    }
    return packed;
}

// |c|^2 in panels; the largest float where there is no centre, so that no list ever takes it.
Mat packNorms(const Mat& C)
{
    Mat norms(divideUp(C.rows, panelWidth), panelWidth, CV_32F, Scalar(FLT_MAX));
    for (int c = 0; c < C.rows; c++)
        norms.at<float>(c / panelWidth, c % panelWidth) = float(C.row(c).dot(C.row(c)));
    return norms;
}

class HalideNeighbourSearch CV_FINAL : public NeighbourSearch
{
public:
    explicit HalideNeighbourSearch(const MemoryBank& bank)
        : count(bank.C.rows), length(bank.C.cols), panels(packPanels(bank.C, -2)), norms(packNorms(bank.C)), plain(NeighbourSearch::create(bank, ENGINE_PLAIN))
    {
        copyMakeBorder(bank.C, centres, 0, 0, 0, divideUp(length, exactLanes) * exactLanes - length, BORDER_CONSTANT, Scalar(0));
    }

    void search(const Mat& phi, int k, Mat& squaredDistances, Mat& indices) const CV_OVERRIDE
    {
        const int slots = k <= 3 ? 3 : 6; // of the kernel's list, all of which must find a centre
        if (k > mostNeighbours || count < slots || phi.empty())
            return plain->search(phi, k, squaredDistances, indices);
        CV_CheckTypeEQ(phi.type(), CV_32FC1, "Descriptors must be single precision");
        CV_CheckEQ(phi.rows, length, "Descriptors must be as long as the bank's centres");
        squaredDistances.create(k, phi.cols, CV_32F);
        indices.create(k, phi.cols, CV_32S);
        runKernel("nearest_centres", [&](void* context) {
            return (slots == 3 ? anomaly_nearest_3 : anomaly_nearest_6)(context, viewOf<float>(phi), viewOf<float>(panels, {panelWidth, length, panels.rows}),
                                                                        viewOf<float>(norms), viewOf<float>(centres), viewOf<float>(squaredDistances),
                                                                        viewOf<int>(indices));
        });
    }

private:
    int count, length;
    Mat panels, norms, centres; // centres: C with zeros up to whole vectors
    std::shared_ptr<const NeighbourSearch> plain;
};

// What one call needs. Kept for the next, because fresh memory costs a page fault every 4 KiB.
struct Workspace
{
    std::vector<Mat> coarse; // by scale; the finest is in phi
    Mat phi, squaredDistances, indices;
};

// Calls at the same time have a workspace each.
class WorkspacePool
{
public:
    std::unique_ptr<Workspace> take()
    {
        std::lock_guard<std::mutex> lock(mutex);
        if (idle.empty())
            return std::unique_ptr<Workspace>(new Workspace);
        std::unique_ptr<Workspace> workspace = std::move(idle.back());
        idle.pop_back();
        return workspace;
    }

    void giveBack(std::unique_ptr<Workspace> workspace)
    {
        std::lock_guard<std::mutex> lock(mutex);
        idle.push_back(std::move(workspace));
    }

private:
    std::mutex mutex;
    std::vector<std::unique_ptr<Workspace> > idle;
};

Size sizeOf(const Mat& map)
{
    return Size(map.size[3], map.size[2]);
}

class HalideProjection
{
public:
    explicit HalideProjection(const Descriptor& descriptor) : channels(descriptor.channels), length(descriptor.length())
    {
        for (size_t scale = 0; scale < channels.size(); scale++)
        {
            Mat rowColumnBias = Mat::zeros(length, 3, CV_32F); // once, with the finest scale
            if (scale == 0)
                hconcat(descriptor.coordinateWeights(), descriptor.b, rowColumnBias);
            weights.push_back(packPanels(descriptor.weights(scale), 1));
            terms.push_back(packPanels(rowColumnBias, 1));
        }
    }

    //! Into workspace.phi.
    void project(const std::vector<Mat>& maps, Workspace& workspace) const
    {
        check(maps);
        workspace.coarse.resize(maps.size());
        for (size_t scale = 0; scale < maps.size(); scale++)
        {
            multiply(maps[scale], scale, scale == 0 ? workspace.phi : workspace.coarse[scale]);
            if (scale > 0)
                addUpsampled(workspace.coarse[scale], sizeOf(maps[scale]), sizeOf(maps[0]), workspace.phi);
        }
    }

private:
    std::vector<int> channels;
    int length;
    std::vector<Mat> weights, terms; // in panels, by scale

    void check(const std::vector<Mat>& maps) const
    {
        CV_CheckEQ(maps.size(), channels.size(), "The descriptor is for another number of scales");
        for (size_t scale = 0; scale < maps.size(); scale++)
        {
            const Mat& map = maps[scale];
            CV_CheckTypeEQ(map.type(), CV_32FC1, "Feature maps must be single precision");
            CV_CheckEQ(map.dims, 4, "A feature map must be 1 x channels x rows x columns");
            CV_CheckEQ(map.size[0], 1, "A feature map must be of one image");
            CV_CheckEQ(map.size[1], channels[scale], "The descriptor is for another number of channels");
        }
    }

    void multiply(const Mat& map, size_t scale, Mat& projected) const
    {
        const int patches = sizeOf(map).area(), panels = weights[scale].rows;
        projected.create(length, patches, CV_32F);
        runKernel("project", [&](void* context) {
            return anomaly_project(context, viewOf<float>(map, {patches, channels[scale]}), sizeOf(map).width, viewOf<float>(weights[scale], {panelWidth, channels[scale], panels}),
                                   viewOf<float>(terms[scale], {panelWidth, 3, panels}), viewOf<float>(projected));
        });
    }

    void addUpsampled(const Mat& coarse, Size from, Size to, Mat& phi) const
    {
        runKernel("add_upsampled", [&](void* context) {
            return anomaly_add_upsampled(context, viewOf<float>(coarse, {from.width, from.height, length}), to.width, to.height,
                                         viewOf<float>(phi, {to.width, to.height, length}));
        });
    }
};

class HalidePatchScorer CV_FINAL : public PatchScorer
{
public:
    HalidePatchScorer(const Descriptor& descriptor, const MemoryBank& bank, const ScoreSettings& s)
        : projection(descriptor), neighbours(createHalideNeighbourSearch(bank)), settings(s)
    {
    }

    void score(const std::vector<Mat>& maps, Mat& scores, StageClock* clock) const CV_OVERRIDE
    {
        std::unique_ptr<Workspace> workspace = workspaces.take();
        projection.project(maps, *workspace);
        lap(clock, STAGE_DESCRIPTOR);
        neighbours->search(workspace->phi, settings.K, workspace->squaredDistances, workspace->indices);
        scores = patchScores(workspace->squaredDistances, settings.mode).reshape(1, patchGrid(maps).height);
        lap(clock, STAGE_SEARCH);
        workspaces.giveBack(std::move(workspace));
    }

private:
    HalideProjection projection;
    std::shared_ptr<const NeighbourSearch> neighbours;
    ScoreSettings settings;
    mutable WorkspacePool workspaces;
};

} // namespace

std::shared_ptr<const NeighbourSearch> createHalideNeighbourSearch(const MemoryBank& bank)
{
    return std::make_shared<HalideNeighbourSearch>(bank);
}

std::shared_ptr<const PatchScorer> createHalidePatchScorer(const Descriptor& descriptor, const MemoryBank& bank, const ScoreSettings& settings)
{
    return std::make_shared<HalidePatchScorer>(descriptor, bank, settings);
}

}} // namespace cv::anomaly
