// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
// Times the stages of a prediction.
#include "command_line.hpp"
#include "files.hpp"
#include "progress.hpp"

#include "opencv2/anomaly/cfa.hpp"
#include "opencv2/core/utils/logger.hpp"

#include <algorithm>
#include <iostream>
#include <map>

#ifndef _WIN32
#include <dlfcn.h>
#endif

using namespace cv;
using namespace cv::anomaly;

namespace {

struct Settings
{
    std::string model, json;
    CFA::Params params;
    bool random;
    int batch, runs, engine;
};

typedef std::vector<std::pair<std::string, double> > Times; // ms an image, in the order in which they are printed

const std::vector<std::string> engines = {"auto", "plain", "halide"}; // by the values of cv::anomaly::Engine
const Size imageSize(224, 224);

bool readCommandLine(int argc, char** argv, Settings& settings)
{
    CFA::Params& p = settings.params;
    p.backbone = "lite0";
    CommandLine line("cfa_benchmark", "Times predictions of a 224x224 image: the median of some runs, in ms an image. Times that are printed as 0 are "
                                      "part of a neighbouring stage. gemm is the product of all descriptors with the memory bank by cv::gemm, which "
                                      "a plain search would need at least.");
    line.heading("Either");
    line.option("model", "FILE", settings.model, "model file that cfa_train wrote");
    line.heading("Or");
    line.flag("random", settings.random, "a model of random images, which needs no training");
    line.option("backbone", "lite0|ONNX", p.backbone, "its network");
    line.option("gamma_c", "SHARE", p.gammaC, "size of its memory bank, as a share of an image's patches");
    line.option("gamma_d", "SHARE", p.gammaD, "length of its descriptors, as a share of the features'");
    line.heading("Options");
    line.option("batch", "N", settings.batch, "images of a call; the stages are those of a single image", 1);
    line.option("runs", "N", settings.runs, "runs to take the median of", 1);
    line.choice("engine", engines, settings.engine, "code that computes patch scores and maps");
    line.threadsOption();
    line.option("json", "FILE", settings.json, "also write the times as JSON");
    line.example("--model=model.yml.gz");
    line.example("--random --gamma_c=1 --threads=1 --json=times.json");
    if (!line.parse(argc, argv))
        return false;
    if (settings.model.empty() != settings.random)
        throw UsageError("give either --model=FILE or --random");
    return true;
}

Mat randomImage()
{
    Mat image(imageSize, CV_8UC3);
    randu(image, 0, 256);
    return image;
}

Ptr<AnomalyDetector> randomDetector(CFA::Params params)
{
    params.adaptation = CFA::ADAPTATION_NONE;
    params.validationFraction = 0;
    const Ptr<CFA> cfa = CFA::create(params);
    cfa->fit(std::vector<Mat>{randomImage(), randomImage()});
    return cfa;
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
    return (getTickCount() - start) * 1e3 / getTickFrequency();
}

double timeWhole(const AnomalyDetector& detector, const std::vector<Mat>& images)
{
    std::vector<Mat> maps;
    std::vector<double> scores;
    Mat map;
    if (images.size() == 1)
        return milliseconds([&] { detector.predict(images[0], map); });
    return milliseconds([&] { detector.predictBatch(images, scores, maps); }) / images.size();
}

// Whole predictions and those with a clock in turn, so that a slow moment of the machine meets both.
Times timeStages(const AnomalyDetector& detector, const Settings& settings)
{
    std::vector<Mat> images;
    for (int i = 0; i < settings.batch; i++)
        images.push_back(randomImage());
    std::vector<double> whole;
    std::map<std::string, std::vector<double> > stages;
    std::vector<String> names;
    ProgressBar bar;
    timeWhole(detector, images); // the first call also allocates
    for (int run = 0; run < settings.runs; run++)
    {
        std::vector<double> times;
        whole.push_back(timeWhole(detector, images));
        detector.profile(images[0], names, times);
        for (size_t i = 0; i < names.size(); i++)
            stages[names[i]].push_back(times[i]);
        bar.update("runs", run + 1, settings.runs);
    }
    Times times(1, std::make_pair("whole", median(whole)));
    for (const String& name : names)
        times.push_back(std::make_pair(name, median(stages[name])));
    return times;
}

// cv::setNumThreads does not reach the BLAS that cv::gemm may call.
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

void addGemm(const CFA& cfa, int runs, Times& times)
{
    const Mat bank = cfa.getMemoryBank();
    const int patches = cvRound(bank.rows / cfa.getParams().gammaC);
    Mat descriptors(patches, bank.cols, CV_32F), centres(bank.cols, bank.rows, CV_32F), products;
    randu(descriptors, -1, 1);
    randu(centres, -1, 1);
    setBlasThreads(getNumThreads());
    std::vector<double> gemms;
    for (int run = 0; run <= runs; run++)
        gemms.push_back(milliseconds([&] { gemm(descriptors, centres, 1, noArray(), 0, products); }));
    gemms.erase(gemms.begin());
    times.push_back(std::make_pair("gemm", median(gemms)));
}

int benchmark(int argc, char** argv)
{
    Settings settings = Settings();
    settings.batch = 1;
    settings.runs = 30;
    if (!readCommandLine(argc, argv, settings))
        return 0;
    utils::logging::setLogLevel(utils::logging::LOG_LEVEL_ERROR); // thresholds from learned images do not matter here
    const Ptr<AnomalyDetector> detector = settings.random ? randomDetector(settings.params) : loadDetector(settings.model);
    detector->setEngine(settings.engine);
    detector->setMapSize(MAP_IMAGE);
    Times times = timeStages(*detector, settings);
    if (const Ptr<CFA> cfa = detector.dynamicCast<CFA>())
        addGemm(*cfa, settings.runs, times);

    FlatJson json;
    std::cout << "engine      " << engines[detector->getEngine()] << ", " << getNumThreads() << " threads\n";
    for (const std::pair<std::string, double>& time : times)
    {
        std::cout << format("%-10s  %8.2f ms\n", time.first.c_str(), time.second);
        json.put(time.first, time.second);
    }
    json.put("batch", settings.batch);
    json.put("threads", getNumThreads());
    json.put("engine", engines[detector->getEngine()]);
    if (!settings.json.empty())
        json.write(settings.json);
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    return runProgram("cfa_benchmark", benchmark, argc, argv);
}
