// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Faults during a fit: files that vanish, cancellation at each stage, exceptions of the callback, and full disks.
#include "test_disks.hpp"
#include "test_textures.hpp"
#include "../src/base/random_stream.hpp"

namespace opencv_test { namespace {

//! Image files, and an empty folder for temporary files. Each test checks that the folder is empty at the end, and that
//! the detector is either unchanged or fitted.
class Anomaly_Faults : public testing::Test
{
protected:
    Anomaly_Faults() : folder(madeFolder()), temporary(madeFolder()), use(temporary.c_str())
    {
        for (int i = 0; i < 6; i++)
        {
            files.push_back(folder + format("/%d.png", i));
            imwrite(files.back(), goodImage(i));
        }
        heldOutFile = files[heldOut()];
        learnedFile = files[heldOut() == 0];
    }
    ~Anomaly_Faults()
    {
        utils::fs::remove_all(folder);
        utils::fs::remove_all(temporary);
    }
    void TearDown() CV_OVERRIDE { EXPECT_EQ(std::vector<String>(), filesIn(temporary)); }

    static String madeFolder()
    {
        const String name = cv::tempfile();
        std::remove(name.c_str());
        CV_Assert(utils::fs::createDirectory(name));
        return name;
    }

    // Returns a detector that is fitted to other images, and that removes a file when this epoch of the next fit ends.
    // Epoch 0 means the building of the bank.
    Ptr<CFA> detectorThatRemoves(const String& file, int epoch, CFA::Params params = trainingParams(3)) const
    {
        const Ptr<CFA> cfa = quickDetector(params, 4);
        cfa->setFitCallback([=](const FitProgress& progress) {
            if (progress.stage == (epoch ? "training" : "bank") && progress.epoch == epoch)
                std::remove(file.c_str());
            return true;
        });
        return cfa;
    }

    void expectFailure(const Ptr<CFA>& cfa, const String& message) const
    {
        const String before = contentOf(*cfa);
        const double score = cfa->predict(badImage(3));
        EXPECT_ERROR_WITH(message.c_str(), cfa->fit(files));
        EXPECT_EQ(before, contentOf(*cfa));
        EXPECT_EQ(score, cfa->predict(badImage(3)));
    }

    // The one image of six that is held out for the thresholds.
    static int heldOut()
    {
        RNG random = randomStream(trainingParams(1).seed, RANDOM_HELD_OUT);
        return randomOrder(6, random)[0];
    }

