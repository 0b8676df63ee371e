// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "projection.hpp"
#include "../kernels/halide_buffers.hpp"
#include "../device/halide_runtime.hpp"
#include "../kernels/panels.hpp"
#include "../base/workspace_pool.hpp"

#include "anomaly_add_upsampled_1.h"
#include "anomaly_add_upsampled_2.h"
#include "anomaly_project.h"
#include "anomaly_project_averaged.h"

#include <array>

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
        multiply(maps[0], average, 0, phi);
        const WorkspacePool<CoarseMaps>::Loan coarse(workspaces);
        for (size_t scale = 1; scale < maps.size(); scale += mostAtOnce)
        {
            const size_t count = std::min(maps.size() - scale, size_t(mostAtOnce));
            for (size_t i = 0; i < count; i++)
                multiply(maps[scale + i], average, scale + i, (*coarse)[i]);
            addUpsampled(*coarse, {maps.begin() + scale, maps.begin() + scale + count}, sizeOf(maps[0]), phi);
        }
    }

private:
    // The backbones of the paper have two coarse scales. To add both at once reads and writes phi once less, which is
    // most of the time that it takes.
    static constexpr size_t mostAtOnce = 2;
    typedef std::array<Mat, mostAtOnce> CoarseMaps;

    std::vector<int> channels;
    int length;
    std::vector<Mat> weights, terms; // packed into panels, one Mat for each scale
    mutable WorkspacePool<CoarseMaps> workspaces;

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

    //! Adds the projections of `maps`.
    void addUpsampled(const CoarseMaps& coarse, const std::vector<Mat>& maps, Size to, Mat& phi) const
    {
        const auto viewAt = [&](size_t i) {
            return viewOf<float>(coarse[i], {sizeOf(maps[i]).width, sizeOf(maps[i]).height, length});
        };
        runKernel("add_upsampled", [&](void* context) {
            auto sum = viewOf<float>(phi, {to.width, to.height, length});
            return maps.size() == 1 ? anomaly_add_upsampled_1(context, viewAt(0), to.width, to.height, sum)
                                    : anomaly_add_upsampled_2(context, viewAt(0), viewAt(1), to.width, to.height, sum);
        });
    }
};

} // namespace

std::shared_ptr<const Projection> createHalideProjection(const Descriptor& descriptor)
{
    return std::make_shared<HalideProjection>(descriptor);
}

}} // namespace cv::anomaly
