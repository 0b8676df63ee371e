// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// CFA's training: the cache of features, checkpoints, patience, and random views.
#include "test_disks.hpp"
#include "test_textures.hpp"

#include <fstream>

namespace opencv_test { namespace {

String fittedContent(const CFA::Params& params, int images = 6)
{
    return contentOf(*quickDetector(params, images));
}

TEST(Anomaly_Fit, features_in_memory_in_a_file_or_computed_again_give_the_same_model)
{
    SKIP_WITHOUT_TRAINING();
    CFA::Params params = trainingParams(2);
    const String fromMemory = fittedContent(params);
    params.cacheMiB = 0;
    EXPECT_EQ(fromMemory, fittedContent(params));
    const TemporaryFolder nowhere("/no/such/folder");
    EXPECT_EQ(fromMemory, fittedContent(params));
}

TEST(Anomaly_Fit, masks_go_with_features_in_a_file)
{
    SKIP_WITHOUT_TRAINING();
    CFA::Params params = trainingParams(1);
    const std::vector<Mat> images = goodImages(5);
    std::vector<Mat> masks(5, Mat(images[0].size(), CV_8U, Scalar(0)));
    for (Mat& mask : masks)
        mask(Rect(0, 0, 60, 80)).setTo(255);
    const Ptr<CFA> inMemory = CFA::create(params);
    inMemory->fit(images, masks);
    params.cacheMiB = 0;
    const Ptr<CFA> inFile = CFA::create(params);
    inFile->fit(images, masks);
    EXPECT_EQ(contentOf(*inMemory), contentOf(*inFile));
    EXPECT_NE(contentOf(*inMemory), fittedContent(params, 5));
}

// Fits until `epoch` has begun and then cancels, as an interruption does.
void fitUntil(int epoch, const CFA::Params& params, int images = 6)
{
    const Ptr<CFA> cfa = CFA::create(params);
    cfa->setFitCallback([=](const FitProgress& progress) { return progress.epoch < epoch; });
    EXPECT_ERROR_WITH("canceled", cfa->fit(goodImages(images)));
}

class Anomaly_Checkpoint : public testing::Test
{
protected:
    Anomaly_Checkpoint() : file(".yml.gz"), params(trainingParams(4)) {}
    void SetUp() CV_OVERRIDE
    {
        whole = canTrain() ? fittedContent(params) : String();
        params.checkpoint = file.name;
    }

