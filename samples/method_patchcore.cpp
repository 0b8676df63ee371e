// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "method.hpp"

#include "opencv2/anomaly/patchcore.hpp"

#include <algorithm>

using namespace cv;
using namespace cv::anomaly;

namespace {

//! PatchCore: options, settings and results.
class PatchCoreMethod : public Method
{
public:
    std::string name() const override { return "patchcore"; }
    std::string about() const override
    {
        return "A larger bank of patches that covers the good images. Nothing is trained, so it learns in seconds; "
               "parts may lie anyhow.";
    }

    void addSizeOptions(CommandLine& line) override
    {
        line.option("bank_size", "N", params.bankSize, "patches that the bank keeps at most: fewer are faster", 1);
        addPatchStride(line, params.patchStride);
        line.option("window", "N", params.window,
                    "for parts that lie alike: patches are compared only with those of the bank from places so many "
                    "patches away at most; 0: with all; -1: chosen by the good images",
                    -1);
        line.option("neighbors", "N", params.K,
                    "patches of the bank that weight the image's score; 1: it is that of the map, without a weight", 1);
    }

    void addLearningOptions(CommandLine& line) override
    {
        line.option("pool_size", "N", params.poolSize,
                    "patches that the bank is chosen from, drawn evenly from all good images; 0: all there are");
        line.option("projection", "N", params.projection,
                    "dimensions of the random projection in which the bank's patches are chosen; 0: all, which is "
                    "slower");
        line.option("whitening", "POWER", params.whitening,
                    "how far axes along which good patches vary much are shortened, 0 (as in the paper) to 1");
        line.option("axes", "N", params.axes, "axes of the patches' covariance that are kept; 0: all, which is slower");
        addImageScore(line, params);
    }

    Ptr<AnomalyDetector> create(const DetectorParams& shared) const override
    {
        return PatchCore::create(withShared(params, shared));
    }

    void putSettings(FlatJson& json) const override
    {
        json.put("whitening", params.whitening);
        json.put("axes", params.axes);
        json.put("bank_size", params.bankSize);
        json.put("patch_stride", params.patchStride);
        json.put("window", params.window);
        json.put("neighbors", params.K);
        json.put("pool_size", params.poolSize);
        json.put("projection", params.projection);
        putImageScore(json, params);
    }

    void putResults(FlatJson& json, const AnomalyDetector& detector, const FitHistory&) const override
    {
        const Mat bank = dynamic_cast<const PatchCore&>(detector).getMemoryBank();
        json.put("patches", bank.rows);
        json.put("window_in_use", dynamic_cast<const PatchCore&>(detector).getWindow());
        json.put("descriptor_length", bank.cols);
    }

    std::string summary(const AnomalyDetector& detector, const FitHistory&) const override
    {
        return format("%d patches in the bank, ", dynamic_cast<const PatchCore&>(detector).getMemoryBank().rows);
    }

    // As many images as fill the bank with patches.
    int imagesToFill(const DetectorParams& shared) const override
    {
        return std::max(params.bankSize / patchesOf(shared, params.patchStride) + 1, 2);
    }

private:
    PatchCore::Params params;
};

} // namespace

Ptr<Method> makePatchCore()
{
    return makePtr<PatchCoreMethod>();
}
