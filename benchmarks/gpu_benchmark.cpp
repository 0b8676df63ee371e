// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
// Measures how many images per second a GPU predicts with a bank of any size. The bank is random, because a fit would
// take longer than the measurement. It times the steps of predictBatch: resizing, network, descriptor, search, maps in
// host memory, and their highest values. gpu_benchmark.py runs this program.
#include "opencv2/anomaly.hpp"
#include "opencv2/dnn.hpp"

#include "../modules/anomaly/src/cfa/adaptation.hpp"
#include "../modules/anomaly/src/scoring/nearest_scorer.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <stdexcept>

using namespace cv;
using namespace cv::anomaly;

namespace {

//! The command line.
struct Settings
{
    String onnx;
    int centers, batch, runs, target, images;
    double gammaD;
    bool paper; // whether to use mean and scale of torchvision's networks
};

Settings settingsFrom(int argc, char** argv)
{
    const CommandLineParser line(
        argc, argv, "{onnx||}{centers|784|}{gamma_d|1|}{batch|32|}{runs|30|}{target|cuda|}{images|0|}{torchvision||}");
    const String target = line.get<String>("target");
    const int targets[] = {dnn::DNN_TARGET_CPU, dnn::DNN_TARGET_CUDA, dnn::DNN_TARGET_CUDA_FP16,
                           dnn::DNN_TARGET_OPENCL};
    const char* const names[] = {"cpu", "cuda", "cuda_fp16", "opencl"};
    Settings settings = {
        line.get<String>("onnx"), line.get<int>("centers"),    line.get<int>("batch"), line.get<int>("runs"), -1,
        line.get<int>("images"),  line.get<double>("gamma_d"), line.has("torchvision")};
    for (int i = 0; i < 4; i++)
        if (target == names[i])
            settings.target = targets[i];
    if (settings.target < 0)
        throw std::runtime_error("unknown --target=" + target);
    return settings;
}

InputSettings inputOf(const Settings& settings)
{
    const Size size(224, 224);
    if (settings.paper)
        return {size, size, Scalar(123.675, 116.28, 103.53), Scalar(0.01712475, 0.01750700, 0.01742919), true, 0, 0,
                16,   false};
    return {size, size, Scalar::all(127), Scalar::all(1. / 128), true, 0, 0, 16, false};
}

std::vector<Mat> randomImages(int count)
{
    std::vector<Mat> images(count);
    for (Mat& image : images)
    {
        image.create(224, 224, CV_8UC3);
        randu(image, 0, 256);
    }
    return images;
}

//! A random descriptor, and a bank of descriptors of a random image with noise, so that distances differ as in a model.
struct Model
{
    explicit Model(const Settings& settings)
        : input(inputOf(settings)),
          source(loadBackbone(settings.onnx, {"c2", "c3", "c4"}))
    {
        InputSettings small = input; // A small input has enough patches to choose centers from.
        small.resize = small.crop = Size(64, 64);
        const FeatureMaps features =
            Backbone::create(source, onProcessor(ENGINE_HALIDE))->forward(preprocess(randomImages(1)[0], small));
        descriptor = randomDescriptor(features.channels, settings.gammaD, CFA::INIT_UNIFORM, 0);
        const Mat phi = project(poolPatches(features.maps), descriptor).t();
        bank.create(settings.centers, descriptor.length(), CV_32F);
        RNG random(1);
        for (int c = 0; c < settings.centers; c++)
        {
            Mat row = bank.row(c);
            random.fill(row, RNG::NORMAL, 0, 0.05);
            row += phi.row(random.uniform(0, phi.rows));
        }
    }

    const InputSettings input;
    const BackboneSource source;
    Descriptor descriptor;
    Mat bank;
};

//! The parts of a detector that a prediction uses.
struct Prediction
{
    Prediction(const Model& model, const Device& device)
        : input(model.input),
          backbone(Backbone::create(model.source, device)),
          scoreMap(createNearestScoreMap(model.descriptor, model.bank, {3, WEIGHT_NONE}, {Size(224, 224), 4}, device))
    {}

    void run(const std::vector<Mat>& images, std::vector<Mat>& maps, std::vector<double>& scores,
             StageClock* clock) const
    {
        const int count = int(images.size());
        maps.resize(count);
        scores.resize(count);
        const FeatureMaps features = backbone->forward(images.data(), count, input, clock);
        scoreMap->make(features, maps.data(), NULL, clock);
        parallel_for_(Range(0, count), [&](const Range& range) {
            for (int i = range.start; i < range.end; i++)
                minMaxLoc(maps[i], NULL, &scores[i]);
        });
    }

