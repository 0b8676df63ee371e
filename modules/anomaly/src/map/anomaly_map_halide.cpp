// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "anomaly_map.hpp"
#include "../kernels/halide_buffers.hpp"
#include "../device/halide_runtime.hpp"

#include "anomaly_map_kernel.h"

namespace cv { namespace anomaly {

namespace {

//! Makes maps with the kernel anomaly_map.
class HalideMapMaker CV_FINAL : public MapMaker
{
public:
    HalideMapMaker(Size inputSize, double sigma) : input(inputSize), taps(smoothingKernel(sigma)) {}

    void make(const Mat& patchScores, Mat& map) const CV_OVERRIDE
    {
        CV_CheckTypeEQ(patchScores.type(), CV_32FC1, "Patch scores must be single precision");
        map.create(input, CV_32F);
        runKernel("anomaly_map", [&](void* context) {
            return anomaly_map_kernel(context, viewOf<float>(patchScores), viewOf<float>(taps, {int(taps.total())}),
                                      input.width, input.height, viewOf<float>(map));
        });
    }

private:
    Size input;
    Mat taps;
};

} // namespace

std::shared_ptr<const MapMaker> createHalideMapMaker(Size input, double sigma)
{
    return std::make_shared<HalideMapMaker>(input, sigma);
}

}} // namespace cv::anomaly
