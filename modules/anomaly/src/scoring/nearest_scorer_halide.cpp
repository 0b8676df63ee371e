// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "nearest_scorer.hpp"
#include "../kernels/halide_buffers.hpp"
#include "../device/halide_runtime.hpp"
#include "../kernels/panels.hpp"
#include "../base/workspace_pool.hpp"

#include "anomaly_add_upsampled.h"
#include "anomaly_project.h"

namespace cv { namespace anomaly {

namespace {

// What one call needs.
struct Workspace
{
    std::vector<Mat> coarse; // by scale; the finest is in phi
    Mat phi, squaredDistances, indices;
};

class HalideProjection
{
public:
    explicit HalideProjection(const Descriptor& descriptor) : channels(descriptor.channels), length(descriptor.length())
    {
        for (size_t scale = 0; scale < channels.size(); scale++)
        {
            weights.push_back(packPanels(descriptor.weights(scale), panelWidth, 1));
            terms.push_back(packPanels(descriptor.placeTerms(scale), panelWidth, 1));
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
            return anomaly_project(context, viewOf<float>(map, {patches, channels[scale]}), sizeOf(map).width,
                                   viewOf<float>(weights[scale], {panelWidth, channels[scale], panels}),
                                   viewOf<float>(terms[scale], {panelWidth, 3, panels}), viewOf<float>(projected));
        });
    }

    void addUpsampled(const Mat& coarse, Size from, Size to, Mat& phi) const
    {
        runKernel("add_upsampled", [&](void* context) {
            return anomaly_add_upsampled(context, viewOf<float>(coarse, {from.width, from.height, length}), to.width,
                                         to.height, viewOf<float>(phi, {to.width, to.height, length}));
        });
    }
};

class HalideNearestScorer CV_FINAL : public PatchScorer
{
public:
    HalideNearestScorer(const Descriptor& descriptor, const Mat& bank, const NearestSettings& s)
        : projection(descriptor),
          neighbors(createHalideNeighborSearch(bank)),
          settings(s)
    {}

    double score(const std::vector<Mat>& maps, Mat& scores, StageClock* clock) const CV_OVERRIDE
    {
        const WorkspacePool<Workspace>::Loan workspace(workspaces);
        projection.project(maps, *workspace);
        lap(clock, STAGE_DESCRIPTOR);
        neighbors->search(workspace->phi, settings.K, workspace->squaredDistances, workspace->indices);
        scorePatches(workspace->squaredDistances, settings.weight, patchGrid(maps), scores);
        lap(clock, STAGE_SEARCH);
        return scoreOfMap;
    }

private:
    HalideProjection projection;
    std::shared_ptr<const NeighborSearch> neighbors;
    NearestSettings settings;
    mutable WorkspacePool<Workspace> workspaces;
};

} // namespace

std::shared_ptr<const PatchScorer> createHalideNearestScorer(const Descriptor& descriptor, const Mat& bank,
                                                             const NearestSettings& settings)
{
    return std::make_shared<HalideNearestScorer>(descriptor, bank, settings);
}

}} // namespace cv::anomaly