    const TemporaryName file;
    CFA::Params params;
    String whole; // the model of a fit without interruption
};

TEST_F(Anomaly_Checkpoint, an_interrupted_fit_goes_on_to_the_same_model)
{
    SKIP_WITHOUT_TRAINING();
    fitUntil(3, params);
    const Ptr<CFA> cfa = CFA::create(params);
    std::vector<int> steps;
    cfa->setFitCallback([&](const FitProgress& progress) {
        if (progress.stage == "training")
            steps.push_back(progress.step);
        EXPECT_TRUE(progress.epoch == 0 || progress.figures.at("loss") > 0);
        return true;
    });
    cfa->fit(goodImages(6));
    EXPECT_EQ(whole, contentOf(*cfa));
    EXPECT_EQ((std::vector<int>{1, 2, 3, 4}), steps); // one batch an epoch: two from the file, two trained
    EXPECT_EQ(whole, fittedContent(params)) << "from a file in which all epochs are done";
}

//! Returns the distance that fit reports, a value for each epoch.
std::vector<double> distancesOf(const CFA::Params& params)
{
    std::vector<double> distances;
    const Ptr<CFA> cfa = CFA::create(params);
    cfa->setFitCallback([&distances](const FitProgress& progress) {
        if (progress.stage == "training")
            distances.push_back(progress.figures.at("distance"));
        else
            EXPECT_TRUE(progress.figures.empty());
        return true;
    });
    cfa->fit(goodImages(6));
    return distances;
}

TEST_F(Anomaly_Checkpoint, the_distance_falls_from_1_also_after_an_interruption)
{
    SKIP_WITHOUT_TRAINING();
    CFA::Params without = params;
    without.checkpoint.clear();
    const std::vector<double> distances = distancesOf(without);
    ASSERT_EQ(4u, distances.size()); // one batch an epoch
    EXPECT_EQ(1, distances[0]);
    EXPECT_LT(distances[3], distances[1]);
    fitUntil(3, params);
    EXPECT_EQ(distances, distancesOf(params));
}

TEST_F(Anomaly_Checkpoint, an_interrupted_ensemble_goes_on_to_the_same_model)
{
    SKIP_WITHOUT_TRAINING();
    params.checkpoint.clear();
    params.inputMode = INPUT_ENSEMBLE;
    params.epochs = 2;
    whole = fittedContent(params);
    params.checkpoint = file.name;
    fitUntil(4, params); // the last epoch of the second model
    EXPECT_EQ(whole, fittedContent(params));
}

TEST_F(Anomaly_Checkpoint, goes_on_to_more_epochs_than_were_asked_for_at_first)
{
    SKIP_WITHOUT_TRAINING();
    CFA::Params few = params;
    few.epochs = 2;
    fittedContent(few);
    EXPECT_EQ(whole, fittedContent(params));
    EXPECT_ERROR_WITH("4 finished epochs", fittedContent(few));
}

TEST_F(Anomaly_Checkpoint, goes_on_with_another_way_to_score)
{
    SKIP_WITHOUT_TRAINING();
    CFA::Params other = params;
    other.scoringBankSize = 32;
    EXPECT_NE(whole, fittedContent(other));
    other.scoringBank = CFA::SCORING_BANK_KEPT;
    other.scoreMode = params.scoreMode == CFA::SCORE_NEAREST ? CFA::SCORE_CERTAINTY : CFA::SCORE_NEAREST;
    EXPECT_NE(whole, fittedContent(other));
    EXPECT_EQ(whole, fittedContent(params));
}

TEST_F(Anomaly_Checkpoint, of_another_training_is_refused)
{
    SKIP_WITHOUT_TRAINING();
    fitUntil(3, params);
    EXPECT_ERROR_WITH("other images", fittedContent(params, 7));
    params.learningRate = 0.1;
    EXPECT_ERROR_WITH("other settings", fittedContent(params));
}

TEST_F(Anomaly_Checkpoint, that_is_damaged_is_refused)
{
    SKIP_WITHOUT_TRAINING();
    fitUntil(3, params);
    std::ofstream(file.name.c_str())
        << "%YAML:1.0\n---\nopencv_anomaly_checkpoint:\n   settings: 5\n   models:\n      - { bank: 1 }\n";
    EXPECT_ERROR_WITH("remove it", fittedContent(params));
    std::ofstream(file.name.c_str()) << "no checkpoint";
    EXPECT_ERROR_WITH("remove it", fittedContent(params));
    params.checkpoint = "checkpoint.txt";
    EXPECT_ERROR_WITH("checkpoint.txt", fittedContent(params));
}

std::vector<double> lossesOf(const CFA::Params& params)
{
    std::vector<double> losses;
    const Ptr<CFA> cfa = CFA::create(params);
    cfa->setFitCallback([&](const FitProgress& progress) {
        if (progress.epoch > 0)
            losses.push_back(progress.figures.at("loss"));
        return true;
    });
    cfa->fit(goodImages(6));
    return losses;
}

TEST(Anomaly_Fit, patience_ends_training_on_a_plateau)
{
    SKIP_WITHOUT_TRAINING();
    CFA::Params params = trainingParams(12);
    params.batchSize = 5; // all learned images, so that an epoch is one step and losses can be compared
    const std::vector<double> all = lossesOf(params);
    ASSERT_EQ(12u, all.size());
    size_t end = 3;
    while (end < all.size() &&
           std::min(all[end - 1], all[end - 2]) <= 0.99 * *std::min_element(all.begin(), all.begin() + end - 2))
        end++;
    params.patience = 2;
    EXPECT_EQ(std::vector<double>(all.begin(), all.begin() + end), lossesOf(params));
    params.learningRate = 0;
    EXPECT_EQ(3u, lossesOf(params).size()); // No epoch is better than the first one.
}

TEST(Anomaly_Fit, random_views_change_training_by_seed_only)
{
    SKIP_WITHOUT_TRAINING();
    CFA::Params params = trainingParams(2);
    const String plain = fittedContent(params);
    params.augmentation = CFA::AUGMENT_RD;
    const String turned = fittedContent(params);
    EXPECT_EQ(turned, fittedContent(params));
    params.augmentation = CFA::AUGMENT_NONE;
    EXPECT_NE(plain, turned);
    EXPECT_EQ(plain, fittedContent(params));
}

class Anomaly_RandomView : public testing::TestWithParam<int>
{
protected:
    Anomaly_RandomView() : mask(80, 96, CV_8U, Scalar(0))
    {
        CFA::Params params = quickParams();
        params.inputMode = GetParam();
        params.inputSize = 64;
        params.resizeSize = 96;
        cfa = CFA::create(params);
        rectangle(mask, Rect(40, 30, 20, 16), Scalar(255), FILLED);
    }

