// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
// anomaly_update adds good images to a model without those that it was trained with, or sets thresholds from them.
#include "backbone_options.hpp"
#include "command_line.hpp"
#include "dataset.hpp"
#include "device_option.hpp"
#include "files.hpp"
#include "interruption.hpp"
#include "outputs.hpp"
#include "overlay.hpp"
#include "progress.hpp"
#include "region_option.hpp"

#include "opencv2/anomaly/detector.hpp"
#include "opencv2/core/utils/filesystem.hpp"

#include <iostream>

using namespace cv;
using namespace cv::anomaly;

namespace {

//! The command line.
struct Settings
{
    std::string model, images, output, backbone, mask;
    bool thresholdsOnly;
    int device;
};

bool readCommandLine(int argc, char** argv, Settings& settings)
{
    CommandLine line("anomaly_update",
                     "Adds good images to a model without those that it was trained with: parts of a new batch, or "
                     "images that were called defective and are good. Thresholds follow, unless they were set by hand "
                     "or by defective images. Ctrl-C stops it; no model is written then.");
    line.argument("model", settings.model, "model file that anomaly_train or this program wrote");
    line.argument("images", settings.images, "folder of good images, or what else anomaly_train takes");
    line.required("output", "FILE", settings.output,
                  "model file to write; it may be that of the model, which is replaced when all is done, as a whole");
    line.heading("Options");
    line.flag("thresholds_only", settings.thresholdsOnly,
              "learn nothing: only set both thresholds from these images, which should show parts made since");
    addRegionOption(line, settings.mask, "learn");
    addBackboneFile(line, settings.backbone);
    addDeviceOption(line, settings.device);
    line.threadsOption();
    line.example("model.yml.gz photos/false_alarms --output=model2.yml.gz");
    line.example("model.yml.gz photos/new_batch --output=model.yml.gz");
    line.example("model.yml.gz photos/good_of_this_week --thresholds_only --output=model.yml.gz");
    return line.parse(argc, argv);
}

bool isSameFile(const std::string& one, const std::string& other)
{
    return utils::fs::exists(other) && realPath(one) == realPath(other);
}

// Ends with an error if an output would replace an input. The model file may be replaced by its successor.
void checkOutputs(const Settings& settings, const std::vector<std::string>& files, const AnomalyDetector& detector)
{
    Outputs outputs;
    outputs.reads(settings.images);
    outputs.reads(files);
    outputs.reads(settings.mask);
    if (!isSameFile(settings.model, settings.output))
        outputs.readsModel(settings.model, settings.backbone, detector);
    outputs.writes("output", settings.output);
    checkModelName("output", settings.output);
}

// Updates the detector, or its thresholds, and shows the progress. An interruption by Ctrl-C is reported with its own
// message.
void update(AnomalyDetector& detector, const std::vector<std::string>& files, const Mat& region, bool thresholdsOnly)
{
    ProgressBar bar;
    detector.setFitCallback([&](const FitProgress& progress) {
        bar.update(progress.stage, progress.step, progress.steps);
        return !Interruption::isRequested();
    });
    try
    {
        if (thresholdsOnly)
            detector.calibrate(files, region);
        else
            detector.update(files, region);
    }
    catch (const cv::Exception&)
    {
        if (Interruption::isRequested())
            throw std::runtime_error("stopped; no model was written");
        throw;
    }
    detector.setFitCallback(FitCallback()); // The callback refers to local variables.
}

void stopIfAsked()
{
    if (Interruption::isRequested())
        throw std::runtime_error("stopped; no model was written");
}

//! How many of the added images a model calls defective.
struct Alarms
{
    size_t before, after;
};

// Counts verdicts of the model before and after the update. Whoever adds false alarms wants to see them gone, and
// whoever adds the wrong folder should notice. Where only thresholds were set, both models give the same scores.
Alarms countAlarms(const AnomalyDetector& old, const AnomalyDetector& updated, const std::vector<std::string>& files,
                   const Mat& region, bool thresholdsOnly)
{
    Alarms alarms = {0, 0};
    ProgressBar bar;
    for (size_t i = 0; i < files.size(); i++)
    {
        stopIfAsked();
        const Mat image = readImage(files[i]);
        const double score = updated.predict(image, noArray(), region);
        alarms.before += verdict(old, thresholdsOnly ? score : old.predict(image, noArray(), region)) != "good";
        alarms.after += verdict(updated, score) != "good";
        bar.update("verdicts", int(i) + 1, int(files.size()));
    }
    return alarms;
}

void printUpdate(const Settings& settings, const AnomalyDetector& old, const AnomalyDetector& updated, size_t images)
{
    std::cout << settings.output << ": ";
    if (settings.thresholdsOnly)
        std::cout << "thresholds of " << counted(images, "image", "images");
    else
        std::cout << counted(images, "image", "images") << " added, learned from " << updated.getLearnedImages()
                  << " in all, update " << updated.getUpdates();
    std::cout << format("; image threshold %.4g (was %.4g), pixel threshold %.4g (was %.4g)\n",
                        updated.getImageThreshold(), old.getImageThreshold(), updated.getPixelThreshold(),
                        old.getPixelThreshold());
}

void printAlarms(const Alarms& alarms, size_t images, bool thresholdsOnly)
{
    if (alarms.before + alarms.after == 0)
        return;
    std::cout << format("The model called %zu of these images defective, and now calls %zu so", alarms.before,
                        alarms.after);
    if (2 * alarms.before > images)
        std::cout << ": make sure that they are good, since defects "
                  << (thresholdsOnly ? "below the threshold" : "that it learns") << " are no longer found";
    std::cout << ".\n";
}

int updateModel(int argc, char** argv)
{
    Settings settings = Settings();
    if (!readCommandLine(argc, argv, settings))
        return 0;
    const GoodImages good = readGoodImages(settings.images);
    std::cout << good.summary << std::endl;
    printNotes("anomaly_update", good.notes);
    printNotes("anomaly_update", notesOfPages(good.files));
    const Mat region = readRegion("anomaly_update", settings.mask);
    const Interruption untilSaved; // From here to the end, Ctrl-C is handled by the fit callback.
    const Ptr<AnomalyDetector> detector = readModel(settings.model, settings.backbone);
    detector->setPreferableTarget(targetOf(settings.device));
    checkOutputs(settings, good.files, *detector);

    const Ptr<AnomalyDetector> old = detector->clone();
    update(*detector, good.files, region, settings.thresholdsOnly);
    const Alarms alarms = countAlarms(*old, *detector, good.files, region, settings.thresholdsOnly);
    saveModel(*detector, settings.output);
    printUpdate(settings, *old, *detector, good.files.size());
    printAlarms(alarms, good.files.size(), settings.thresholdsOnly);
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    return runProgram("anomaly_update", updateModel, argc, argv);
}
