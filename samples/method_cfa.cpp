// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "method.hpp"

#include "opencv2/anomaly/cfa.hpp"

#include <algorithm>

using namespace cv;
using namespace cv::anomaly;

namespace {

// Indexed by CFA::Adaptation, CFA::BankMode, CFA::ScoringBank, CFA::DescriptorInit, CFA::ScoreMode and
// CFA::Augmentation.
const std::vector<std::string> adaptations = {"none", "attraction", "full"};
const std::vector<std::string> bankModes = {"mean", "ema"};
const std::vector<std::string> scoringBanks = {"kept", "patches", "coreset"};
const std::vector<std::string> descriptorInits = {"uniform", "he"};
const std::vector<std::string> scoreModes = {"certainty", "nearest"};
const std::vector<std::string> augmentations = {"none", "rd"};

//! CFA: options, settings and results.
class CfaMethod : public Method
{
public:
    std::string name() const override { return "cfa"; }
    std::string about() const override
    {
        return "A descriptor that is trained to draw normal patches together, and a bank of what they became, "
               "for parts that lie about alike. Training prints the mean distance of the images' "
               "patches to the nearest center of the bank, as a share of the first epoch's: it falls from 100 %, and "
               "then levels off. The loss, which --json notes too, may rise in the first epochs, while the radius is "
               "learned: that is no fault.";
    }

    void addSizeOptions(CommandLine& line) override;
    void addLearningOptions(CommandLine& line) override;
    void addExperiments(CommandLine& line) override;

    Ptr<AnomalyDetector> create(const DetectorParams& shared) const override
    {
        return CFA::create(withShared(params, shared));
    }
    std::string checkpoint() const override { return params.checkpoint; }

    std::string note(const FitProgress& progress) const override;
    void putSettings(FlatJson& json) const override;
    void putResults(FlatJson& json, const AnomalyDetector& detector, const FitHistory& history) const override;
    std::string summary(const AnomalyDetector& detector, const FitHistory& history) const override;