    Ptr<CFA> cfa;
    Mat mask;
};

TEST_P(Anomaly_RandomView, mask_moves_with_the_image)
{
    SKIP_WITHOUT_TRAINING();
    const int side = GetParam() == INPUT_RESIZED ? 64 : 96;
    Mat image, view, viewMask;
    cvtColor(mask, image, COLOR_GRAY2BGR);
    std::vector<Point2d> centers;
    for (int seed = 0; seed < 40; seed++)
    {
        randomView(image, mask, cfa->getDetectorParams(), seed, view, viewMask);
        ASSERT_EQ(Size(side, side), view.size());
        ASSERT_EQ(CV_8UC3, view.type());
        ASSERT_EQ(view.size(), viewMask.size());
        Mat gray;
        extractChannel(view, gray, 0);
        EXPECT_LT(countNonZero((gray > 127) != (viewMask > 127)), 60); // the edge's pixels
        EXPECT_EQ(0, countNonZero((viewMask != 0) & (viewMask != 255)));
        const Moments moments = cv::moments(viewMask, true);
        ASSERT_GT(moments.m00, 0);
        centers.push_back(Point2d(moments.m10 / moments.m00, moments.m01 / moments.m00));
    }
    // The cut of 64 of 96 pixels lies anywhere within 32 pixels, both ways.
    const Rect2d spread = boundingRect(std::vector<Point2f>(centers.begin(), centers.end()));
    EXPECT_GT(std::min(spread.width, spread.height), 20);
    EXPECT_LT(std::max(spread.width, spread.height), 44);
}

INSTANTIATE_TEST_CASE_P(/**/, Anomaly_RandomView,
                        testing::Values(int(INPUT_RESIZED), int(INPUT_CROPPED), int(INPUT_ENSEMBLE)));

TEST(Anomaly_Views, same_seed_same_view_without_a_mask_too)
{
    const Ptr<CFA> cfa = CFA::create(quickParams());
    Mat one, two, other, viewMask;
    randomView(goodImage(1), noArray(), cfa->getDetectorParams(), 5, one, viewMask);
    randomView(goodImage(1), noArray(), cfa->getDetectorParams(), 5, two);
    randomView(goodImage(1), noArray(), cfa->getDetectorParams(), 6, other);
    EXPECT_EQ(0, cv::norm(one, two, NORM_INF));
    EXPECT_NE(0, cv::norm(one, other, NORM_INF));
    EXPECT_TRUE(viewMask.empty());
    EXPECT_ERROR_WITH("Mask is 3x3",
                      randomView(goodImage(1), Mat(3, 3, CV_8U, Scalar(0)), cfa->getDetectorParams(), 5, one));
    EXPECT_ERROR_WITH("empty", randomView(Mat(), noArray(), cfa->getDetectorParams(), 5, one));
}

} // namespace
} // namespace opencv_test
