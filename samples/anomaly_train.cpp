// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
// Learns from good images and writes a model file.
#include "backbone_options.hpp"
#include "command_line.hpp"
#include "dataset.hpp"
#include "device_option.hpp"
#include "files.hpp"
#include "interruption.hpp"
#include "outputs.hpp"
#include "progress.hpp"
#include "region_option.hpp"

#include "opencv2/anomaly/cfa.hpp"

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <map>

using namespace cv;
using namespace cv::anomaly;

namespace {

// By the values of CFA::InputMode, CFA::Adaptation, CFA::BankMode, CFA::ScoringBank, CFA::DescriptorInit,
// CFA::ScoreMode and CFA::Augmentation.
const std::vector<std::string> inputModes = {"resized", "cropped", "ensemble"};
const std::vector<std::string> adaptations = {"none", "attraction", "full"};
const std::vector<std::string> bankModes = {"mean", "ema"};
const std::vector<std::string> scoringBanks = {"kept", "patches"};
const std::vector<std::string> descriptorInits = {"uniform", "he"};
const std::vector<std::string> scoreModes = {"certainty", "nearest"};
const std::vector<std::string> augmentations = {"none", "rd"};

struct Settings
{
    std::string images, model, json, mask;
    CFA::Params params;
    int device;
};

struct Outcome
{
    size_t images;
    double seconds, loss, distance;
    std::vector<double> losses, distances, radii; // of each epoch
    std::map<std::string, double> secondsOfStage; // "features" and so on
};

void addModelOptions(CommandLine& line, CFA::Params& p)
{
    line.option("backbone", "lite0|ONNX", p.backbone,
                "network that gives the features: the one inside this program, or an ONNX file");
    line.choice(
        "input", inputModes, p.inputMode,
        "what the network sees: the whole image stretched; its center; or a model of each, slower and often better");
    line.option(
        "tile", "PIXELS", p.tile,
        "for large images with small defects: cut them into tiles of this side and look at each; 0: at the whole");
    line.option("bits", "N", p.significantBits,
                "significant bits of 16-bit images, 8 to 16: 10, 12 or 14 where the camera gives no more", 8);
    line.option("gamma_c", "SHARE", p.gammaC,
                "size of the memory bank, as a share of an image's patches: smaller is faster");
    line.option("gamma_d", "SHARE", p.gammaD,
                "length of a patch's descriptor, as a share of the features': smaller is faster");
    line.option("epochs", "N", p.epochs, "times that each image is learned from");
    line.option("batch", "N", p.batchSize, "images of a training step", 1);
    line.option("seed", "N", p.seed, "of all that is random: the same seed gives the same model");
    line.option("validation", "SHARE", p.validationFraction,
                "good images kept out of training to set the thresholds; 0: none");
    line.option("quantile", "SHARE", p.thresholdQuantile, "of the good scores, where the thresholds are set");
}

void addFurtherOptions(CommandLine& line, CFA::Params& p)
{
    addBackboneOptions(line, p);
    line.option("resize_size", "PIXELS", p.resizeSize, "side of the image from which --input=cropped takes the center",
                1);
    line.option("tile_overlap", "SHARE", p.tileOverlap, "of neighboring tiles at least, of their side");
    line.flag("embed_backbone", p.embedBackbone, "put the ONNX file into the model file");
    line.heading("For experiments");
    line.choice("adaptation", adaptations, p.adaptation, "what the descriptor learns");
    line.choice("init", descriptorInits, p.descriptorInit, "how the descriptor starts: PyTorch's default, or He's");
    line.choice("augmentation", augmentations, p.augmentation,
                "what an epoch sees: each image as it is, or turned by up to 10 degrees and cut at a random place");
    line.option("patience", "N", p.patience, "end after this many epochs without a lower loss; 0: never");
    line.choice("bank", bankModes, p.bankMode,
                "how the memory bank that descriptors adapt to sums up the images: the authors' code, or their paper");
    line.option("bank_momentum", "SHARE", p.bankMomentum, "how far each image moves the centers of --bank=ema");
    line.choice("scoring_bank", scoringBanks, p.scoringBank,
                "what scores images: that bank, or one of the patches as they are after adaptation");
    line.choice("score", scoreModes, p.scoreMode,
                "a patch's score: its distance weighted by its certainty, or the distance alone");
    line.option("learning_rate", "RATE", p.learningRate, "of the training");
    line.heading("For this machine");
    line.flag("skip_unreadable", p.skipUnreadable,
              "leave out images that cannot be read, with a warning, instead of stopping");
    line.option("cache_mb", "MIB", p.cacheMiB, "memory for features while training; the rest goes to a temporary file");
    line.option("checkpoint", "FILE", p.checkpoint,
                "note there after each epoch where training stands, and go on from there after an interruption; "
                "removed at the end");
}

bool readCommandLine(int argc, char** argv, Settings& settings)
{
    CommandLine line(
        "anomaly_train",
        "Learns from good images what is normal, and writes a model file with which anomaly_predict, anomaly_evaluate "
        "and "
        "anomaly_camera find what is not. Twelve images are enough to start with. Ctrl-C stops it; no model is written "
        "then. As it trains it prints the mean distance of the images' patches to the nearest center of the memory "
        "bank, as a share of the first epoch's: it falls from 100 %, and then levels off. The loss, which --json notes "
        "too, may rise in the first epochs, while the radius is learned: that is no fault.");
    settings.params.backbone = "lite0";
    line.argument("images", settings.images,
                  "folder of good images; or a category in MVTec layout or another that anomaly_evaluate knows, whose "
                  "train/good is used; or a .csv with image_path, label and split");
    line.required("model", "FILE", settings.model, "model file to write: .yml, .xml or .json, each also with .gz");
    line.heading("Options, with their defaults");
    addModelOptions(line, settings.params);
    addRegionOption(line, settings.mask, "learn");
    line.option("json", "FILE", settings.json, "also write settings and results as JSON");
    addFurtherOptions(line, settings.params);
    addDeviceOption(line, settings.device);
    line.threadsOption();
    line.example("photos/good --model=model.yml.gz");
    line.example("mvtec/screw --model=screw.yml.gz --validation=0 --epochs=15 --json=screw.json");
    return line.parse(argc, argv);
}

Ptr<CFA> create(const CFA::Params& params)
{
    try
    {
        return CFA::create(params);
    }
    catch (const cv::Exception& error)
    {
        if (error.code == Error::StsOutOfRange)
            throw UsageError(error.err);
        throw;
    }
}

std::string note(const FitProgress& progress)
{
    if (progress.epochs == 0)
        return std::string();
    return format("epoch %d/%d, distance %.1f %%, radius %.3f", progress.epoch, progress.epochs,
                  100 * progress.distance, progress.radius);
}

void noteEpoch(const FitProgress& progress, Outcome& outcome)
{
    outcome.losses.resize(progress.epoch);
    outcome.distances.resize(progress.epoch);
    outcome.radii.resize(progress.epoch);
    outcome.loss = outcome.losses.back() = progress.loss;
    outcome.distance = outcome.distances.back() = progress.distance;
    outcome.radii.back() = progress.radius;
}

Outcome fit(CFA& cfa, const std::vector<std::string>& files, const Mat& region)
{
    Outcome outcome = {files.size(), 0, 0, 0, {}, {}, {}, {}};
    int64 last = getTickCount();
    ProgressBar bar;
    cfa.setFitCallback([&](const FitProgress& progress) {
        bar.update(progress.stage, progress.step, progress.steps, note(progress));
        if (progress.epochs > 0)
            noteEpoch(progress, outcome);
        const int64 now = getTickCount();
        outcome.secondsOfStage[progress.stage] += double(now - last) / getTickFrequency();
        last = now;
        return !Interruption::isRequested();
    });
    const int64 start = getTickCount();
    cfa.fit(files, region);
    outcome.seconds = double(getTickCount() - start) / getTickFrequency();
    return outcome;
}

std::string joined(const std::vector<std::string>& names)
{
    std::string all;
    for (const std::string& name : names)
        all += (all.empty() ? "" : ",") + name;
    return all;
}

std::string numbers(const Scalar& s)
{
    return format("%.9g,%.9g,%.9g", s[0], s[1], s[2]);
}

void putBackboneAndInput(FlatJson& json, const CFA::Params& p)
{
    json.put("backbone", p.backbone);
    json.put("outputs", joined(p.outputs));
    json.put("mean", numbers(p.inputMean));
    json.put("scale", numbers(p.inputScale));
    json.put("input", inputModes[p.inputMode]);
    json.put("input_size", p.inputSize);
    json.put("resize_size", p.resizeSize);
    json.put("bits", p.significantBits);
    json.put("tile", p.tile);
    json.put("tile_overlap", p.tileOverlap);
}

void putTraining(FlatJson& json, const CFA::Params& p)
{
    json.put("gamma_c", p.gammaC);
    json.put("gamma_d", p.gammaD);
    json.put("neighbors", p.K);
    json.put("repelled", p.J);
    json.put("alpha", p.alpha);
    json.put("epochs", p.epochs);
    json.put("batch", p.batchSize);
    json.put("learning_rate", p.learningRate);
    json.put("weight_decay", p.weightDecay);
    json.put("adaptation", adaptations[p.adaptation]);
    json.put("init", descriptorInits[p.descriptorInit]);
    json.put("bank", bankModes[p.bankMode]);
    json.put("bank_momentum", p.bankMomentum);
    json.put("scoring_bank", scoringBanks[p.scoringBank]);
    json.put("score", scoreModes[p.scoreMode]);
    json.put("augmentation", augmentations[p.augmentation]);
    json.put("patience", p.patience);
    json.put("smooth_sigma", p.smoothSigma);
    json.put("validation", p.validationFraction);
    json.put("quantile", p.thresholdQuantile);
    json.put("seed", p.seed);
}

void writeJson(const std::string& file, const CFA& cfa, const Outcome& outcome)
{
    FlatJson json;
    putBackboneAndInput(json, cfa.getParams());
    putTraining(json, cfa.getParams());
    json.put("images", int(outcome.images));
    json.put("seconds", outcome.seconds);
    for (std::pair<std::string, double> stage : outcome.secondsOfStage)
    {
        std::replace(stage.first.begin(), stage.first.end(), ' ', '_');
        json.put("seconds_" + stage.first, stage.second);
    }
    const Mat bank = cfa.getMemoryBank();
    json.put("centers", bank.rows);
    json.put("descriptor_length", bank.cols);
    json.put("loss", outcome.loss);
    json.put("losses", outcome.losses);
    json.put("distance", outcome.distance);
    json.put("distances", outcome.distances);
    json.put("radii", outcome.radii);
    json.put("learning_rates", std::vector<double>(outcome.losses.size(), cfa.getParams().learningRate));
    json.put("radius", cfa.getRadius());
    json.put("image_threshold", cfa.getImageThreshold());
    json.put("pixel_threshold", cfa.getPixelThreshold());
    json.write(file);
}

void checkOutputs(const Settings& settings, const std::vector<std::string>& files)
{
    Outputs outputs;
    outputs.reads(settings.images);
    outputs.reads(files);
    outputs.reads(settings.params.backbone);
    outputs.reads(settings.mask);
    outputs.writes("model", settings.model);
    outputs.writes("checkpoint", settings.params.checkpoint);
    outputs.writes("json", settings.json);
    checkModelName("model", settings.model);
    if (!settings.params.checkpoint.empty())
        checkModelName("checkpoint", settings.params.checkpoint);
    if (!settings.json.empty())
        checkWritable(settings.json);
}

// Ctrl-C ends it with words of its own.
Outcome fitOrStop(CFA& cfa, const std::vector<std::string>& files, const Mat& region, const std::string& checkpoint)
{
    try
    {
        return fit(cfa, files, region);
    }
    catch (const cv::Exception&)
    {
        if (Interruption::isRequested())
            throw std::runtime_error(checkpoint.empty() ? "stopped; no model was written"
                                                        : "stopped; the same command goes on at the last whole epoch");
        throw;
    }
}

int train(int argc, char** argv)
{
    Settings settings = Settings();
    if (!readCommandLine(argc, argv, settings))
        return 0;
    const GoodImages good = readGoodImages(settings.images);
    std::cout << good.summary << std::endl;
    printNotes("anomaly_train", good.notes);
    printNotes("anomaly_train", notesOfPages(good.files));
    const Mat region = readRegion("anomaly_train", settings.mask);
    const Interruption untilSaved;
    checkOutputs(settings, good.files);

    const Ptr<CFA> cfa = create(settings.params);
    cfa->setPreferableTarget(targetOf(settings.device));
    const std::string& checkpoint = settings.params.checkpoint;
    const Outcome outcome = fitOrStop(*cfa, good.files, region, checkpoint);
    saveModel(*cfa, settings.model);
    if (!checkpoint.empty())
        std::remove(checkpoint.c_str());
    if (!settings.json.empty())
        writeJson(settings.json, *cfa, outcome);
    std::cout << settings.model << ": " << outcome.images << " images in " << clockTime(outcome.seconds);
    if (!outcome.distances.empty())
        std::cout << format(", distance %.1f %% of the first epoch's", 100 * outcome.distance);
    std::cout << format(", loss %.4g, radius %.3f, image threshold %.4g, pixel threshold %.4g\n", outcome.loss,
                        cfa->getRadius(), cfa->getImageThreshold(), cfa->getPixelThreshold());
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    return runProgram("anomaly_train", train, argc, argv);
}