    const InputSettings input;
    const std::shared_ptr<const Backbone> backbone;
    const std::shared_ptr<const ScoreMap> scoreMap;
};

double median(std::vector<double> values)
{
    std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
    return values[values.size() / 2];
}

double milliseconds(int64 since)
{
    return double(getTickCount() - since) * 1e3 / getTickFrequency();
}

//! Returns the free memory of the GPU in bytes, or 0 without a driver.
size_t freeOnGpu()
{
    typedef int (*GetInfo)(size_t*, size_t*);
    typedef int (*Push)(void*);
    typedef int (*Retain)(void**, int);
    void* const driver = dlopen("libcuda.so.1", RTLD_NOW);
    size_t left = 0, all = 0;
    void* context = NULL;
    if (!driver || reinterpret_cast<Retain>(dlsym(driver, "cuDevicePrimaryCtxRetain"))(&context, 0))
        return 0;
    reinterpret_cast<Push>(dlsym(driver, "cuCtxPushCurrent_v2"))(context);
    reinterpret_cast<GetInfo>(dlsym(driver, "cuMemGetInfo_v2"))(&left, &all);
    return left;
}

// The resident memory of this process.
size_t residentBytes()
{
    size_t pages = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> pages >> resident;
    return resident * 4096;
}

// The largest difference of the maps from those of the processor, relative to the largest value.
double differenceFromProcessor(const Model& model, const Prediction& prediction, const std::vector<Mat>& images)
{
    const Prediction reference(model, onProcessor(ENGINE_HALIDE));
    const size_t few = std::min(images.size(), size_t(4));
    std::vector<Mat> expected, maps;
    std::vector<double> scores;
    reference.run(std::vector<Mat>(images.begin(), images.begin() + few), expected, scores, NULL);
    prediction.run(images, maps, scores, NULL);
    double largest = 0;
    for (size_t i = 0; i < few; i++)
        largest = std::max(largest, norm(maps[i], expected[i], NORM_INF) / norm(expected[i], NORM_INF));
    return largest;
}

// Prints the median time of each stage as members of a JSON object.
void printStages(const Prediction& prediction, const std::vector<Mat>& images, int runs)
{
    std::vector<Mat> maps;
    std::vector<double> scores, stages[STAGE_COUNT];
    for (int run = 0; run < runs; run++)
    {
        StageClock clock;
        prediction.run(images, maps, scores, &clock);
        for (int stage = 0; stage < STAGE_COUNT; stage++)
            stages[stage].push_back(clock.milliseconds[stage]);
    }
    const char* const names[] = {"preprocess", "backbone", "descriptor", "search", "map"};
    for (int stage = 0; stage < STAGE_COUNT; stage++)
        std::printf(", \"%s_ms\": %.3f", names[stage], median(stages[stage]));
}

// Predicts many images, and prints how much memory the process and the GPU have lost meanwhile.
void runForGrowth(const Prediction& prediction, const std::vector<Mat>& images, int count)
{
    std::vector<Mat> maps;
    std::vector<double> scores, first;
    prediction.run(images, maps, first, NULL);
    const size_t gpu = freeOnGpu(), host = residentBytes();
    for (int done = 0; done < count; done += int(images.size()))
    {
        prediction.run(images, maps, scores, NULL);
        if (scores != first)
            throw std::runtime_error("the same images got other scores");
    }
    std::printf(", \"images\": %d, \"gpu_growth_bytes\": %lld, \"host_growth_bytes\": %lld", count,
                (long long)gpu - (long long)freeOnGpu(), (long long)residentBytes() - (long long)host);
}

void benchmark(const Settings& settings)
{
    const std::vector<Mat> images = randomImages(settings.batch);
    const Device device = settings.target == dnn::DNN_TARGET_CPU ? onProcessor(ENGINE_HALIDE)
                                                                 : resolveDevice(ENGINE_HALIDE, settings.target);
    const Model model(settings);
    const Prediction prediction(model, device);
    const double difference = differenceFromProcessor(model, prediction, images);
    std::vector<Mat> maps;
    std::vector<double> scores, times;
    for (int run = 0; run < settings.runs + 3; run++)
    {
        const int64 start = getTickCount();
        prediction.run(images, maps, scores, NULL);
        if (run >= 3)
            times.push_back(milliseconds(start));
    }
    std::printf("{\"images_per_second\": %.1f, \"difference\": %.2e", settings.batch * 1e3 / median(times), difference);
    printStages(prediction, images, std::min(settings.runs, 10));
    if (settings.images)
        runForGrowth(prediction, images, settings.images);
    std::printf("}\n");
}

} // namespace

int main(int argc, char** argv)
{
    try
    {
        benchmark(settingsFrom(argc, argv));
        return 0;
    }
    catch (const std::exception& e)
    {
        std::cerr << "gpu_benchmark: " << e.what() << std::endl;
        return 1;
    }
}
