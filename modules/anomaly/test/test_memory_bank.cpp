// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// CFA's memory banks, the samples that they are made from, and the gradient of distances to their centers.
#include "test_precomp.hpp"

#include "../src/cfa/memory_bank.hpp"
#include "../src/base/sha256.hpp"

namespace opencv_test { namespace {

Mat noise(int rows, int cols, int seed)
{
    Mat values(rows, cols, CV_32F);
    RNG(seed + 1).fill(values, RNG::NORMAL, 0, 1);
    return values;
}

BankSettings settingsOf(int mode, double gammaC)
{
    const BankSettings settings = {mode, gammaC, 0.1, 2, 7, ENGINE_PLAIN};
    return settings;
}

TEST(Anomaly_MemoryBank, mean_at_each_position)
{
    MemoryBankBuilder builder(settingsOf(CFA::BANK_MEAN, 1));
    Mat sum = Mat::zeros(4, 9, CV_32F);
    for (int i = 0; i < 5; i++)
    {
        const Mat phi = noise(4, 9, i);
        sum += phi;
        builder.add(phi, Mat());
    }
    EXPECT_LT(cv::norm(builder.finish(), Mat(sum.t() / 5), NORM_INF), 1e-6);
}

TEST(Anomaly_MemoryBank, masked_patches_are_not_learned)
{
    MemoryBankBuilder builder(settingsOf(CFA::BANK_MEAN, 1));
    const Mat first = noise(4, 3, 0), second = noise(4, 3, 1);
    builder.add(first, Mat_<uchar>({1, 3}, {255, 255, 0}));
    builder.add(second, Mat_<uchar>({1, 3}, {255, 0, 0}));
    const Mat C = builder.finish();
    ASSERT_EQ(2, C.rows);
    EXPECT_LT(cv::norm(C.row(0), Mat((first.col(0) + second.col(0)).t() / 2), NORM_INF), 1e-6);
    EXPECT_LT(cv::norm(C.row(1), Mat(first.col(1).t()), NORM_INF), 1e-6);
}

TEST(Anomaly_MemoryBank, kmeans_compresses)
{
    MemoryBankBuilder builder(settingsOf(CFA::BANK_MEAN, 0.25));
    builder.add(noise(6, 100, 3), Mat());
    const Mat once = builder.finish();
    EXPECT_EQ(0, cv::norm(once, builder.finish(), NORM_INF)); // same seed, same centers
    EXPECT_EQ(25, once.rows);
}

// There are four kinds of images, and every tenth image is of the last kind. 25 centers of a sample of 400 patches must
// find all kinds. The mean of all images is none of them.
TEST(Anomaly_PatchSampler, draws_from_all_images)
{
    PatchSampler sampler(settingsOf(CFA::BANK_MEAN, 0.25));
    for (int i = 0; i < 40; i++)
        sampler.add(noise(3, 100, i) + 100. * (i % 10 == 9 ? 3 : i % 3), Mat());
    const Mat C = sampler.finish();
    ASSERT_EQ(Size(3, 25), C.size());
    int found[4] = {0, 0, 0, 0};
    for (int c = 0; c < C.rows; c++)
    {
        const double kind = mean(C.row(c))[0] / 100;
        EXPECT_NEAR(kind, cvRound(kind), 0.05);
        found[cvRound(kind)]++;
    }
    EXPECT_GE(*std::min_element(found, found + 4), 1);
}

TEST(Anomaly_PatchSampler, masked_patches_are_not_drawn)
{
    PatchSampler sampler(settingsOf(CFA::BANK_MEAN, 1));
    const Mat phi = Mat_<float>({1, 4}, {1, 2, 30, 40}), mask = Mat_<uchar>({1, 4}, {255, 255, 0, 0});
    sampler.add(phi, mask);
    EXPECT_EQ(0, cv::norm(sampler.finish(), Mat(Mat_<float>({2, 1}, {1, 2})), NORM_INF));
}

TEST(Anomaly_PatchSampler, a_sample_is_even_and_bounded)
{
    PatchSampler sampler(settingsOf(CFA::BANK_MEAN, 1)), again(settingsOf(CFA::BANK_MEAN, 1));
    for (int i = 0; i < 400; i++)
        for (PatchSampler* each : {&sampler, &again})
            each->add(Mat(1, 20, CV_32F, Scalar(i)), Mat());
    const Mat C = sampler.finish(); // 20 means of a sample of 320
    EXPECT_EQ(20, C.rows);
    EXPECT_EQ(0, cv::norm(C, again.finish(), NORM_INF));
    EXPECT_NEAR(200, mean(C)[0], 25);
    double low, high;
    cv::minMaxIdx(C, &low, &high);
    EXPECT_LT(low, 40);
    EXPECT_GT(high, 360);
}

// Each center in turn is matched with the nearest patch that is still free.
TEST(Anomaly_MemoryBank, moving_average_matches_one_to_one)
{
    MemoryBankBuilder builder(settingsOf(CFA::BANK_EMA, 1));
    builder.add(Mat_<float>({1, 3}, {0, 1, 10}), Mat());
    builder.add(Mat_<float>({1, 3}, {0.9f, 20, 0.8f}), Mat());
    const Mat C = builder.finish();
    EXPECT_NEAR(C.at<float>(0), 0 + 0.1 * (0.8 - 0), 1e-6);
    EXPECT_NEAR(C.at<float>(1), 1 + 0.1 * (0.9 - 1), 1e-6);
    EXPECT_NEAR(C.at<float>(2), 10 + 0.1 * (20 - 10), 1e-6);
}

TEST(Anomaly_MemoryBank, too_few_centers)
{
    MemoryBankBuilder builder(settingsOf(CFA::BANK_MEAN, 0.01));
    builder.add(noise(4, 150, 0), Mat());
    EXPECT_THROW(builder.finish(), cv::Exception);
}

// Examples of FIPS 180-2, with the processor's instructions for SHA-256, if it has them, and without.
TEST(Anomaly_Sha256, published_examples)
{
    for (const bool plain : {false, true})
    {
        EXPECT_EQ("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Sha256(plain).digest());
        EXPECT_EQ("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                  Sha256(plain).add("abc", 3).digest());
        const std::string two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        EXPECT_EQ("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
                  Sha256(plain).add(two.data(), 20).add(two.data() + 20, two.size() - 20).digest());
        const std::string million(1000000, 'a');
        EXPECT_EQ("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
                  Sha256(plain).add(million.data(), million.size()).digest());
    }
}

TEST(Anomaly_Sha256, parts_of_any_size)
{
    std::vector<uchar> bytes(1000);
    RNG(2).fill(bytes, RNG::UNIFORM, 0, 256);
    const String whole = Sha256(true).add(bytes.data(), bytes.size()).digest();
    for (size_t size = 1; size < 300; size++)
    {
        Sha256 sum;
        for (size_t at = 0; at < bytes.size(); at += size)
            sum.add(bytes.data() + at, std::min(size, bytes.size() - at));
        EXPECT_EQ(whole, sum.digest()) << size;
    }
}

// 37 patches are two tiles of the kernel and a part of one. Whole numbers avoid rounding.
TEST(Anomaly_MemoryBank, gradient_of_distances_is_that_of_the_definition)
{
    const int length = 5, patches = 37, centers = 7, k = 6;
    RNG random(3);
    Mat phi(length, patches, CV_32F), g(k, patches, CV_32F), indices(k, patches, CV_32S), result;
    Mat bank = Mat(centers, length, CV_32F);
    for (Mat* m : {&phi, &g, &bank})
        for (int i = 0; i < int(m->total()); i++)
            m->ptr<float>()[i] = float(random.uniform(-3, 4));
    random.fill(indices, RNG::UNIFORM, 0, centers);
    distanceGradientToDescriptors(phi, bank, g, indices, result);
    ASSERT_EQ(phi.size(), result.size());
    for (int p = 0; p < patches; p++)
        for (int d = 0; d < length; d++)
        {
            float expected = 0;
            for (int i = 0; i < k; i++)
                expected += 2 * g.at<float>(i, p) * (phi.at<float>(d, p) - bank.at<float>(indices.at<int>(i, p), d));
            EXPECT_EQ(expected, result.at<float>(d, p)) << "component " << d << " of patch " << p;
        }
}

}} // namespace opencv_test
