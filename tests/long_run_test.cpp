// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
/* long_run_test [PREDICTIONS [ROUNDS]]: one detector predicts PREDICTIONS times, 100000 by default. Then detectors are
   fitted, saved and loaded ROUNDS times, 50 by default. The exit status is 0 if memory, open files and threads do not
   grow, and the last results equal the first ones bit for bit. */
#include "opencv2/anomaly.hpp"
#include "opencv2/core/utils/filesystem.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <thread>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

using namespace cv;
using cv::anomaly::CFA;

namespace {

// What the C library keeps of freed memory for later, up to 20 MB in each thread's arena, is not counted: when it is
// given back depends on what the threads do at the same time.
double residentKiB()
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
    double all = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> all >> resident;
    return resident * double(sysconf(_SC_PAGESIZE)) / 1024;
}

size_t entriesOf(const String& folder)
{
    std::vector<String> entries;
    utils::fs::glob(folder, "*", entries, false, true);
    return entries.size();
}

//! What the process holds, step after step. The first fifth is warm-up.
class Holdings
{
public:
    void note(int step)
    {
        steps.push_back(step);
        memory.push_back(residentKiB());
        files.push_back(entriesOf("/proc/self/fd"));
        threads.push_back(entriesOf("/proc/self/task"));
    }

    bool report(const String& what, double limit) const
    {
        const size_t first = steps.size() / 5;
        const bool flat = growth(first) < limit && files.back() <= files[first] && threads.back() <= threads[first];
        std::cout << what << ": "
                  << format("%.0f KiB after the warm-up, %.0f KiB at the end, slope %+.4f KiB each (at most %g); ",
                            memory[first], memory.back(), growth(first), limit)
                  << files[first] << " then " << files.back() << " open files, " << threads[first] << " then "
                  << threads.back() << " threads" << (flat ? "\n" : ": GROWS\n");
        return flat;
    }

private:
    // KiB a step, the slope of the line through what comes from `first` on.
    double growth(size_t first) const
    {
        double n = 0, x = 0, y = 0, xx = 0, xy = 0;
        for (size_t i = first; i < steps.size(); i++, n++)
        {
            x += steps[i];
            y += memory[i];
            xx += double(steps[i]) * steps[i];
            xy += steps[i] * memory[i];
        }
        return (n * xy - x * y) / (n * xx - x * x);
    }

    std::vector<int> steps;
    std::vector<double> memory;
    std::vector<size_t> files, threads;
};

Mat image(int seed)
{
    Mat noise(64 + 8 * (seed % 5), 64 + 16 * (seed % 3), CV_8UC3);
    RNG(seed + 1).fill(noise, RNG::UNIFORM, 0, 256);
    return noise;
}

std::vector<Mat> images(int count)
{
    std::vector<Mat> all;
    for (int i = 0; i < count; i++)
        all.push_back(image(i));
    return all;
}

CFA::Params smallParams(bool trained)
{
    CFA::Params params;
    params.inputSize = 64;
    params.adaptation = trained ? CFA::ADAPTATION_FULL : CFA::ADAPTATION_NONE;
    params.epochs = 2;
    params.batchSize = 2;
    params.cacheMiB = 0; // features in a file
    return params;
}

Ptr<CFA> fitted(const CFA::Params& params)
{
    const Ptr<CFA> cfa = CFA::create(params);
    cfa->fit(images(6));
    return cfa;
}

bool canTrain()
{
    try
    {
        fitted(smallParams(true));
        return true;
    }
    catch (const cv::Exception& e)
    {
        if (e.code != Error::StsNotImplemented)
            throw;
        return false;
    }
}

struct Result
{
    double score;
    Mat map;

    bool operator==(const Result& other) const { return score == other.score && norm(map, other.map, NORM_INF) == 0; }
};

Result resultOf(const CFA& cfa, const Mat& input)
{
    Result result;
    result.score = cfa.predict(input, result.map);
    return result;
}

void expectRefusal(const CFA& cfa)
{
    try
    {
        cfa.predict(Mat(3, 3, CV_8UC3, Scalar::all(0)));
    }
    catch (const cv::Exception&)
    {
        return;
    }
    CV_Error(Error::StsError, "An image of 3x3 pixels was scored");
}

// By the way of all that programs do: maps, masks, batches, refused images, threads that come and go.
Result predictSomehow(const CFA& cfa, const Mat& input, int step)
{
    if (step % 100 == 1)
        expectRefusal(cfa);
    if (step % 100 == 2)
        cfa.predict(input, noArray(), Mat(input.size(), CV_8U, Scalar(255)));
    Result result;
    if (step % 100 == 3)
    {
        std::vector<double> scores;
        std::vector<Mat> maps;
        cfa.predictBatch(std::vector<Mat>(4, input), scores, maps);
        result = {scores[3], maps[3]};
    }
    else if (step % 1000 == 4)
        std::thread([&]() { result = resultOf(cfa, input); }).join();
    else
        result = resultOf(cfa, input);
    return result;
}

// The number of results that are not those of the first time.
int repeat(int steps, Holdings& held, const std::function<bool(int)>& same)
{
    const int every = std::max(1, steps / 50);
    int others = 0;
    for (int step = 0; step < steps; step++)
    {
        others += !same(step);
        if ((step + 1) % every == 0)
            held.note(step + 1);
    }
    return others;
}

bool predictsForLong(int predictions, bool trained)
{
    const Ptr<CFA> cfa = fitted(smallParams(trained));
    const std::vector<Mat> inputs = images(15);
    std::vector<Result> first;
    for (const Mat& input : inputs)
        first.push_back(resultOf(*cfa, input));
    Holdings held;
    const int others = repeat(predictions, held, [&](int step) {
        const size_t i = step % inputs.size();
        return predictSomehow(*cfa, inputs[i], step) == first[i];
    });
    std::cout << predictions << " predictions, " << others << " unlike the first of their image\n";
    return held.report("a prediction", 1) && others == 0;
}

bool fitsForLong(int rounds, bool trained)
{
    const CFA::Params params = smallParams(trained);
    const Mat input = image(20);
    const Result first = resultOf(*fitted(params), input);
    const String file = tempfile(".yml.gz");
    Holdings held;
    const int others = repeat(rounds, held, [&](int) {
        const Ptr<CFA> cfa = fitted(params);
        cfa->save(file);
        return resultOf(*cfa, input) == first && resultOf(*CFA::load(file), input) == first;
    });
    std::remove(file.c_str());
    std::cout << rounds << " rounds of fit, save and load"
              << (trained ? "" : " (without training: opencv_anomaly_train is not here)") << ", " << others
              << " unlike the first\n";
    // The allocator takes 2 MiB once in a while, which a few rounds do not tell from a slope; a model that stays is
    // larger.
    return held.report("a round", rounds < 50 ? 2048 : 64) && others == 0;
}

int run(int predictions, int rounds)
{
    const bool trained = canTrain(), steady = predictsForLong(predictions, trained);
    return fitsForLong(rounds, trained) && steady ? 0 : 1;
}

} // namespace

int main(int argc, char** argv)
{
    try
    {
        return run(argc > 1 ? std::atoi(argv[1]) : 100000, argc > 2 ? std::atoi(argv[2]) : 50);
    }
    catch (const std::exception& e)
    {
        std::cerr << e.what() << "\n";
        return 1;
    }
}