    const String folder, temporary;
    std::vector<String> files;
    String heldOutFile, learnedFile;

private:
    const TemporaryFolder use;
};

TEST_F(Anomaly_Faults, file_that_is_gone_in_a_later_epoch_ends_a_fit_on_random_views)
{
    SKIP_WITHOUT_TRAINING();
    CFA::Params params = trainingParams(3);
    params.augmentation = CFA::AUGMENT_RD;
    params.batchSize = 5; // all learned images
    expectFailure(detectorThatRemoves(learnedFile, 1, params),
                  "'" + learnedFile + "' cannot be read: there is no such file");
}

TEST_F(Anomaly_Faults, file_whose_features_are_known_may_go)
{
    SKIP_WITHOUT_TRAINING();
    const Ptr<CFA> whole = CFA::create(trainingParams(3)), lacking = detectorThatRemoves(learnedFile, 1);
    whole->fit(files);
    lacking->fit(files);
    // The thresholds are based on one learned image less.
    EXPECT_NEAR(whole->getImageThreshold(), lacking->getImageThreshold(), 0.1 * whole->getImageThreshold());
    EXPECT_NEAR(whole->getPixelThreshold(), lacking->getPixelThreshold(), 0.1 * whole->getPixelThreshold());
    for (int image = 40; image < 43; image++)
        EXPECT_EQ(whole->predict(badImage(image)), lacking->predict(badImage(image)));
}

TEST_F(Anomaly_Faults, file_that_is_gone_when_features_are_computed_again)
{
    SKIP_WITHOUT_TRAINING();
    CFA::Params params = trainingParams(3);
    params.cacheMiB = 0;
    const TemporaryFolder nowhere("/no/such/folder");
    expectFailure(detectorThatRemoves(learnedFile, 0, params), "'" + learnedFile + "' cannot be read");
}

TEST_F(Anomaly_Faults, file_for_thresholds_that_is_gone_after_training)
{
    SKIP_WITHOUT_TRAINING();
    expectFailure(detectorThatRemoves(heldOutFile, 3), "'" + heldOutFile + "' cannot be read");
}

TEST_F(Anomaly_Faults, files_that_go_during_a_fit_may_be_left_out)
{
    SKIP_WITHOUT_TRAINING();
    CFA::Params params = trainingParams(3);
    params.skipUnreadable = true;
    params.augmentation = CFA::AUGMENT_RD;
    params.batchSize = 5;
    for (const String& file : {learnedFile, heldOutFile})
    {
        const Ptr<CFA> cfa = detectorThatRemoves(file, 1, params);
        const String before = contentOf(*cfa);
        cfa->fit(files);
        EXPECT_NE(before, contentOf(*cfa));
        EXPECT_GT(cfa->getImageThreshold(), 0);
        imwrite(file, goodImage(1));
    }
}

TEST_F(Anomaly_Faults, canceled_at_each_stage)
{
    SKIP_WITHOUT_TRAINING();
    CFA::Params params = trainingParams(2);
    params.cacheMiB = 0; // features in a file
    const Ptr<CFA> cfa = quickDetector(params, 4);
    for (const char* stage : {"features", "bank", "training", "patches", "coreset", "scoring bank", "thresholds"})
    {
        cfa->setFitCallback([&](const FitProgress& progress) { return progress.stage != stage; });
        expectFailure(cfa, "canceled");
        EXPECT_EQ(std::vector<String>(), filesIn(temporary)) << stage;
    }
}

TEST_F(Anomaly_Faults, exception_from_the_callback_passes_through)
{
    SKIP_WITHOUT_TRAINING();
    const Ptr<CFA> cfa = quickDetector(trainingParams(2), 4);
    const String before = contentOf(*cfa);
    cfa->setFitCallback([&](const FitProgress& progress) -> bool {
        if (progress.stage == "training")
            throw std::runtime_error("mine");
        return true;
    });
    EXPECT_THROW(cfa->fit(files), std::runtime_error);
    EXPECT_EQ(before, contentOf(*cfa));
}

#if defined(__linux__)

// The features of an image take 246 KiB here, so that those of two of the five images fit in.
const int twoImages = 600;

TEST_F(Anomaly_Faults, full_disk_for_features_changes_nothing_but_time)
{
    SKIP_WITHOUT_TRAINING();
    CFA::Params params = trainingParams(2);
    const String fromMemory = contentOf(*quickDetector(params));
    params.cacheMiB = 0;
    {
        const SizeLimit limit(twoImages << 10);
        EXPECT_EQ(fromMemory, contentOf(*quickDetector(params)));
    }
    const SmallDisk disk(twoImages);
    if (!disk.mounted)
        SKIP_TEST("a tmpfs can be mounted by root only; a limit on file size was tested instead");
    const TemporaryFolder there(disk.folder.c_str());
    EXPECT_EQ(fromMemory, contentOf(*quickDetector(params)));
    EXPECT_EQ(std::vector<String>(), filesIn(disk.folder));
    EXPECT_TRUE(disk.isClosed());
}

TEST_F(Anomaly_Faults, full_disk_keeps_the_last_checkpoint_that_was_whole)
{
    SKIP_WITHOUT_TRAINING();
    const TemporaryName file(".yml.gz");
    CFA::Params params = trainingParams(4);
    const String whole = contentOf(*quickDetector(params));
    params.checkpoint = file.name;
    const Ptr<CFA> cfa = CFA::create(params);
    std::unique_ptr<SizeLimit> limit;
    cfa->setFitCallback([&](const FitProgress& progress) {
        if (progress.epoch == 3)
            limit.reset(new SizeLimit(4096));
        return true;
    });
    EXPECT_ERROR_WITH("could not be written whole", cfa->fit(goodImages(6)));
    limit.reset();
    EXPECT_TRUE(cfa->empty());
    int first = 0;
    const Ptr<CFA> resumed = CFA::create(params);
    resumed->setFitCallback([&](const FitProgress& progress) {
        if (progress.epoch > 0 && first == 0)
            first = progress.step;
        return true;
    });
    resumed->fit(goodImages(6));
    EXPECT_EQ(1, first); // The steps of the two saved epochs are reported, but not repeated.
    EXPECT_EQ(whole, contentOf(*resumed));
}

#endif

}} // namespace opencv_test
