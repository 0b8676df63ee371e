// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "method.hpp"

#include "opencv2/anomaly/spade.hpp"

#include <algorithm>

using namespace cv;
using namespace cv::anomaly;

namespace {

//! SPADE: options and settings.
class SpadeMethod : public Method
{
public:
    std::string name() const override { return "spade"; }
    std::string about() const override
    {
        return "A comparison with the good images that are most similar. Nothing is trained; the model keeps all "
               "patches of all images, so it is the largest and slowest.";
    }

    void addSizeOptions(CommandLine& line) override
    {
        addPatchStride(line, params.patchStride);
        line.option("neighbors", "N", params.K, "good images that an image is compared with", 1);
    }

    Ptr<AnomalyDetector> create(const DetectorParams& shared) const override
    {
        return SPADE::create(withShared(params, shared));
    }

    void putSettings(FlatJson& json) const override
    {
        json.put("patch_stride", params.patchStride);
        json.put("neighbors", params.K);
    }

    int imagesToFill(const DetectorParams&) const override { return std::max(params.K, 2); }

private:
    SPADE::Params params;
};

} // namespace

Ptr<Method> makeSpade()
{
    return makePtr<SpadeMethod>();
}
