// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// CFA's scoring bank: which patches the coreset has, with and without one image, and how large it is.
#include "test_methods.hpp"
#include "test_textures.hpp"

#include "../src/patches/projection.hpp"
#include "../src/training/coreset_bank.hpp"

namespace opencv_test { namespace {

//! Images of 6 x 5 patches with 4 features each. All features are whole numbers, so that nothing is rounded.
class Anomaly_CoresetBank : public testing::Test
{
protected:
    Anomaly_CoresetBank() : images(8), sources({0, 1, 2, 3, 4, 5, 6, 7})
    {
        RNG random(3);
        for (TrainingFeatures& image : images)
        {
            const int shape[] = {1, 4, 6, 5};
            image.maps.push_back(Mat(4, shape, CV_32F));
            for (float& value : Mat_<float>(image.maps[0]))
                value = float(random.uniform(-9, 10));
        }
    }

    void setPatch(int image, int patch, float value)
    {
        for (int feature = 0; feature < 4; feature++)
            images[image].maps[0].ptr<float>(0, feature)[patch] = value;
    }

    static void describeAsTheyAre(const std::vector<Mat>& pooled, Mat& phi) { phi = pooled[0].reshape(1, 4).clone(); }

    CoresetBank coresetOf(int poolSize, int bankSize, int projection = 0, int engine = ENGINE_PLAIN,
                          const DescribePatches& describe = describeAsTheyAre)
    {
        FeatureCache cache([this](int image) { return images[image]; }, 0, false);
        const TrainingData data = {int(images.size()), sources, cache, nullptr};
        const CoresetBankSettings settings = {poolSize, bankSize, projection, 0, engine, 0, Size(), 0};
        const FitReporter reporter(FitCallback(), 1);
        return coresetBank(data, settings, describe, "bank", reporter);
    }

    Mat bankOf(int poolSize, int bankSize, int projection = 0, int engine = ENGINE_PLAIN,
               const DescribePatches& describe = describeAsTheyAre)
    {
        return coresetOf(poolSize, bankSize, projection, engine, describe).chosen.rows;
    }

    static int rowsWith(const Mat& bank, float value) { return countNonZero(bank.col(0) == value); }

    std::vector<TrainingFeatures> images;
    std::vector<int> sources;
};

TEST_F(Anomaly_CoresetBank, engines_choose_the_same_patches)
{
    SKIP_WITHOUT_HALIDE();
    Descriptor descriptor = {{4}, Mat::zeros(3, 6, CV_32F), Mat::zeros(3, 1, CV_32F)};
    for (int feature = 0; feature < 4; feature++)
        for (int d = 0; d < 3; d++)
            descriptor.W.at<float>(d, feature) = float((feature * 7 + d * 5) % 11 - 5);
    const auto bankBy = [&](int engine, int projection) {
        const std::shared_ptr<const Projection> by = Projection::create(descriptor, engine);
        return bankOf(0, 40, projection, engine,
                      [&](const std::vector<Mat>& pooled, Mat& phi) { by->project(pooled, MAPS_AVERAGED, phi); });
    };
    for (const int projection : {0, 2})
    {
        const Mat plain = bankBy(ENGINE_PLAIN, projection), halide = bankBy(ENGINE_HALIDE, projection);
        ASSERT_EQ(Size(3, 40), plain.size());
        ASSERT_EQ(plain.size(), halide.size());
        EXPECT_EQ(0, cv::norm(plain, halide, NORM_INF)) << projection;
    }
}

TEST_F(Anomaly_CoresetBank, a_patch_that_only_one_image_has_is_chosen_as_it_is)
{
    setPatch(5, 13, 40);
    const Mat bank = bankOf(0, 10);
    EXPECT_EQ(Size(4, 10), bank.size());
    EXPECT_EQ(1, rowsWith(bank, 40));
    EXPECT_EQ(1, rowsWith(bankOf(0, 10, 2), 40)) << "chosen in a projection, but kept as it is";
}

TEST_F(Anomaly_CoresetBank, masked_patches_are_never_chosen)
{
    setPatch(5, 13, 40);
    images[5].mask = Mat::ones(1, 30, CV_8U);
    images[5].mask.at<uchar>(13) = 0;
    EXPECT_EQ(0, rowsWith(bankOf(0, 240), 40));
    for (TrainingFeatures& image : images)
        image.mask = Mat::zeros(1, 30, CV_8U);
    EXPECT_ERROR_WITH("masks leave no patch", bankOf(0, 10));
}

TEST_F(Anomaly_CoresetBank, is_chosen_from_the_same_number_of_patches_of_each_image)
{
    for (int image = 0; image < 8; image++)
        for (int patch = 0; patch < 30; patch++)
            setPatch(image, patch, float(100 * image + patch));
    const Mat bank = bankOf(24, 1000); // 3 patches of each of 8 images
    ASSERT_EQ(24, bank.rows);
    for (int image = 0; image < 8; image++)
        EXPECT_EQ(3, countNonZero(bank.col(0) >= 100 * image) - countNonZero(bank.col(0) >= 100 * (image + 1)));
}

// Patches of image i have values from 100 i to 100 i + 29. Image 4 has the patches of image 2, shifted by a quarter.
class Anomaly_CoresetBankWithout : public Anomaly_CoresetBank
{
protected:
    Anomaly_CoresetBankWithout()
    {
        for (int image = 0; image < 8; image++)
            for (int patch = 0; patch < 30; patch++)
                setPatch(image, patch, image == 4 ? 200.25f + float(patch) : float(100 * image + patch));
    }

