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
    std::string category, model, compared, backbone, json, report, calibrated, mask;
    double imageThreshold = -1, pixelThreshold = -1; // negative: not given
    int transform = 0, seed = 0, device = DEVICE_CPU;

    bool hasThreshold() const { return imageThreshold >= 0 || pixelThreshold >= 0; }
};

void addThreshold(CommandLine& line, const std::string& name, const std::string& help, double& value)
{
    // Scores and the values of maps are 0 or more.
    line.option(name, "X", "the model's", help,
                [name, &value](const std::string& text) { value = toNumber(name, text, 0); });
}

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
    line.option("report", "DIR", settings.report,
                "also write a page with curves, pictures and sliders for the thresholds, DIR/index.html");
    line.option("compare", "FILE", settings.compared,
                "a second model file, with its network inside or beside it, measured on the same images: both are in "
                "the tables and on the page of --report");
    line.option(
        "calibrate", "FILE", settings.calibrated,
        "also write the model with the thresholds found here, where F1 is best, or with those given by the next "
        "two options: a model file for the line");
    addThreshold(line, "image_threshold", "judge images by this threshold; the page of --report helps to find one",
                 settings.imageThreshold);
    addThreshold(line, "pixel_threshold", "judge pixels by this threshold", settings.pixelThreshold);
    line.choice("transform", transforms, settings.transform,
                "what the model sees: each image as it is, or turned by up to 10 degrees and cut at a random place, "
                "its mask too");
    line.option("seed", "N", settings.seed, "seed of the random turns and places");
    addDeviceOption(line, settings.device);
    line.threadsOption();
    line.example("mvtec/screw --model=screw.yml.gz --report=screw_report");
    line.example("mvtec/screw --model=screw.yml.gz --image_threshold=1.4 --calibrate=strict.yml.gz");
    line.example("mvtec/screw --model=screw.yml.gz --compare=screw_padim.yml.gz --report=two_models");
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

const char* ownerOf(double givenThreshold)
{
    return givenThreshold >= 0 ? "given" : "the model's";
}

