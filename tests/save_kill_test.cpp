// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
/* save_kill_test [KILLS]: kills a process at random moments while it saves two models alternately to one file. After
   each kill the file must be one of the two models, complete. The exit status is 0 if it always is. */
#include "file_bytes.hpp"

#include "opencv2/anomaly.hpp"
#include "opencv2/core/utils/filesystem.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

using namespace cv;
using cv::anomaly::CFA;

namespace {

Ptr<CFA> fitted(int seed)
{
    CFA::Params params;
    params.inputSize = 64;
    params.adaptation = CFA::ADAPTATION_NONE;
    params.gammaC = 1. / 16;
    params.gammaD = 1. / 128;
    params.seed = seed;
    std::vector<Mat> images;
    for (int i = 0; i < 3; i++)
    {
        images.push_back(Mat(64, 64, CV_8UC3));
        RNG(i + 1).fill(images.back(), RNG::UNIFORM, 0, 256);
    }
    const Ptr<CFA> cfa = CFA::create(params);
    cfa->fit(images);
    return cfa;
}

// Saves until it is killed.
pid_t startSaving(const CFA& first, const CFA& second, const String& file)
{
    const pid_t child = fork();
    if (child != 0)
        return child;
    for (;;)
    {
        second.save(file);
        first.save(file);
    }
}

void killAfter(pid_t child, int microseconds)
{
    usleep(useconds_t(microseconds));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    if (!WIFSIGNALED(status))
        CV_Error_(Error::StsError, ("The process that saves ended by itself with status %d", status));
}

int run(int kills)
{
    setNumThreads(1); // threads do not survive fork
    const String folder = tempfile();
    std::remove(folder.c_str());
    utils::fs::createDirectory(folder);
    const String file = utils::fs::join(folder, "model.yml.gz");
    const Ptr<CFA> models[] = {fitted(1), fitted(2)};
    std::string bytes[2];
    for (int i : {1, 0})
    {
        models[i]->save(file);
        bytes[i] = bytesOf(file);
    }
    const auto start = std::chrono::steady_clock::now();
    models[0]->save(file);
    const int microseconds =
        int(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());

    int found[2] = {0, 0}, neither = 0;
    RNG random(11);
    for (int i = 0; i < kills; i++)
    {
        killAfter(startSaving(*models[i % 2], *models[1 - i % 2], file), random.uniform(0, 2 * microseconds));
        const std::string now = bytesOf(file);
        now == bytes[0] ? found[0]++ : now == bytes[1] ? found[1]++ : neither++;
    }
    CFA::load(file);
    models[0]->save(file);
    const bool savesAgain = bytesOf(file) == bytes[0];
    std::vector<String> left;
    glob(utils::fs::join(folder, ".*-model.yml.gz"), left);
    utils::fs::remove_all(folder);

    std::cout << kills << " kills, a save takes " << microseconds << " us: " << found[0] << " times one model, "
              << found[1] << " times the other, " << neither << " times neither; " << left.size()
              << " temporary files were left, the next save " << (savesAgain ? "went well" : "failed") << "\n";
    // A kill that never hits a save that runs would test nothing.
    return neither == 0 && savesAgain && found[0] > 0 && found[1] > 0 && !left.empty() ? 0 : 1;
}

} // namespace

int main(int argc, char** argv)
{
    try
    {
        return run(argc > 1 ? std::atoi(argv[1]) : 200);
    }
    catch (const std::exception& e)
    {
        std::cerr << e.what() << "\n";
        return 1;
    }
}