    static int rowsBetween(const Mat& rows, double low, double high)
    {
        return countNonZero(rows.col(0) >= low) - countNonZero(rows.col(0) >= high);
    }
};

TEST_F(Anomaly_CoresetBankWithout, an_image_has_stand_ins_of_others_and_not_its_twin)
{
    for (const int projection : {0, 2})
    {
        const PatchRows rest = coresetOf(0, 240, projection).without(2);
        EXPECT_EQ(0, rowsBetween(rest.rows, 200, 300));
        EXPECT_EQ(182, rest.rows.rows) << "the nearest patch below and the nearest above stand in";
        EXPECT_EQ(2, rowsWith(rest.rows, 129));
        EXPECT_EQ(2, rowsWith(rest.rows, 300));
        ASSERT_EQ(182u, rest.images.size());
        ASSERT_EQ(182u, rest.places.size());
        for (int row = 0; row < 182; row++)
            EXPECT_EQ(rest.rows.at<float>(row, 0), float(100 * rest.images[row] + rest.places[row]));
    }
}

TEST_F(Anomaly_CoresetBankWithout, an_image_is_without_all_of_its_pieces)
{
    sources = {0, 0, 1, 1, 2, 2, 3, 3};
    const PatchRows rest = coresetOf(0, 240).without(6);
    EXPECT_EQ(0, rowsBetween(rest.rows, 600, 800));
    EXPECT_EQ(0, rowsBetween(rest.rows, 500, 600)) << "image 2 is the most similar one, by its second piece";
    EXPECT_EQ(0, rowsWith(rest.rows, 200.25f)) << "which goes with both";
    EXPECT_EQ(2, rowsWith(rest.rows, 200)) << "and has stand-ins of its own";
    EXPECT_EQ(2, rowsWith(rest.rows, 329));
    EXPECT_EQ(120 + 30 + 1, rest.rows.rows);
}

TEST_F(Anomaly_CoresetBankWithout, one_of_two_images_keeps_the_other)
{
    sources = {0, 1, 0, 0, 0, 0, 0, 0};
    const PatchRows rest = coresetOf(0, 240).without(0);
    EXPECT_EQ(0, rowsBetween(rest.rows, 0, 100) + rowsBetween(rest.rows, 200, 1000));
    EXPECT_LT(0, rest.rows.rows);
    sources = {0, 0, 0, 0, 0, 0, 0, 0};
    EXPECT_TRUE(coresetOf(0, 240).without(0).rows.empty());
}

// Only the second image is learned from: no model without it is possible, and the first image is masked out.
TEST(Anomaly_ScoringBank, may_be_of_one_image)
{
    const std::vector<Mat> images = goodImages(2);
    const std::vector<Mat> masks = {Mat::zeros(images[0].size(), CV_8U), Mat(images[1].size(), CV_8U, Scalar(255))};
    const Ptr<PatchCore> detector = PatchCore::create(quickParamsOf<PatchCore>());
    detector->fit(images, masks);
    EXPECT_LT(detector->getImageThreshold(), detector->predict(badImage(3)));
}

TEST(Anomaly_ScoringBank, has_the_asked_size_or_what_there_is)
{
    CFA::Params params = quickParams();
    params.validationFraction = 0;
    params.scoringBankSize = 30;
    EXPECT_EQ(30, quickDetector(params, 3)->getMemoryBank().rows);
    params.scoringBankSize = 4000; // of 3 images with 16 x 16 patches
    EXPECT_EQ(3 * 256, quickDetector(params, 3)->getMemoryBank().rows);
    params.scoringBank = CFA::SCORING_BANK_PATCHES;
    EXPECT_EQ(64, quickDetector(params, 3)->getMemoryBank().rows); // gammaC of 256
}

TEST(Anomaly_ScoringBank, is_saved_with_its_size)
{
    const Ptr<CFA> cfa = quickDetector();
    const TemporaryName file(".yml");
    cfa->save(file.name);
    const Ptr<CFA> loaded = CFA::load(file.name);
    EXPECT_EQ(int(CFA::SCORING_BANK_CORESET), loaded->getParams().scoringBank);
    EXPECT_EQ(64, loaded->getParams().scoringBankSize);
    EXPECT_EQ(0, cv::norm(cfa->getMemoryBank(), loaded->getMemoryBank(), NORM_INF));
    EXPECT_EQ(contentOf(*cfa), contentOf(*loaded));
}

// One of the learned images has the defect. The coreset then has its patches, so that it no longer counts as a defect.
TEST(Anomaly_ScoringBank, knows_what_only_one_image_has)
{
    std::vector<Mat> images = goodImages(6);
    CFA::Params params = quickParams();
    params.validationFraction = 0;
    const double unknown = quickDetector(params, 6)->predict(badImage(30));
    images[3] = badImage(3);
    const Ptr<CFA> cfa = CFA::create(params);
    cfa->fit(images);
    EXPECT_LT(cfa->predict(badImage(30)), 0.6 * unknown);
}

TEST(Anomaly_ScoringBank, of_fewer_patches_than_K_is_refused)
{
    CFA::Params params = quickParams();
    params.scoringBankSize = 2;
    EXPECT_ERROR_WITH("scoringBankSize is 2, expected at least K = 3", CFA::create(params));
    params.scoringBank = CFA::SCORING_BANK_PATCHES; // scoringBankSize does not apply to it.
    EXPECT_NO_THROW(CFA::create(params));
    params.scoringBankSize = 0;
    EXPECT_ERROR_WITH("scoringBankSize is 0", CFA::create(params));

    Mat mask = Mat::zeros(goodImage(0).size(), CV_8U);
    mask(Rect(40, 40, 4, 4)).setTo(255);
    params = quickParams();
    params.validationFraction = 0;
    const Ptr<CFA> cfa = CFA::create(params);
    EXPECT_ERROR_WITH("different patches", cfa->fit(goodImages(2), std::vector<Mat>(2, mask)));
    EXPECT_TRUE(cfa->empty());
}

// k_means_bank_version_2.yml was written before models had scoringBankSize, with centers of k-means as its bank.
TEST(Anomaly_ScoringBank, older_model_scores_with_its_centers)
{
    const Ptr<CFA> cfa = CFA::load(testDataPath("models/k_means_bank_version_2.yml"));
    EXPECT_EQ(int(CFA::SCORING_BANK_PATCHES), cfa->getParams().scoringBank);
    EXPECT_EQ(int(SCORE_MAX), cfa->getParams().imageScore);
    const Mat image = imread(testDataPath("textures/brick/test/hole/000.png"), IMREAD_UNCHANGED);
    EXPECT_NEAR(0.261676878, cfa->predict(image), 1e-6);
    const TemporaryName file(".yml"); // When it is saved again, it has all fields.
    cfa->save(file.name);
    EXPECT_EQ(cfa->predict(image), CFA::load(file.name)->predict(image));
}

}} // namespace opencv_test
