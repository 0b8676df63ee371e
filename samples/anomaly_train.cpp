// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
// anomaly_train learns from good images and writes a model file.
#include "backbone_options.hpp"
#include "command_line.hpp"
#include "dataset.hpp"
#include "device_option.hpp"
#include "files.hpp"
#include "interruption.hpp"
#include "method.hpp"
#include "outputs.hpp"
#include "progress.hpp"
#include "region_option.hpp"

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <map>

using namespace cv;
using namespace cv::anomaly;

namespace {

// Indexed by cv::anomaly::InputMode.
const std::vector<std::string> inputModes = {"resized", "cropped", "ensemble"};

//! How the contrast of images is treated, as --contrast says.
enum Contrast
{
    CONTRAST_AUTO,
    CONTRAST_KEPT,
    CONTRAST_MATCHED
};

const std::vector<std::string> contrasts = {"auto", "kept", "matched"}; // indexed by Contrast

//! The command line.
struct Settings
{
    std::string images, model, json, mask;
    std::vector<Ptr<Method>> methods = makeMethods();
    int method = 0;
    DetectorParams params; // settings that all methods share
    int contrast = CONTRAST_AUTO;
    int device = DEVICE_CPU;

    Method& chosen() const { return *methods[method]; }
};

//! Results of a fit that are printed and written as JSON.
struct Outcome
{
    int images; // that the model learned from
    double seconds;
    FitHistory history;
    std::map<std::string, double> secondsOfStage; // by FitProgress::stage, such as "features"
};

// Adds the options that all methods share.
void addSharedOptions(CommandLine& line, DetectorParams& p)
{
    line.option("backbone", "lite0|ONNX", p.backbone,
                "network that gives the features: the one inside this program, or an ONNX file");
    addPrecisionOption(line, p);
    line.choice("input", inputModes, p.inputMode,
                "what the network sees: the whole image; its center; or a model of each, slower and often better");
    line.option(
        "tile", "PIXELS", p.tile,
        "for large images with small defects: cut them into tiles of this side and look at each; 0: at the whole");
    line.option("rotations", "N", p.rotations,
                "turns in which each image is learned, evenly over 360 degrees, for parts that lie at any angle when "
                "there are few images; 0: patchcore chooses by the good images, other methods learn none; not for "
                "padim");
    line.option("bits", "N", p.significantBits,
                "significant bits of 16-bit images, 8 to 16: 10, 12 or 14 where the camera gives no more", 8);
    line.option("seed", "N", p.seed, "of all that is random: the same seed gives the same model");
    line.option("validation", "SHARE", p.validationFraction,
                "good images that are not learned from, but set the thresholds; 0: they come from the learned ones");
    line.option("quantile", "SHARE", p.thresholdQuantile,
                "of further good images that is to stay below the thresholds");
    line.option("contamination", "SHARE", p.contamination,
                "of the images, how many may be defective after all: they are found and left out");
    line.option("defect_area", "PIXELS", p.defectArea,
                "pixels of the network's input that a region has to have to be called a defect");
}

void addContrast(CommandLine& line, int& contrast)
{
    line.choice("contrast", contrasts, contrast,
                "kept: as the images have it; matched: all are brought to one brightness and contrast, for light and "
                "exposure that change; auto: matched where the good images' contrast differs much");
}

// Translates --contrast to the two fields of DetectorParams.
void setContrast(DetectorParams& params, int contrast)
{
    params.chooseContrast = contrast == CONTRAST_AUTO;
    params.matchContrast = contrast == CONTRAST_MATCHED;
}

// Adds the usual options of each method.
void addMethods(CommandLine& line, const Settings& settings)
{
    for (int i = 0; i < int(settings.methods.size()); i++)
    {
        line.optionsOf(i, "Options", settings.methods[i]->about());
        settings.methods[i]->addSizeOptions(line);
        settings.methods[i]->addLearningOptions(line);
    }
}

void addBackboneAndInput(CommandLine& line, DetectorParams& p)
{
    addBackboneOptions(line, p);
    line.option("resize_size", "PIXELS", p.resizeSize,
                "for --input=cropped: side of the image from which the center is taken, where --input_size is that of "
                "the center",
                1);
    line.option("tile_overlap", "SHARE", p.tileOverlap, "of neighboring tiles at least, of their side");
    line.flag("embed_backbone", p.embedBackbone, "put the ONNX file into the model file");
}

// Adds the options of each method that are for experiments, at the end of the help.
void addExperiments(CommandLine& line, const Settings& settings)
{
    for (int i = 0; i < int(settings.methods.size()); i++)
    {
        line.optionsOf(i, "For experiments, options");
        settings.methods[i]->addExperiments(line);
    }
}

void addMachineOptions(CommandLine& line, Settings& settings)
{
    line.heading("For this machine");
    line.flag("skip_unreadable", settings.params.skipUnreadable,
              "leave out images that cannot be read, with a warning, instead of stopping");
    line.option("cache_mb", "MIB", settings.params.cacheMiB,
                "memory for features while learning; the rest goes to a temporary file");
    addDeviceOption(line, settings.device);
    line.threadsOption();
}

bool readCommandLine(int argc, char** argv, Settings& settings)
{
    CommandLine line(
        "anomaly_train",
        "Learns from good images what is normal, and writes a model file with which anomaly_predict, anomaly_evaluate "
        "and anomaly_camera find what is not. Twelve images are enough to start with. Ctrl-C stops it; no model is "
        "written then.");
    settings.params.backbone = "lite0";
    line.argument("images", settings.images,
                  "folder of good images; or a category in MVTec layout or another that anomaly_evaluate knows, whose "
                  "train/good is used; or a .csv with image_path, label and split");
    line.required("model", "FILE", settings.model, "model file to write: .yml, .xml or .json, each also with .gz");
    line.heading("Options, with their defaults");
    line.variants("method", namesOf(settings.methods), settings.method,
                  "how it learns and compares; each method has options of its own, below");
    addSharedOptions(line, settings.params);
    addContrast(line, settings.contrast);
    addRegionOption(line, settings.mask, "learn");
    line.option("json", "FILE", settings.json, "also write settings and results as JSON");
    addMethods(line, settings);
    addBackboneAndInput(line, settings.params);
    addExperiments(line, settings);
    addMachineOptions(line, settings);
    line.example("photos/good --model=model.yml.gz");
    line.example("photos/good --bank_size=10000 --model=model.yml.gz");
    line.example("mvtec/screw --method=cfa --epochs=15 --model=screw.yml.gz --json=screw.json");
    const bool isToRun = line.parse(argc, argv);
    setContrast(settings.params, settings.contrast);
    return isToRun;
}

// Creates the detector. A setting that is out of range is reported as a wrong option.
Ptr<AnomalyDetector> create(const Settings& settings)
{
    try
    {
        return settings.chosen().create(settings.params);
    }
    catch (const cv::Exception& error)
    {
        if (error.code == Error::StsOutOfRange)
            throw UsageError(error.err);
        throw;
    }
}

// Keeps the figures of each epoch. A later report of an epoch replaces an earlier one, because only the last report has
// the means over the whole epoch.
void noteEpoch(const FitProgress& progress, FitHistory& history)
{
    for (const std::pair<const String, double>& figure : progress.figures)
    {
        std::vector<double>& values = history.figures[figure.first];
        values.resize(progress.epoch);
        values.back() = figure.second;
    }
}

// Fits the model, shows the progress, and measures the time of each stage.
Outcome fit(AnomalyDetector& detector, const Method& method, const std::vector<std::string>& files, const Mat& region)
{
    Outcome outcome = {0, 0, {}, {}};
    int64 last = getTickCount();
    ProgressBar bar;
    detector.setFitCallback([&](const FitProgress& progress) {
        bar.update(progress.stage, progress.step, progress.steps, method.note(progress));
        if (progress.epoch > 0)
            noteEpoch(progress, outcome.history);
        const int64 now = getTickCount();
        outcome.secondsOfStage[progress.stage] += double(now - last) / getTickFrequency();
        last = now;
        return !Interruption::isRequested();
    });
    const int64 start = getTickCount();
    detector.fit(files, region);
    outcome.seconds = double(getTickCount() - start) / getTickFrequency();
    outcome.images = detector.getLearnedImages();
    detector.setFitCallback(FitCallback()); // The callback refers to local variables.
    return outcome;
}

std::string joined(const std::vector<std::string>& names)
{
    std::string all;
    for (const std::string& name : names)
        all += (all.empty() ? "" : ",") + name;
    return all;
}

// The three channels of a mean or a scale.
std::string numbers(const Scalar& s)
{
    return format("%.9g,%.9g,%.9g", s[0], s[1], s[2]);
}

void putSharedSettings(FlatJson& json, const DetectorParams& p, int rotations)
{
    json.put("backbone", p.backbone);
    json.put("outputs", joined(p.outputs));
    json.put("mean", numbers(p.inputMean));
    json.put("scale", numbers(p.inputScale));
    json.put("precision", precisions[p.precision]);
    json.put("input", inputModes[p.inputMode]);
    json.put("input_size", p.inputSize);
    json.put("input_shape", inputText(p));
    json.put("resize_size", p.resizeSize);
    json.put("bits", p.significantBits);
    json.put("contrast", contrasts[p.matchContrast ? CONTRAST_MATCHED : CONTRAST_KEPT]);
    json.put("tile", p.tile);
    json.put("tile_overlap", p.tileOverlap);
    json.put("rotations", rotations);
    json.put("smooth_sigma", p.smoothSigma);
    json.put("validation", p.validationFraction);
    json.put("quantile", p.thresholdQuantile);
    json.put("defect_area", p.defectArea);
    json.put("contamination", p.contamination);
    json.put("seed", p.seed);
}

void writeJson(const Settings& settings, const AnomalyDetector& detector, const Outcome& outcome)
{
    FlatJson json;
    json.put("method", settings.chosen().name());
    putSharedSettings(json, detector.getDetectorParams(), detector.getRotations());
    settings.chosen().putSettings(json);
    json.put("images", outcome.images);
    json.put("seconds", outcome.seconds);
    for (std::pair<std::string, double> stage : outcome.secondsOfStage)
    {
        std::replace(stage.first.begin(), stage.first.end(), ' ', '_');
        json.put("seconds_" + stage.first, stage.second);
    }
    settings.chosen().putResults(json, detector, outcome.history);
    json.put("image_threshold", detector.getImageThreshold());
    json.put("pixel_threshold", detector.getPixelThreshold());
    json.write(settings.json);
}

// Of the files that --skip_unreadable left out, a line with their number and the first names. The library warns of each
// one as it meets it, but more than once, and without a count.
std::vector<std::string> notesOfUnreadable(const std::vector<std::string>& files)
{
    std::vector<std::string> unreadable;
    for (const std::string& file : files)
    {
        try
        {
            readImage(file);
        }
        catch (const cv::Exception&)
        {
            unreadable.push_back(file);
        }
    }
    if (unreadable.empty())
        return unreadable;
    return {"left out: " + counted(unreadable.size(), "image that cannot be read: ", "images that cannot be read: ") +
            quoted(unreadable)};
}

// "12 images", or "6 of 9 images" where some were left out or kept for the thresholds.
std::string learnedOf(int learned, size_t given)
{
    const std::string all = counted(given, "image", "images");
    return size_t(learned) == given ? all : format("%d of ", learned) + all;
}

// Ends with an error, before the training, if an output would replace an input or cannot be written.
void checkOutputs(const Settings& settings, const std::vector<std::string>& files)
{
    Outputs outputs;
    outputs.reads(settings.images);
    outputs.reads(files);
    outputs.reads(settings.params.backbone);
    outputs.reads(settings.mask);
    outputs.writes("model", settings.model);
    outputs.writes("checkpoint", settings.chosen().checkpoint());
    outputs.writesText("json", settings.json);
    checkModelName("model", settings.model);
    if (!settings.chosen().checkpoint().empty())
        checkModelName("checkpoint", settings.chosen().checkpoint());
    if (!settings.json.empty())
        checkWritable(settings.json);
}

// Fits the model. An interruption by Ctrl-C is reported with its own message, instead of as an error, and an image that
// cannot be read with the option that leaves such images out.
Outcome fitOrStop(AnomalyDetector& detector, const Method& method, const std::vector<std::string>& files,
                  const Mat& region)
{
    try
    {
        return fit(detector, method, files, region);
    }
    catch (const cv::Exception& error)
    {
        if (error.code == Error::StsObjectNotFound)
            throw std::runtime_error(error.err + "; --skip_unreadable learns from the others");
        if (Interruption::isRequested())
            throw std::runtime_error(method.checkpoint().empty()
                                         ? "stopped; no model was written"
                                         : "stopped; the same command goes on at the last whole epoch");
        throw;
    }
}

void print(const Settings& settings, const std::vector<std::string>& files, const AnomalyDetector& detector,
           const Outcome& outcome)
{
    if (settings.params.skipUnreadable && size_t(outcome.images) < files.size())
        printNotes("anomaly_train", notesOfUnreadable(files));
    std::cout << settings.model << ": " << learnedOf(outcome.images, files.size()) << " in "
              << clockTime(outcome.seconds) << ", input " << inputText(detector.getDetectorParams()) << ", "
              << settings.chosen().summary(detector, outcome.history)
              << format("image threshold %.4g, pixel threshold %.4g\n", detector.getImageThreshold(),
                        detector.getPixelThreshold());
}

int train(int argc, char** argv)
{
    Settings settings;
    if (!readCommandLine(argc, argv, settings))
        return 0;
    const GoodImages good = readGoodImages(settings.images);
    std::cout << good.summary << std::endl;
    printNotes("anomaly_train", good.notes);
    printNotes("anomaly_train", notesOfPages(good.files));
    const Mat region = readRegion("anomaly_train", settings.mask);
    const Interruption untilSaved; // From here to the end, Ctrl-C is handled by the fit callback.
    checkOutputs(settings, good.files);

    const Method& method = settings.chosen();
    const Ptr<AnomalyDetector> detector = create(settings);
    detector->setPreferableTarget(targetOf(settings.device));
    const Outcome outcome = fitOrStop(*detector, method, good.files, region);
    saveModel(*detector, settings.model);
    if (!method.checkpoint().empty())
        std::remove(method.checkpoint().c_str());
    if (!settings.json.empty())
        writeJson(settings, *detector, outcome);
    print(settings, good.files, *detector, outcome);
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    return runProgram("anomaly_train", train, argc, argv);
}
