// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
/* out_of_memory_test: processes with a limit of memory call fit, predict, save, load and PixelMetrics::add. The limit
   is raised from process to process until all calls succeed. A call that fails must throw a cv::Exception and leave
   detector, file and metrics unchanged. The exit status is 0 if all do. */
#include "file_bytes.hpp"

#include "opencv2/anomaly.hpp"
#include "opencv2/core/utils/filesystem.hpp"
#include "opencv2/core/utils/logger.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iostream>
#include <malloc.h>
#include <map>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace cv;
using cv::anomaly::CFA;

namespace {

std::vector<Mat> images()
{
    std::vector<Mat> all;
    for (int i = 0; i < 8; i++)
    {
        all.push_back(Mat(96, 96, CV_8UC3));
        RNG(i + 1).fill(all.back(), RNG::UNIFORM, 0, 256);
    }
    return all;
}

Ptr<CFA> fitted(int adaptation)
{
    CFA::Params params;
    params.inputSize = 64;
    params.adaptation = adaptation;
    params.epochs = 2;
    const Ptr<CFA> cfa = CFA::create(params);
    cfa->fit(images());
    return cfa;
}

// With training, where opencv_anomaly_train is here.
Ptr<CFA> fitted()
{
    try
    {
        return fitted(CFA::ADAPTATION_FULL);
    }
    catch (const cv::Exception& e)
    {
        if (e.code != Error::StsNotImplemented)
            throw;
        return fitted(CFA::ADAPTATION_NONE);
    }
}

//! This process may take so many KiB more than it has, as long as this lives.
class MemoryLimit
{
public:
    explicit MemoryLimit(size_t kibibytes)
    {
        size_t pages = 0;
        std::ifstream("/proc/self/statm") >> pages;
        getrlimit(RLIMIT_AS, &before);
        rlimit now = before;
        now.rlim_cur = pages * size_t(sysconf(_SC_PAGESIZE)) + (kibibytes << 10);
        setrlimit(RLIMIT_AS, &now);
    }
    ~MemoryLimit() { setrlimit(RLIMIT_AS, &before); }

private:
    rlimit before;
};

const size_t callCount = 6;

enum Outcome
{
    SUCCEEDED = 's',
    REFUSED = 'r',
    OTHER_EXCEPTION = 'x'
};

Outcome outcomeOf(const std::function<void()>& call)
{
    try
    {
        call();
        return SUCCEEDED;
    }
    catch (const cv::Exception&)
    {
        return REFUSED;
    }
    catch (const std::exception&)
    {
        return OTHER_EXCEPTION;
    }
}

// A map of so many pixels on a side, with as many good ones as defective ones, in stripes.
void addStripes(anomaly::PixelMetrics& metrics, int side)
{
    Mat map(side, side, CV_32F), mask = Mat::zeros(side, side, CV_8U);
    RNG(side).fill(map, RNG::UNIFORM, 0, 1);
    for (int y = 0; y + 8 <= side; y += 16)
        mask.rowRange(y, y + 8).setTo(1);
    metrics.add(map, mask);
}

// Metrics of a good map and one with stripes: both of their lists of good scores grow when they are merged.
Ptr<anomaly::PixelMetrics> goodAndStriped(int side)
{
    const Ptr<anomaly::PixelMetrics> metrics = anomaly::PixelMetrics::create();
    Mat map(side, side, CV_32F);
    RNG(side + 1).fill(map, RNG::UNIFORM, 0, 1);
    metrics->add(map);
    addStripes(*metrics, side);
    return metrics;
}

std::vector<double> figuresOf(const anomaly::PixelMetrics& metrics)
{
    std::vector<double> figures, imageOverlaps;
    figures = {double(metrics.count()), double(metrics.regionCount()), metrics.auroc(), metrics.aupro(),
               metrics.aupimo(imageOverlaps, 1e-3, 1)};
    figures.push_back(double(imageOverlaps.size()));
    return figures;
}

// What adding to small metrics comes to; isChanged where it throws and leaves traces.
Outcome addToMetrics(size_t kibibytes, const std::function<void(anomaly::PixelMetrics&)>& add, bool& isChanged)
{
    const Ptr<anomaly::PixelMetrics> metrics = goodAndStriped(64);
    const std::vector<double> before = figuresOf(*metrics);
    Outcome outcome;
    {
        const MemoryLimit limit(kibibytes);
        outcome = outcomeOf([&]() { add(*metrics); });
    }
    isChanged |= outcome != SUCCEEDED && figuresOf(*metrics) != before;
    return outcome;
}

// What the calls came to, a letter each, then the stage that fit reached; "changed" when they left traces.
std::string callAll(size_t kibibytes, const String& file)
{
    const Ptr<CFA> cfa = fitted();
    const std::vector<Mat> learned = images();
    Mat before, after, map;
    const double score = cfa->predict(learned[3], before);
    cfa->save(file);
    const std::string saved = bytesOf(file);
    std::string stage;
    stage.reserve(100);
    cfa->setFitCallback([&stage](const anomaly::FitProgress& progress) {
        stage = progress.stage;
        return true;
    });
    Outcome outcomes[callCount];
    bool isChanged = false;
    const Ptr<anomaly::PixelMetrics> large = goodAndStriped(1200);
    figuresOf(*large); // packs its scores, which are then merged with the others'
    outcomes[4] = addToMetrics(
        kibibytes, [](anomaly::PixelMetrics& metrics) { addStripes(metrics, 1500); }, isChanged);
    outcomes[5] = addToMetrics(
        kibibytes, [&large](anomaly::PixelMetrics& metrics) { metrics.merge(large); }, isChanged);
    {
        const MemoryLimit limit(kibibytes);
        outcomes[0] = outcomeOf([&]() { cfa->fit(learned); });
        outcomes[1] = outcomeOf([&]() { cfa->predict(learned[3], map); });
        outcomes[2] = outcomeOf([&]() { cfa->save(file); });
        outcomes[3] = outcomeOf([&]() { CFA::load(file); });
    }
    // A fit that succeeds learns the same again.
    if (isChanged || cfa->predict(learned[3], after) != score || norm(before, after, NORM_INF) != 0 ||
        bytesOf(file) != saved)
        return "changed";
    std::string letters;
    for (const Outcome outcome : outcomes)
        letters += char(outcome);
    return letters + (outcomes[0] == SUCCEEDED ? "" : stage.empty() ? "start" : stage);
}

// callAll in a process of its own, since its memory is the measure. "" when that crashed.
std::string callAllApart(size_t kibibytes, const String& file)
{
    int ends[2];
    if (pipe(ends) != 0)
        CV_Error(Error::StsError, "No pipe to be had");
    const pid_t child = fork();
    if (child == 0)
    {
        close(ends[0]);
        const std::string result = callAll(kibibytes, file);
        _exit(write(ends[1], result.data(), result.size()) == ssize_t(result.size()) ? 0 : 1);
    }
    close(ends[1]);
    char text[100];
    std::string result;
    for (ssize_t size; (size = read(ends[0], text, sizeof text)) > 0;)
        result.append(text, size_t(size));
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    return status == 0 ? result : "";
}

int run()
{
    setNumThreads(1); // threads do not survive fork
    utils::logging::setLogLevel(utils::logging::LOG_LEVEL_SILENT);
    mallopt(M_MMAP_THRESHOLD, 64 << 10); // what is freed goes back, so that little is at hand without asking the system
    const String folder = tempfile();
    std::remove(folder.c_str());
    utils::fs::createDirectory(folder);
    std::map<std::string, int> fits; // that failed, by the stage
    int faults = 0, limits = 0, refused = 0;
    std::string result;
    const std::string success(callCount, char(SUCCEEDED));
    for (size_t kibibytes = 512; result != success && limits < 40;
         kibibytes += std::max<size_t>(512, kibibytes / 5), limits++)
    {
        result = callAllApart(kibibytes, utils::fs::join(folder, "model.yml.gz"));
        const bool wrong =
            result.size() < callCount || result == "changed" || result.find(char(OTHER_EXCEPTION)) < callCount;
        if (wrong)
            std::cout << "with " << kibibytes << " KiB: " << (result.empty() ? "crashed" : result) << "\n";
        faults += wrong;
        refused +=
            int(std::count(result.begin(), result.begin() + std::min<size_t>(callCount, result.size()), char(REFUSED)));
        if (!wrong && result[0] == REFUSED)
            fits[result.substr(callCount)]++;
    }
    std::vector<String> left;
    utils::fs::glob(folder, "*", left, false, true);
    utils::fs::remove_all(folder);

    std::cout << limits << " limits, " << refused << " calls ended in a cv::Exception, fit in";
    for (const auto& stage : fits)
        std::cout << " " << stage.first << " " << stage.second << "x";
    std::cout << "; " << faults << " faults, " << left.size() - 1
              << " temporary files left, with the last limit all calls "
              << (result == success ? "succeeded" : "did not succeed") << "\n";
    // Limits that never strike, or at one place only, would test nothing.
    return faults == 0 && left.size() == 1 && result == success && fits.size() > 1 ? 0 : 1;
}

} // namespace

int main()
{
    try
    {
        return run();
    }
    catch (const std::exception& e)
    {
        std::cerr << e.what() << "\n";
        return 1;
    }
}
