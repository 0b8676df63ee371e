// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "projection.hpp"

namespace cv { namespace anomaly {

namespace {

//! Pools and projects with OpenCV's own functions.
class PlainProjection CV_FINAL : public Projection
{
public:
    explicit PlainProjection(const Descriptor& d) : descriptor(d) {}

    void project(const std::vector<Mat>& maps, PatchAverage average, Mat& phi) const CV_OVERRIDE
    {
        phi = anomaly::project(average == MAPS_AVERAGED ? maps : poolPatches(maps), descriptor);
    }

private:
    const Descriptor descriptor;
};

} // namespace

std::shared_ptr<const Projection> Projection::create(const Descriptor& descriptor, int engine)
{
#ifdef HAVE_ANOMALY_HALIDE
    if (engine == ENGINE_HALIDE)
        return createHalideProjection(descriptor);
#endif
    CV_CheckEQ(engine, int(ENGINE_PLAIN), "Engine must be resolved first");
    return std::make_shared<PlainProjection>(descriptor);
}

}} // namespace cv::anomaly
