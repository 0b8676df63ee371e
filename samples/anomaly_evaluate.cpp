// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
// anomaly_evaluate measures how well a model finds the defects in the test images of a category.
#include "backbone_options.hpp"
#include "command_line.hpp"
#include "device_option.hpp"
#include "evaluation.hpp"
#include "files.hpp"
#include "masks.hpp"
#include "method.hpp"
#include "outputs.hpp"
#include "region_option.hpp"
#include "report.hpp"

#include "opencv2/core/utils/filesystem.hpp"
#include "opencv2/core/utils/logger.hpp"

#include <iostream>

using namespace cv;
using namespace cv::anomaly;

namespace {

const std::vector<std::string> transforms = {"none", "rd"}; // indexed by Settings::transform

//! The command line.
struct Settings
{
    std::string category, model, backbone, json, report, calibrated, mask;
    int transform = 0, seed = 0, device = DEVICE_CPU;
};

bool readCommandLine(int argc, char** argv, Settings& settings)
{
    CommandLine line(
        "anomaly_evaluate",
        "Measures how well a model tells good images from defective ones, and finds the defects, on the test images "
        "of "
        "a category in MVTec layout: test/good, test/<type>, ground_truth/<type>/<name>_mask.png. Without "
        "ground_truth only whole images are measured. The layouts of MVTec AD 2, LOCO and 3D-AD, BTAD, VisA, MPDD "
        "and "
        "KolektorSDD2 are known too; good may be called ok or normal, in any case, and a mask <name>.png. In a mask "
        "all that is not black is a defect.");
    line.argument(
        "category", settings.category,
        "the category's folder, or a list: .csv with image_path, label (good, ok, normal, 0 or false, else the "
        "defect's type), mask_path and split");
    line.required("model", "FILE", settings.model, "model file that anomaly_train wrote");
    line.heading("Options");
    addRegionOption(line, settings.mask, "look for defects");
    addBackboneFile(line, settings.backbone);
    line.option("json", "FILE", settings.json, "also write the figures as JSON, fractions from 0 to 1");
    line.option("report", "DIR", settings.report, "also write a page with curves and pictures, DIR/index.html");
    line.option("calibrate", "FILE", settings.calibrated,
                "also write the model with the thresholds found here, where F1 is best: a model file for the line");
    line.choice("transform", transforms, settings.transform,
                "what the model sees: each image as it is, or turned by up to 10 degrees and cut at a random place, "
                "its mask too");
    line.option("seed", "N", settings.seed, "seed of the random turns and places");
    addDeviceOption(line, settings.device);
    line.threadsOption();
    line.example("mvtec/screw --model=screw.yml.gz --report=screw_report");
    const bool goesOn = line.parse(argc, argv);
    if (settings.transform && !settings.report.empty())
        throw UsageError("--transform=rd has no --report: its pictures show images as they are");
    return goesOn;
}

// The columns of pixel figures in a row of the table, with dashes where there are no masks.
std::string pixelColumns(const Figures& f)
{
    if (!f.hasPixels)
        return format("%12s %8s %8s %9s", "-", "-", "-", "-");
    const std::string aupimo = f.hasAupimo ? format("%8.3f", f.aupimo) : format("%8s", "-");
    return format("%12.3f %8.3f ", f.pixelAuroc, f.aupro) + aupimo + format(" %9.3f", f.pixelF1);
}

void printRow(const std::string& type, int images, const Figures& f)
{
    std::cout << format("%-20s %6d %12.3f %9.3f ", type.c_str(), images, f.imageAuroc, f.imageF1) << pixelColumns(f)
              << '\n';
}

// How many scored images there are of a defect type, or of "good".
int imagesOfType(const Evaluation& evaluation, const std::string& type)
{
    int count = 0;
    for (const TestResult& result : evaluation.results)
        count += result.image.type == type;
    return count;
}

void printTable(const Evaluation& evaluation)
{
    std::cout << format("%-20s %6s %12s %9s %12s %8s %8s %9s\n", "", "images", "image AUROC", "image F1", "pixel AUROC",
                        "AUPRO", "AUPIMO", "pixel F1");
    printRow("all", evaluation.all.images, evaluation.all);
    for (const std::pair<std::string, Figures>& type : evaluation.types)
        printRow(type.first, imagesOfType(evaluation, type.first), type.second);
    std::cout << format("By type: its images against all %d good ones. F1 is the best that any threshold reaches.\n",
                        imagesOfType(evaluation, "good"));
    if (evaluation.all.hasPixels && !evaluation.all.hasAupimo)
        std::cout << format("No AUPIMO: a false positive rate of %g needs %.0f pixels of good images.\n", aupimoLower,
                            1 / aupimoLower);
}

void printVerdicts(const std::string& name, const Verdicts& v)
{
    std::cout << format("%-20s %10.4g %9.3f %10.3f %8.3f\n", name.c_str(), v.threshold, v.f1(), v.precision(),
                        v.recall());
}

void printThresholds(const Evaluation& evaluation)
{
    std::cout << format("\n%-20s %10s %9s %10s %8s\n", "", "threshold", "F1", "precision", "recall");
    printVerdicts("image, best F1", evaluation.bestImage);
    printVerdicts("image, the model's", evaluation.ownImage);
    if (evaluation.all.hasPixels)
    {
        printVerdicts("pixel, best F1", evaluation.bestPixel);
        printVerdicts("pixel, the model's", evaluation.ownPixel);
    }
    std::cout << format(
        "With the model's threshold %g of %d defective images are missed, and %g of %d good ones called defective.\n",
        evaluation.ownImage.missed, evaluation.all.images - imagesOfType(evaluation, "good"),
        evaluation.ownImage.falseAlarms, imagesOfType(evaluation, "good"));
    std::cout << format("\n%.1f ms an image\n", evaluation.secondsPerImage * 1e3);
}

void printNote(const std::vector<std::string>& files, const std::string& what)
{
    if (!files.empty())
        printNotes("anomaly_evaluate", {what + ": " + quoted(files)});
}

// Reports masks that contradict the labels or lose precision, because pixel figures then mean something else.
void printMaskNotes(const Evaluation& evaluation)
{
    std::vector<std::string> unmarked, contradictory, lossy;
    for (const TestResult& result : evaluation.results)
    {
        if (result.lacksDefect)
            unmarked.push_back(result.image.file);
        if (!result.image.isDefective() && result.isMarked)
            contradictory.push_back(result.image.file);
        for (const std::string& mask : result.image.masks)
            if (isLossy(mask))
                lossy.push_back(mask);
    }
    printNote(unmarked, counted(unmarked.size(), "defective image is", "defective images are") +
                            " left out of the pixel figures, since no pixel is marked by the mask, or none at the "
                            "model's input resolution");
    printNote(contradictory,
              counted(contradictory.size(), "image is", "images are") + " listed as good, but the mask marks a defect");
    printNote(lossy, counted(lossy.size(), "mask is", "masks are") +
                         " JPEG or of another lossy format, of which only " + lossyRule);
}

// Adds the pixel figures, which are only defined if masks mark defects.
void putPixels(FlatJson& json, const Evaluation& evaluation)
{
    json.put("pixel_auroc", evaluation.all.pixelAuroc);
    json.put("aupro", evaluation.all.aupro);
    if (evaluation.all.hasAupimo)
        json.put("aupimo", evaluation.all.aupimo);
    json.put("pixel_f1", evaluation.all.pixelF1);
    json.put("pixel_threshold", evaluation.all.pixelThreshold);
    json.put("model_pixel_threshold", evaluation.ownPixel.threshold);
    json.put("model_pixel_f1", evaluation.ownPixel.f1());
}

void writeJson(const Settings& settings, const AnomalyDetector& detector, const Evaluation& evaluation)
{
    FlatJson json;
    json.put("method", methodOf(detector));
    json.put("images", evaluation.all.images);
    json.put("good_images", imagesOfType(evaluation, "good"));
    json.put("transform", transforms[settings.transform]);
    json.put("seed", settings.seed);
    json.put("image_auroc", evaluation.all.imageAuroc);
    json.put("image_f1", evaluation.all.imageF1);
    json.put("image_threshold", evaluation.all.imageThreshold);
    json.put("image_recall", evaluation.bestImage.recall());
    json.put("model_image_threshold", evaluation.ownImage.threshold);
    json.put("model_image_f1", evaluation.ownImage.f1());
    json.put("model_image_recall", evaluation.ownImage.recall());
    json.put("model_false_alarms", evaluation.ownImage.falseAlarms);
    if (evaluation.all.hasPixels)
        putPixels(json, evaluation);
    json.put("seconds_per_image", evaluation.secondsPerImage);
    json.write(settings.json);
}

// Saves the model with the thresholds that have the best F1 on these test images.
void saveCalibrated(AnomalyDetector& detector, const Figures& figures, const std::string& file)
{
    detector.setImageThreshold(figures.imageThreshold);
    if (figures.hasPixels)
        detector.setPixelThreshold(figures.pixelThreshold);
    saveModel(detector, file);
}

// Ends with an error, before the first prediction, if an output would replace an input or cannot be written.
void checkOutputs(const Settings& settings, const TestSet& set, const AnomalyDetector& detector)
{
    Outputs outputs;
    outputs.reads(settings.category);
    outputs.readsModel(settings.model, settings.backbone, detector);
    for (const TestImage& image : set.images)
    {
        outputs.reads(image.file);
        outputs.reads(image.masks);
    }
    outputs.reads(settings.mask);
    outputs.writes("json", settings.json);
    outputs.writes("calibrate", settings.calibrated);
    if (!settings.report.empty())
        outputs.writes("report", reportFile(settings.report));
    if (!settings.report.empty())
        checkWritableFolder(settings.report); // made first, because the other outputs may lie inside it
    if (!settings.calibrated.empty())
        checkModelName("calibrate", settings.calibrated);
    if (!settings.json.empty())
        checkWritable(settings.json);
}

std::vector<std::string> filesOf(const TestSet& set)
{
    std::vector<std::string> files;
    for (const TestImage& image : set.images)
        files.push_back(image.file);
    return files;
}

int evaluateCategory(int argc, char** argv)
{
    Settings settings;
    if (!readCommandLine(argc, argv, settings))
        return 0;
    // This program reports unreadable files itself, with their names.
    utils::logging::setLogLevel(utils::logging::LOG_LEVEL_SILENT);
    const TestSet set = readTestSet(settings.category);
    std::cout << set.summary << std::endl;
    printNotes("anomaly_evaluate", set.notes);
    printNotes("anomaly_evaluate", notesOfPages(filesOf(set)));
    const Ptr<AnomalyDetector> detector = loadDetector(settings.model, settings.backbone);
    checkOutputs(settings, set, *detector);
    detector->setPreferableTarget(targetOf(settings.device));
    const int mapSize = detector->getMapSize();

    const Evaluation evaluation = evaluate(*detector, set, settings.transform ? settings.seed : -1,
                                           readRegion("anomaly_evaluate", settings.mask));
    printNotes("anomaly_evaluate", evaluation.unreadable);
    printTable(evaluation);
    printMaskNotes(evaluation);
    if (!evaluation.all.hasPixels)
        std::cout << "No pixel figures: "
                  << (set.hasMasks ? "the masks mark no pixel at the model's input resolution.\n"
                                   : "the category has no masks in ground_truth.\n");
    printThresholds(evaluation);
    if (!settings.json.empty())
        writeJson(settings, *detector, evaluation);
    if (!settings.report.empty())
        std::cout << "report: "
                  << writeReport(settings.report, fileName(utils::fs::canonical(settings.category)), evaluation,
                                 *detector)
                  << std::endl;
    detector->setMapSize(mapSize);
    if (!settings.calibrated.empty())
        saveCalibrated(*detector, evaluation.all, settings.calibrated);
    if (evaluation.unreadable.empty())
        return 0;
    std::cout << counted(evaluation.unreadable.size(), "image", "images") << " could not be scored" << std::endl;
    return 1;
}

} // namespace

int main(int argc, char** argv)
{
    return runProgram("anomaly_evaluate", evaluateCategory, argc, argv);
}