void printThresholds(const Settings& settings, const Evaluation& evaluation)
{
    std::cout << format("\n%-20s %10s %9s %10s %8s\n", "", "threshold", "F1", "precision", "recall");
    printVerdicts("image, best F1", evaluation.bestImage);
    printVerdicts(std::string("image, ") + ownerOf(settings.imageThreshold), evaluation.ownImage);
    if (evaluation.all.hasPixels)
    {
        printVerdicts("pixel, best F1", evaluation.bestPixel);
        printVerdicts(std::string("pixel, ") + ownerOf(settings.pixelThreshold), evaluation.ownPixel);
    }
    std::cout << format(
        "With %s threshold %g of %d defective images are missed, and %g of %d good ones called defective.\n",
        settings.imageThreshold >= 0 ? "the given" : "the model's", evaluation.ownImage.missed,
        evaluation.all.images - imagesOfType(evaluation, "good"), evaluation.ownImage.falseAlarms,
        imagesOfType(evaluation, "good"));
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
void putPixels(FlatJson& json, const std::string& prefix, const Evaluation& evaluation)
{
    json.put(prefix + "pixel_auroc", evaluation.all.pixelAuroc);
    json.put(prefix + "aupro", evaluation.all.aupro);
    if (evaluation.all.hasAupimo)
        json.put(prefix + "aupimo", evaluation.all.aupimo);
    json.put(prefix + "pixel_f1", evaluation.all.pixelF1);
    json.put(prefix + "pixel_threshold", evaluation.all.pixelThreshold);
    json.put(prefix + "model_pixel_threshold", evaluation.ownPixel.threshold);
    json.put(prefix + "model_pixel_f1", evaluation.ownPixel.f1());
}

// All figures of a model; the names of the second one's have a prefix.
void putFigures(FlatJson& json, const std::string& prefix, const AnomalyDetector& detector,
                const Evaluation& evaluation)
{
    json.put(prefix + "method", methodOf(detector));
    json.put(prefix + "image_auroc", evaluation.all.imageAuroc);
    json.put(prefix + "image_f1", evaluation.all.imageF1);
    json.put(prefix + "image_threshold", evaluation.all.imageThreshold);
    json.put(prefix + "image_recall", evaluation.bestImage.recall());
    json.put(prefix + "model_image_threshold", evaluation.ownImage.threshold);
    json.put(prefix + "model_image_f1", evaluation.ownImage.f1());
    json.put(prefix + "model_image_recall", evaluation.ownImage.recall());
    json.put(prefix + "model_false_alarms", evaluation.ownImage.falseAlarms);
    if (evaluation.all.hasPixels)
        putPixels(json, prefix, evaluation);
    json.put(prefix + "seconds_per_image", evaluation.secondsPerImage);
}

//! A model that is measured: the first one is that of --model, a second one that of --compare.
struct Model
{
    std::string file;
    Ptr<AnomalyDetector> detector;
    Evaluation evaluation;
};

void writeJson(const Settings& settings, const std::vector<Model>& models)
{
    const Evaluation& first = models[0].evaluation;
    FlatJson json;
    json.put("images", first.all.images);
    json.put("good_images", imagesOfType(first, "good"));
    json.put("transform", transforms[settings.transform]);
    json.put("seed", settings.seed);
    putFigures(json, "", *models[0].detector, first);
    if (models.size() > 1)
        putFigures(json, "compared_", *models[1].detector, models[1].evaluation);
    json.write(settings.json);
}

// Says so where good and defective images cannot be told apart by any threshold, with the images that are in the way.
void printOverlap(const std::vector<TestResult>& results)
{
    const TestResult *highestGood = NULL, *lowestDefective = NULL;
    for (const TestResult& result : results)
    {
        if (!result.image.isDefective() && (!highestGood || result.score > highestGood->score))
            highestGood = &result;
        if (result.image.isDefective() && (!lowestDefective || result.score < lowestDefective->score))
            lowestDefective = &result;
    }
    if (highestGood && lowestDefective && highestGood->score >= lowestDefective->score)
        std::cout << "No threshold separates good images from defective ones: " << quoted({highestGood->image.file})
                  << format(" is good and scores %.4g, ", highestGood->score) << quoted({lowestDefective->image.file})
                  << format(" is defective and scores %.4g.\n", lowestDefective->score);
}

void printCalibrated(const AnomalyDetector& detector, const Settings& settings, const Evaluation& evaluation)
{
    const Verdicts& verdicts = settings.hasThreshold() ? evaluation.ownImage : evaluation.bestImage;
    const int good = imagesOfType(evaluation, "good");
    std::cout << settings.calibrated
              << format(": image threshold %.4g, pixel threshold %.4g; %g of %d defective images are missed, and %g of "
                        "%d good ones called defective\n",
                        detector.getImageThreshold(), detector.getPixelThreshold(), verdicts.missed,
                        evaluation.all.images - good, verdicts.falseAlarms, good);
    printOverlap(evaluation.results);
}

// Saves the model with the thresholds that have the best F1 on these test images.
void saveCalibrated(AnomalyDetector& detector, const Settings& settings, const Evaluation& evaluation)
{
    if (!settings.hasThreshold())
    {
        detector.setImageThreshold(evaluation.all.imageThreshold);
        if (evaluation.all.hasPixels)
            detector.setPixelThreshold(evaluation.all.pixelThreshold);
    }
    saveModel(detector, settings.calibrated);
    printCalibrated(detector, settings, evaluation);
}

void setGivenThresholds(AnomalyDetector& detector, const Settings& settings)
{
    if (settings.imageThreshold >= 0)
        detector.setImageThreshold(settings.imageThreshold);
    if (settings.pixelThreshold >= 0)
        detector.setPixelThreshold(settings.pixelThreshold);
}

// The network of --backbone is the first one's; a second one has its network inside or beside it.
std::vector<Model> loadModels(const Settings& settings)
{
    std::vector<Model> models = {{settings.model, readModel(settings.model, settings.backbone), Evaluation()}};
    if (!settings.compared.empty())
        models.push_back({settings.compared, readModel(settings.compared, ""), Evaluation()});
    return models;
}

// Ends with an error, before the first prediction, if an output would replace an input or cannot be written.
void checkOutputs(const Settings& settings, const TestSet& set, const std::vector<Model>& models)
{
    Outputs outputs;
    outputs.reads(settings.category);
    for (size_t m = 0; m < models.size(); m++)
        outputs.readsModel(models[m].file, m == 0 ? settings.backbone : "", *models[m].detector);
    for (const TestImage& image : set.images)
    {
        outputs.reads(image.file);
        outputs.reads(image.masks);
    }
    outputs.reads(settings.mask);
    outputs.writesText("json", settings.json);
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

void measure(const Settings& settings, const TestSet& set, std::vector<Model>& models)
{
    std::vector<Ptr<AnomalyDetector>> detectors;
    for (const Model& model : models)
    {
        model.detector->setPreferableTarget(targetOf(settings.device));
        detectors.push_back(model.detector);
    }
    const std::vector<Evaluation> evaluations = evaluate(detectors, set, settings.transform ? settings.seed : -1,
                                                         readRegion("anomaly_evaluate", settings.mask));
    for (size_t m = 0; m < models.size(); m++)
        models[m].evaluation = evaluations[m];
}

void printEvaluation(const Settings& settings, const TestSet& set, const Evaluation& evaluation)
{
    printTable(evaluation);
    if (!evaluation.all.hasPixels)
        std::cout << "No pixel figures: "
                  << (set.hasMasks ? "the masks mark no pixel at the model's input resolution.\n"
                                   : "the category has no masks in ground_truth.\n");
    printThresholds(settings, evaluation);
}

void printAll(const Settings& settings, const TestSet& set, const std::vector<Model>& models)
{
    printNotes("anomaly_evaluate", models[0].evaluation.unreadable);
    for (const Model& model : models)
    {
        if (models.size() > 1)
            std::cout << '\n' << model.file << ":\n";
        printEvaluation(settings, set, model.evaluation);
    }
    printMaskNotes(models[0].evaluation);
}

// As a shell takes it for one word.
std::string shellWord(const std::string& text)
{
    static const std::string plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./=:,+@%";
    if (text.find_first_not_of(plain) == std::string::npos)
        return text;
    std::string word = "'";
    for (const char c : text)
        word += c == '\'' ? "'\\''" : std::string(1, c);
    return word + "'";
}

// Writes the model beside itself, once thresholds are added.
std::string commandFor(const Settings& settings, const Model& model, bool isFirst)
{
    const bool isPacked = extension(model.file) == "gz";
    const std::string unpacked = isPacked ? withoutExtension(model.file) : model.file;
    const std::string output =
        withoutExtension(unpacked) + "_thresholds." + extension(unpacked) + (isPacked ? ".gz" : "");
    std::string command = "anomaly_evaluate " + shellWord(settings.category) + " " + shellWord("--model=" + model.file);
    if (isFirst && !settings.backbone.empty())
        command += " " + shellWord("--backbone=" + settings.backbone);
    if (!settings.mask.empty())
        command += " " + shellWord("--mask=" + settings.mask);
    return command + " " + shellWord("--calibrate=" + output);
}

void writePage(const Settings& settings, const std::vector<Model>& models)
{
    const bool areAlike = models.size() > 1 && fileName(models[0].file) == fileName(models[1].file);
    std::vector<ReportedModel> reported;
    for (const Model& model : models)
    {
        const bool isFirst = reported.empty();
        reported.push_back({areAlike ? model.file : fileName(model.file), commandFor(settings, model, isFirst),
                            model.detector, model.evaluation, isFirst && settings.hasThreshold()});
    }
    const std::string title = fileName(realPath(settings.category));
    std::cout << "report: " << writeReport(settings.report, title, reported) << std::endl;
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
    std::vector<Model> models = loadModels(settings);
    checkOutputs(settings, set, models);
    AnomalyDetector& detector = *models[0].detector;
    setGivenThresholds(detector, settings);
    const int mapSize = detector.getMapSize();

    measure(settings, set, models);
    printAll(settings, set, models);
    if (!settings.json.empty())
        writeJson(settings, models);
    if (!settings.report.empty())
        writePage(settings, models);
    detector.setMapSize(mapSize);
    if (!settings.calibrated.empty())
        saveCalibrated(detector, settings, models[0].evaluation);
    const std::vector<std::string>& unreadable = models[0].evaluation.unreadable;
    if (unreadable.empty())
        return 0;
    std::cout << counted(unreadable.size(), "image", "images") << " could not be scored" << std::endl;
    return 1;
}

} // namespace

int main(int argc, char** argv)
{
    return runProgram("anomaly_evaluate", evaluateCategory, argc, argv);
}
