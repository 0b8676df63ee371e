// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
/* out_of_memory_test: processes that may take ever more KiB than they have call fit, predict, save and load, until all of these succeed.
   What fails must throw a cv::Exception and leave detector and file as they were. Exit status: 0 when it does. */
#include "opencv2/anomaly.hpp"
#include "opencv2/core/utils/filesystem.hpp"
#include "opencv2/core/utils/logger.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace cv;
using cv::anomaly::CFA;

namespace {

String bytesOf(const String& file)
{
    std::ifstream stream(file, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
}

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

Ptr<CFA> fittedWithTraining()
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

//! The process may take so many KiB more than it has, as long as this lives.
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

// How a call ended: "" when it succeeded.
String outcomeOf(const std::function<void()>& call)
{
    try
    {
        call();
        return "";
    }
    catch (const cv::Exception&)
    {
        return "cv::Exception";
    }
    catch (const std::exception& e)
    {
        return e.what();
    }
}

// One line for each call that failed, "<call> <how>".
void callAll(size_t kibibytes, const String& file, std::ostream& lines)
{
    const Ptr<CFA> cfa = fittedWithTraining();
    const Mat input = images()[3];
    Mat before, after, map;
    const double score = cfa->predict(input, before);
    cfa->save(file);
    const String saved = bytesOf(file), *stage = NULL;
    String last;
    cfa->setFitCallback([&last](const anomaly::FitProgress& progress) {
        last = progress.stage;
        return true;
    });
    const std::vector<Mat> learned = images();
    std::vector<std::pair<String, String> > outcomes;
    {
        const MemoryLimit limit(kibibytes);
        const auto note = [&](const char* call, const std::function<void()>& body) { outcomes.push_back(std::make_pair(call, outcomeOf(body))); };
        note("fit", [&]() { cfa->fit(learned); });
        note("predict", [&]() { cfa->predict(input, map); });
        note("save", [&]() { cfa->save(file); });
        note("load", [&]() { CFA::load(file); });
    }
    (void)stage;
    if (cfa->predict(input, after) != score || norm(before, after, NORM_INF) != 0)
        lines << "fit changes-the-detector\n";
    if (bytesOf(file) != saved)
        lines << "save changes-the-file\n";
    for (const auto& outcome : outcomes)
        if (!outcome.second.empty())
            lines << outcome.first << (outcome.first == "fit" ? ":" + last : "") << " " << outcome.second << "\n";
}

} // namespace

int main(int argc, char** argv)
{
    mallopt(M_MMAP_THRESHOLD, 64 << 10);
    setNumThreads(1);
    utils::logging::setLogLevel(utils::logging::LOG_LEVEL_SILENT);
    callAll(std::atoi(argv[1]), argc > 2 ? argv[2] : "/tmp/hA_oom.yml.gz", std::cout);
}