    int imagesToFill(const DetectorParams& shared) const override;
    Ptr<AnomalyDetector> createToPredict(const DetectorParams& shared) const override;
    int batchSize() const override { return params.batchSize; }
    void setEpochs(int epochs) override { params.epochs = epochs; }

private:
    CFA::Params params;
};

void CfaMethod::addSizeOptions(CommandLine& line)
{
    line.option("scoring_bank_size", "N", params.scoringBankSize,
                "patches that images are scored with at most: fewer are faster", 1);
    line.option("gamma_c", "SHARE", params.gammaC,
                "size of the memory bank that training draws patches to, as a share of an image's patches");
    line.option("gamma_d", "SHARE", params.gammaD,
                "length of a patch's descriptor, as a share of the features': smaller is faster");
}

void CfaMethod::addLearningOptions(CommandLine& line)
{
    line.option("epochs", "N", params.epochs, "times that each image is learned from");
    line.option("batch", "N", params.batchSize, "images of a training step", 1);
    line.option("checkpoint", "FILE", params.checkpoint,
                "note there after each epoch where training stands, and go on from there after an interruption; "
                "removed at the end");
    addImageScore(line, params);
}

void CfaMethod::addExperiments(CommandLine& line)
{
    line.choice("adaptation", adaptations, params.adaptation, "what the descriptor learns");
    line.choice("init", descriptorInits, params.descriptorInit,
                "how the descriptor starts: PyTorch's default, or He's");
    line.choice("augmentation", augmentations, params.augmentation,
                "what an epoch sees: each image as it is, or turned by up to 10 degrees and cut at a random place");
    line.option("patience", "N", params.patience, "end after this many epochs without a lower loss; 0: never");
    line.choice("bank", bankModes, params.bankMode,
                "how the memory bank that descriptors adapt to sums up the images: the authors' code, or their paper");
    line.option("bank_momentum", "SHARE", params.bankMomentum, "how far each image moves the centers of --bank=ema");
    line.choice("scoring_bank", scoringBanks, params.scoringBank,
                "what scores images: that bank, or the patches as they are after adaptation, k-means of them or "
                "--scoring_bank_size of them that cover all");
    line.choice("score", scoreModes, params.scoreMode,
                "a patch's score: its distance weighted by its certainty, or the distance alone");
    line.option("learning_rate", "RATE", params.learningRate, "of the training");
}

// A figure of a progress report, or 0 if the report lacks it.
double figureOf(const FitProgress& progress, const String& name)
{
    const std::map<String, double>::const_iterator found = progress.figures.find(name);
    return found == progress.figures.end() ? 0 : found->second;
}

// The note leaves out the loss, which may rise in the first epochs and would look like a fault.
std::string CfaMethod::note(const FitProgress& progress) const
{
    if (progress.epochs == 0)
        return std::string();
    return format("epoch %d/%d, distance %.1f %%, radius %.3f", progress.epoch, progress.epochs,
                  100 * figureOf(progress, "distance"), figureOf(progress, "radius"));
}

void CfaMethod::putSettings(FlatJson& json) const
{
    json.put("gamma_c", params.gammaC);
    json.put("gamma_d", params.gammaD);
    json.put("neighbors", params.K);
    json.put("repelled", params.J);
    json.put("alpha", params.alpha);
    json.put("epochs", params.epochs);
    json.put("batch", params.batchSize);
    json.put("learning_rate", params.learningRate);
    json.put("weight_decay", params.weightDecay);
    json.put("adaptation", adaptations[params.adaptation]);
    json.put("init", descriptorInits[params.descriptorInit]);
    json.put("bank", bankModes[params.bankMode]);
    json.put("bank_momentum", params.bankMomentum);
    json.put("scoring_bank", scoringBanks[params.scoringBank]);
    json.put("scoring_bank_size", params.scoringBankSize);
    json.put("score", scoreModes[params.scoreMode]);
    json.put("augmentation", augmentations[params.augmentation]);
    json.put("patience", params.patience);
    putImageScore(json, params);
}

void CfaMethod::putResults(FlatJson& json, const AnomalyDetector& detector, const FitHistory& history) const
{
    const CFA& cfa = dynamic_cast<const CFA&>(detector);
    const Mat bank = cfa.getMemoryBank();
    const std::vector<double> losses = history.all("loss");
    json.put("centers", bank.rows);
    json.put("descriptor_length", bank.cols);
    json.put("loss", history.last("loss"));
    json.put("losses", losses);
    json.put("distance", history.last("distance"));
    json.put("distances", history.all("distance"));
    json.put("radii", history.all("radius"));
    json.put("learning_rates", std::vector<double>(losses.size(), params.learningRate));
    json.put("radius", cfa.getRadius());
}

std::string CfaMethod::summary(const AnomalyDetector& detector, const FitHistory& history) const
{
    std::string text;
    if (!history.all("distance").empty())
        text = format("distance %.1f %% of the first epoch's, ", 100 * history.last("distance"));
    return text +
           format("loss %.4g, radius %.3f, ", history.last("loss"), dynamic_cast<const CFA&>(detector).getRadius());
}

// Only the coreset bank grows with the number of images. The sizes of the other banks do not depend on it.
int CfaMethod::imagesToFill(const DetectorParams& shared) const
{
    if (params.scoringBank != CFA::SCORING_BANK_CORESET)
        return 2;
    return std::max(params.scoringBankSize / patchesOf(shared, cfaPatchStride) + 1, 2);
}

// Skips the adaptation: it changes the values of the descriptor, but not its size, and so not the time of predictions.
Ptr<AnomalyDetector> CfaMethod::createToPredict(const DetectorParams& shared) const
{
    CFA::Params untrained = withShared(params, shared);
    untrained.adaptation = CFA::ADAPTATION_NONE;
    return CFA::create(untrained);
}

} // namespace

Ptr<Method> makeCfa()
{
    return makePtr<CfaMethod>();
}
