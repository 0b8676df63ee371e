// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// The helper process that trains: that it is reused and replaced, and what happens when it ends early.
#include "test_textures.hpp"

#ifdef __linux__
#include <csignal>
#include <cstdlib>
#include <dirent.h>
#include <fstream>
#include <sys/resource.h>
#include <unistd.h>

namespace opencv_test { namespace {

//! Returns the helper processes that this process has started.
std::vector<pid_t> helpers()
{
    std::vector<pid_t> found;
    DIR* const all = opendir("/proc");
    while (const dirent* entry = readdir(all))
    {
        const pid_t pid = pid_t(std::atoi(entry->d_name));
        std::ifstream stat("/proc/" + std::string(entry->d_name) + "/stat");
        std::string number, name, state;
        pid_t parent = 0;
        if (pid > 0 && stat >> number >> name >> state >> parent && parent == getpid() && state != "Z" &&
            name.compare(0, 15, "(opencv_anomaly") == 0)
            found.push_back(pid);
    }
    closedir(all);
    return found;
}

//! Whether this build trains in helper processes. It fits a model, after which a helper waits for the next training.
bool trainsApart()
{
    return canTrain() && !helpers().empty();
}

#define SKIP_WITHOUT_HELPER()                                                                                          \
    if (!trainsApart())                                                                                                \
    SKIP_TEST("this build does not train, or has no helper process for it")

TEST(Anomaly_TrainerProcess, one_serves_one_training_after_the_other)
{
    SKIP_WITHOUT_HELPER();
    const std::vector<pid_t> before = helpers();
    CFA::create(trainingParams(1))->fit(goodImages(4));
    EXPECT_EQ(before, helpers());
}

TEST(Anomaly_TrainerProcess, its_end_is_an_exception_that_says_how)
{
    SKIP_WITHOUT_HELPER();
    const Ptr<CFA> cfa = CFA::create(trainingParams(3));
    cfa->fit(goodImages(4));
    const double before = cfa->predict(badImage(1));
    cfa->setFitCallback([](const FitProgress& progress) {
        if (progress.stage == "training")
            for (const pid_t helper : helpers())
                kill(helper, SIGKILL);
        return true;
    });
    EXPECT_ERROR_WITH("ended by signal 9", cfa->fit(goodImages(5)));
    EXPECT_EQ(before, cfa->predict(badImage(1)));
    cfa->setFitCallback(FitCallback());
    EXPECT_EQ("", errorOf([&]() { cfa->fit(goodImages(4)); }));
    EXPECT_EQ(before, cfa->predict(badImage(1)));
}

// The result is read after the last step. If the helper ends in between, the initial state must not become the model.
TEST(Anomaly_TrainerProcess, its_end_after_the_last_step_is_an_exception)
{
    SKIP_WITHOUT_HELPER();
    const Ptr<CFA> cfa = CFA::create(trainingParams(1));
    cfa->setFitCallback([](const FitProgress& progress) {
        if (progress.stage == "training" && progress.step == progress.steps)
            for (const pid_t helper : helpers())
                kill(helper, SIGKILL);
        return true;
    });
    EXPECT_ERROR_WITH("ended by signal 9", cfa->fit(goodImages(4)));
    cfa->setFitCallback(FitCallback());
    EXPECT_EQ("", errorOf([&]() { cfa->fit(goodImages(4)); }));
}

TEST(Anomaly_TrainerProcess, one_that_ended_while_it_waited_is_replaced)
{
    SKIP_WITHOUT_HELPER();
    for (const pid_t helper : helpers())
        kill(helper, SIGKILL);
    EXPECT_EQ("", errorOf([]() { CFA::create(trainingParams(1))->fit(goodImages(4)); }));
    EXPECT_EQ(1u, helpers().size());
}

TEST(Anomaly_TrainerProcess, a_fit_that_is_canceled_leaves_it_in_order)
{
    SKIP_WITHOUT_HELPER();
    const Ptr<CFA> cfa = CFA::create(trainingParams(3));
    cfa->setFitCallback([](const FitProgress& progress) { return progress.stage != "training"; });
    EXPECT_ERROR_WITH("canceled", cfa->fit(goodImages(4)));
    cfa->setFitCallback(FitCallback());
    EXPECT_EQ("", errorOf([&]() { cfa->fit(goodImages(4)); }));
}

// If a helper kept a file of the program open, readers of a pipe would wait for as long as the helper runs.
TEST(Anomaly_TrainerProcess, it_holds_none_of_the_programs_files)
{
    SKIP_WITHOUT_HELPER();
    for (const pid_t helper : helpers())
        kill(helper, SIGKILL);
    int ends[2];
    ASSERT_EQ(0, pipe(ends));
    CFA::create(trainingParams(1))->fit(goodImages(4));
    close(ends[1]);
    char byte;
    EXPECT_EQ(0, read(ends[0], &byte, 1)); // end of file, because no process can write any more
    close(ends[0]);
}

}} // namespace opencv_test
#endif
