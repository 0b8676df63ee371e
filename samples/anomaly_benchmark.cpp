// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
// anomaly_benchmark measures how long each stage of a prediction takes.
#include "backbone_options.hpp"
#include "command_line.hpp"
#include "device_option.hpp"
#include "files.hpp"
#include "method.hpp"
#include "outputs.hpp"
#include "progress.hpp"

#include "opencv2/anomaly/cfa.hpp"
#include "opencv2/anomaly/patchcore.hpp"
#include "opencv2/core/utils/logger.hpp"
#include "opencv2/imgproc.hpp"

#include <algorithm>
#include <iostream>
#include <map>
#include <numeric>
#include <stdexcept>
#include <thread>

#ifndef _WIN32
#include <dlfcn.h>
#endif

using namespace cv;
using namespace cv::anomaly;

namespace {

//! The command line.
struct Settings
{
    std::string model, images, json;
    std::vector<Ptr<Method>> methods = makeMethods();
    int method = 0;
    DetectorParams params; // settings that all methods share
    bool random = false, train = false;
    int batch = 1, callers = 1, runs = 30, engine = ENGINE_AUTO, device = DEVICE_CPU;

    Method& chosen() const { return *methods[method]; }
};

typedef std::vector<std::pair<std::string, double>> Times; // in ms for one image, in the order of printing

const std::vector<std::string> engines = {"auto", "plain", "halide"}; // indexed by cv::anomaly::Engine
const char* const embedded = "lite0"; // the network inside the library, which has no file
const Size imageToLearn(224, 224);    // random images that a model is fitted to

void addRandomModel(CommandLine& line, Settings& settings)
{
    line.heading("Or");
    line.flag("random", settings.random, "a model of random images, which needs no training");
    line.variants("method", namesOf(settings.methods), settings.method, "its method");
    line.option("backbone", "lite0|ONNX", settings.params.backbone,
                "its network; with --model, where that is if not beside the model file");
    addPrecisionOption(line, settings.params);
    line.flag("train", settings.train,
              "also time how such a model learns, in ms an image: the network's features, then a step with features "
              "at hand, or what else the method makes of them");
    for (int i = 0; i < int(settings.methods.size()); i++)
    {
        line.optionsOf(i, "Options");
        settings.methods[i]->addSizeOptions(line);
    }
    addBackboneOptions(line, settings.params);
}

void checkSource(const Settings& settings)
{
    if (settings.model.empty() != settings.random)
        throw UsageError("give either --model=FILE or --random");
    if (settings.train && !settings.random)
        throw UsageError("--train needs --random: it trains a model of its own");
}

bool readCommandLine(int argc, char** argv, Settings& settings)
{
    settings.params.backbone = embedded;
    settings.params.validationFraction = 0;
    CommandLine line(
        "anomaly_benchmark",
        "Times predictions of an image of the size of the network's input: the median of some runs, in ms an image. "
        "Times that are printed as 0 "
        "are part of a neighboring stage. bytes is the size of the model in memory form, as saveToMemory gives it. "
        "gemm is the product of all patches with the memory bank, if the method has one, by cv::gemm: a plain search "
        "would need at least that. Before, the maps are compared with those of the plain engine.");
    line.heading("Either");
    line.option("model", "FILE", settings.model, "model file that anomaly_train wrote");
    addRandomModel(line, settings);
    line.heading("Options");
    line.option("images", "DIR", settings.images, "images to predict, each run the next one, in place of random ones");
    line.option("batch", "N", settings.batch, "images of a call; the stages are those of a single image", 1);
    line.option("callers", "N", settings.callers,
                "threads of the application that predict at the same time; gives images per second of one and of all",
                1);
    line.option("runs", "N", settings.runs, "runs to take the median of", 1);
    line.choice("engine", engines, settings.engine, "code that computes patch scores and maps");
    addDeviceOption(line, settings.device);
    line.threadsOption();
    line.option("json", "FILE", settings.json, "also write the times as JSON");
    line.example("--model=model.yml.gz --images=parts/test");
    line.example("--random --scoring_bank_size=1000 --threads=1 --json=times.json");
    line.example("--random --method=patchcore --bank_size=10000 --train");
    if (!line.parse(argc, argv))
        return false;
    checkSource(settings);
    return true;
}

Mat randomImage(Size size)
{
    Mat image(size, CV_8UC3);
    randu(image, 0, 256);
    return image;
}

std::vector<Mat> randomImages(int count, Size size)
{
    std::vector<Mat> images;
    for (int i = 0; i < count; i++)
        images.push_back(randomImage(size));
    return images;
}

// Reads images and resizes them to the network's input before anything is timed, so that decoding and shrinking large
// files is not measured.
std::vector<Mat> imagesToPredict(const Settings& settings, Size size)
{
    std::vector<Mat> images;
    LeftOut leftOut;
    if (settings.images.empty())
        images = randomImages(settings.batch, size);
    else
        for (const std::string& file : listImagesBelow(settings.images, std::string(), leftOut))
        {
            images.push_back(Mat());
            resize(readImage(settings.images + "/" + file), images.back(), size, 0, 0, INTER_AREA);
        }
    if (images.empty())
        throw std::runtime_error("There is no image in " + settings.images);
    return images;
}

// Returns the images of one call. Consecutive runs take consecutive images, and start again after the last one.
std::vector<Mat> batchOf(const std::vector<Mat>& images, int run, int size)
{
    std::vector<Mat> batch;
    for (int i = 0; i < size; i++)
        batch.push_back(images[(size_t(run) * size + i) % images.size()]);
    return batch;
}

String backboneFile(const DetectorParams& params)
{
    return params.backbone == embedded ? String() : params.backbone;
}

Ptr<AnomalyDetector> randomDetector(const Settings& settings)
{
    const Method& method = settings.chosen();
    const Ptr<AnomalyDetector> detector = method.createToPredict(settings.params);
    detector->fit(randomImages(method.imagesToFill(settings.params), imageToLearn));
    return detector;
}

double median(std::vector<double> values)
{
    const size_t middle = values.size() / 2;
    std::nth_element(values.begin(), values.begin() + middle, values.end());
    return values[middle];
}

template <typename Work> double milliseconds(const Work& work)
{
    const int64 start = getTickCount();
    work();
    return double(getTickCount() - start) * 1e3 / getTickFrequency();
}

// Matrices that are reused from call to call, as a program that predicts in a loop would do it.
struct Results
{
    std::vector<Mat> maps;
    std::vector<double> scores;
    Mat map;
};

// Time for one image of a call, in ms.
double timeWhole(const AnomalyDetector& detector, const std::vector<Mat>& images, Results& results)
{
    if (images.size() == 1)
        return milliseconds([&] { detector.predict(images[0], results.map); });
    return milliseconds([&] { detector.predictBatch(images, results.scores, results.maps); }) / double(images.size());
}

std::vector<Mat> mapsOf(AnomalyDetector& detector, const std::vector<Mat>& images)
{
    std::vector<Mat> maps;
    std::vector<double> scores;
    detector.predictBatch(images, scores, maps);
    return maps;
}

//! Returns the largest difference between the maps of the engine under test and those of the plain engine on the
//! processor, relative to the largest map value. Throws when it is larger than float rounding allows. The detector
//! then has the engine and device under test.
double compareWithPlain(AnomalyDetector& detector, const Settings& settings, const std::vector<Mat>& images)
{
    const double allowed = settings.device == DEVICE_CUDA_FP16 ? 1e-2 : 1e-4;
    detector.setEngine(settings.device == DEVICE_CPU ? ENGINE_PLAIN : settings.engine);
    const std::vector<Mat> plain = mapsOf(detector, images);
    detector.setEngine(settings.engine);
    detector.setPreferableTarget(targetOf(settings.device));
    const std::vector<Mat> timed = mapsOf(detector, images);
    double largest = 0;
    for (size_t i = 0; i < images.size(); i++)
        largest = std::max(largest, norm(timed[i], plain[i], NORM_INF) / norm(plain[i], NORM_INF));
    if (!(largest <= allowed))
        throw std::runtime_error(format("The maps of engine %s on %s differ by %g of their maximum from those of the "
                                        "plain one, more than %g: nothing was timed",
                                        engines[settings.engine].c_str(), deviceNames[settings.device].c_str(), largest,
                                        allowed));
    return largest;
}

// Measures whole predictions and single stages alternately, so that a slow moment of the machine affects both.
Times timeStages(const AnomalyDetector& detector, const Settings& settings, const std::vector<Mat>& images)
{
    std::vector<double> whole;
    std::map<std::string, std::vector<double>> stages;
    std::vector<String> names;
    ProgressBar bar;
    Results results;
    timeWhole(detector, batchOf(images, 0, settings.batch), results); // the first call also allocates
    for (int run = 0; run < settings.runs; run++)
    {
        std::vector<double> times;
        const std::vector<Mat> batch = batchOf(images, run, settings.batch);
        whole.push_back(timeWhole(detector, batch, results));
        detector.profile(batch[0], names, times);
        for (size_t i = 0; i < names.size(); i++)
            stages[names[i]].push_back(times[i]);
        bar.update("runs", run + 1, settings.runs);
    }
    Times times(1, std::make_pair("whole", median(whole)));
    for (const String& name : names)
        times.push_back(std::make_pair(name, median(stages[name])));
    return times;
}

// Lets `callers` threads predict `runs` images each at the same time.
double imagesPerSecond(const AnomalyDetector& detector, const std::vector<Mat>& images, int callers, int runs)
{
    std::vector<std::thread> threads;
    const double time = milliseconds([&] {
        for (int caller = 0; caller < callers; caller++)
            threads.emplace_back([&] {
                Mat map;
                for (int run = 0; run < runs; run++)
                    detector.predict(images[run % images.size()], map);
            });
        for (std::thread& thread : threads)
            thread.join();
    });
    return 1e3 * callers * runs / time;
}

// Measures one caller and all callers alternately.
Times timeCallers(const AnomalyDetector& detector, const Settings& settings, const std::vector<Mat>& images)
{
    const int rounds = 9, runs = std::max(settings.runs / rounds, 1);
    std::vector<double> one, all;
    imagesPerSecond(detector, images, settings.callers, 1);
    for (int round = 0; round < rounds; round++)
    {
        one.push_back(imagesPerSecond(detector, images, 1, runs));
        all.push_back(imagesPerSecond(detector, images, settings.callers, runs));
    }
    return {{"images_per_second_of_one_caller", median(one)}, {"images_per_second", median(all)}};
}

// cv::setNumThreads does not limit the BLAS library that cv::gemm may call, which has threads of its own.
void setBlasThreads(int threads)
{
#ifndef _WIN32
    typedef void (*SetThreads)(int);
    if (const SetThreads set = reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads")))
        set(threads);
#else
    (void)threads;
#endif
}

// The memory bank, centers x axes, of a method that compares patches with one, and the number of patches of an image.
// Other methods have an empty bank.
struct Comparison
{
    Mat bank;
    int patches;
};

Comparison comparisonOf(const Ptr<AnomalyDetector>& detector)
{
    if (const Ptr<CFA> cfa = detector.dynamicCast<CFA>())
        return {cfa->getMemoryBank(), patchesOf(cfa->getDetectorParams(), cfaPatchStride)};
    if (const Ptr<PatchCore> patchCore = detector.dynamicCast<PatchCore>())
        return {patchCore->getMemoryBank(),
                patchesOf(patchCore->getDetectorParams(), patchCore->getParams().patchStride)};
    return {Mat(), 0};
}

// Times the product of all patches and the bank, which an exhaustive search cannot do without.
void addGemm(const Comparison& comparison, int runs, Times& times)
{
    const Size bank = comparison.bank.size();
    Mat patches(comparison.patches, bank.width, CV_32F), centers(bank.width, bank.height, CV_32F), products;
    randu(patches, -1, 1);
    randu(centers, -1, 1);
    setBlasThreads(getNumThreads());
    std::vector<double> gemms;
    for (int run = 0; run <= runs; run++)
        gemms.push_back(milliseconds([&] { gemm(patches, centers, 1, noArray(), 0, products); }));
    gemms.erase(gemms.begin()); // The first product also allocates memory.
    times.push_back(std::make_pair("gemm", median(gemms)));
}

// Returns the images that training is timed with. A method that trains in steps gets at least two batches, and its
// number of epochs is set so that there are at least `runs` steps.
std::vector<Mat> imagesToLearn(const Settings& settings, std::vector<Mat> images)
{
    const int most = 64; // The features of all of them stay in memory.
    Method& method = settings.chosen();
    const int least = std::max(2 * method.batchSize(), method.imagesToFill(settings.params));
    while (int(images.size()) < least)
        images.push_back(randomImage(imageToLearn));
    images.resize(std::min(int(images.size()), std::max(most, least)));
    if (method.batchSize() > 0)
    {
        const int steps = int(images.size()) / method.batchSize(), fewestEpochs = 2;
        method.setEpochs(std::max(fewestEpochs, (settings.runs + steps - 1) / steps));
    }
    return images;
}

double sum(const std::vector<double>& values)
{
    return std::accumulate(values.begin(), values.end(), 0.0);
}

// Takes the time between two reports of fit: each report is about the features of one image, or about one step of a
// batch. Time that a method without steps spends on all features at once is divided by the number of images.
Times timeTraining(const Settings& settings, const std::vector<Mat>& predicted)
{
    const std::vector<Mat> images = imagesToLearn(settings, predicted);
    const int batchSize = settings.chosen().batchSize();
    std::map<std::string, std::vector<double>> stages;
    int64 last = getTickCount();
    const Ptr<AnomalyDetector> detector = settings.chosen().create(settings.params);
    detector->setPreferableTarget(targetOf(settings.device));
    detector->setFitCallback([&](const FitProgress& progress) {
        const int64 now = getTickCount();
        stages[progress.stage].push_back(double(now - last) * 1e3 / getTickFrequency());
        last = now;
        return true;
    });
    detector->fit(images);
    Times times;
    if (batchSize > 0)
        times.push_back({"train_step", median(stages["training"]) / batchSize});
    times.push_back({"train_backbone", median(stages["features"])});
    for (const std::pair<const std::string, std::vector<double>>& stage : stages)
        if (batchSize == 0 && stage.first != "features")
            times.push_back({"train_" + stage.first, sum(stage.second) / double(images.size())});
    return times;
}

void checkOutputs(const Settings& settings, const AnomalyDetector& detector)
{
    if (settings.json.empty())
        return;
    Outputs outputs;
    LeftOut leftOut;
    outputs.readsModel(settings.model, backboneFile(settings.params), detector);
    if (!settings.images.empty())
        for (const std::string& file : listImagesBelow(settings.images, std::string(), leftOut))
            outputs.reads(settings.images + "/" + file);
    outputs.writesText("json", settings.json);
    checkWritable(settings.json);
}

// The size of the model in memory, as saveToMemory gives it.
double bytesOf(const AnomalyDetector& detector)
{
    std::vector<uchar> model;
    detector.saveToMemory(model);
    return double(model.size());
}

void report(const Settings& settings, const AnomalyDetector& detector, const Times& times, const Times& rates,
            double difference)
{
    FlatJson json;
    const double bytes = bytesOf(detector);
    std::cout << "method          " << detector.getMethod() << format(", %.0f bytes\n", bytes);
    std::cout << "engine          " << engines[detector.getEngine()] << " on " << deviceNames[settings.device] << ", "
              << getNumThreads() << " threads\n";
    for (const std::pair<std::string, double>& time : times)
    {
        std::cout << format("%-14s  %8.2f ms\n", time.first.c_str(), time.second);
        json.put(time.first, time.second);
    }
    for (const std::pair<std::string, double>& rate : rates)
    {
        std::cout << rate.first << "  " << format("%.1f\n", rate.second);
        json.put(rate.first, rate.second);
    }
    std::cout << format("%-14s  %8.1e of the largest value, from the plain engine's maps\n", "difference", difference);
    json.put("difference", difference);
    json.put("method", methodOf(detector));
    json.put("bytes", bytes);
    json.put("batch", settings.batch);
    json.put("threads", getNumThreads());
    json.put("engine", engines[detector.getEngine()]);
    json.put("device", deviceNames[settings.device]);
    if (!settings.json.empty())
        json.write(settings.json);
}

int benchmark(int argc, char** argv)
{
    Settings settings;
    if (!readCommandLine(argc, argv, settings))
        return 0;
    utils::logging::setLogLevel(utils::logging::LOG_LEVEL_ERROR); // hides a warning about the random model's thresholds
    const Ptr<AnomalyDetector> detector =
        settings.random ? randomDetector(settings) : readModel(settings.model, backboneFile(settings.params));
    checkOutputs(settings, *detector);
    detector->setMapSize(MAP_IMAGE);
    const std::vector<Mat> images = imagesToPredict(settings, detector->getDetectorParams().inputShape);
    const double difference =
        compareWithPlain(*detector, settings, batchOf(images, 0, std::min(int(images.size()), 8)));
    Times times = timeStages(*detector, settings, images);
    const Comparison comparison = comparisonOf(detector);
    if (!comparison.bank.empty() && settings.device == DEVICE_CPU)
        addGemm(comparison, settings.runs, times);
    if (settings.train)
        for (const std::pair<std::string, double>& time : timeTraining(settings, images))
            times.push_back(time);
    Times rates;
    if (settings.callers > 1)
        rates = timeCallers(*detector, settings, images);
    report(settings, *detector, times, rates, difference);
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    return runProgram("anomaly_benchmark", benchmark, argc, argv);
}
