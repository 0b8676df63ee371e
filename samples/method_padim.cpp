// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "method.hpp"

#include "opencv2/anomaly/padim.hpp"

using namespace cv;
using namespace cv::anomaly;

namespace {

// Indexed by PaDiM::Reduction.
const std::vector<std::string> reductions = {"drawn", "projected"};

//! PaDiM: options and settings.
class PaDiMMethod : public Method
{
public:
    std::string name() const override { return "padim"; }
    std::string about() const override
    {
        return "A normal distribution of the features at each place. Nothing is trained, and predictions are the "
               "fastest; only for parts that lie alike in all images.";
    }

    void addSizeOptions(CommandLine& line) override
    {
        addPatchStride(line, params.patchStride);
        line.option("features", "N", params.features,
                    "features of a patch that are kept: twice as many make a model four times as large", 1);
    }

    void addLearningOptions(CommandLine& line) override
    {
        line.choice("reduction", reductions, params.reduction,
                    "which features are kept: channels drawn by chance, or a random projection of all");
        line.option("regularization", "VARIANCE", params.regularization,
                    "added to each feature's variance, so that few images are enough");
        addImageScore(line, params);
    }

    Ptr<AnomalyDetector> create(const DetectorParams& shared) const override
    {
        return PaDiM::create(withShared(params, shared));
    }

    void putSettings(FlatJson& json) const override
    {
        json.put("patch_stride", params.patchStride);
        json.put("features", params.features);
        json.put("reduction", reductions[params.reduction]);
        json.put("regularization", params.regularization);
        putImageScore(json, params);
    }

    // Two images are enough for a distribution, and further ones do not make the model larger.
    int imagesToFill(const DetectorParams&) const override { return 2; }

private:
    PaDiM::Params params;
};

} // namespace

Ptr<Method> makePaDiM()
{
    return makePtr<PaDiMMethod>();
}
