// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "projection.hpp"
#include "../kernels/halide_buffers.hpp"
#include "../device/halide_runtime.hpp"
#include "../kernels/panels.hpp"
#include "../base/workspace_pool.hpp"

#include "anomaly_add_upsampled.h"
#include "anomaly_project.h"
#include "anomaly_project_averaged.h"

namespace cv { namespace anomaly {

namespace {

//! Projects each scale at its own resolution, then adds the interpolated coarser ones to the finest one in place.
class HalideProjection CV_FINAL : public Projection
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

    void project(const std::vector<Mat>& maps, PatchAverage average, Mat& phi) const CV_OVERRIDE
    {
        check(maps);
        const WorkspacePool<Mat>::Loan coarse(workspaces); // one coarser scale at a time; the finest one is in phi
        for (size_t scale = 0; scale < maps.size(); scale++)
        {
            multiply(maps[scale], average, scale, scale == 0 ? phi : *coarse);
            if (scale > 0)
                addUpsampled(*coarse, sizeOf(maps[scale]), sizeOf(maps[0]), phi);
        }
    }

private:
    std::vector<int> channels;
    int length;
    std::vector<Mat> weights, terms; // packed into panels, one Mat for each scale
    mutable WorkspacePool<Mat> workspaces;

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

    void multiply(const Mat& map, PatchAverage average, size_t scale, Mat& projected) const
    {
        const int patches = sizeOf(map).area(), panels = weights[scale].rows;
        projected.create(length, patches, CV_32F);
        const auto kernel = average == MAPS_AVERAGED ? anomaly_project_averaged : anomaly_project;
        runKernel("project", [&](void* context) {
            return kernel(context, viewOf<float>(map, {patches, channels[scale]}), sizeOf(map).width,
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

} // namespace

std::shared_ptr<const Projection> createHalideProjection(const Descriptor& descriptor)
{
    return std::make_shared<HalideProjection>(descriptor);
}

}} // namespace cv::anomaly
