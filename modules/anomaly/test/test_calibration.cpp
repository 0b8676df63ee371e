// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Thresholds from scores of good images: the quantiles of further scores, and the level that no region of a defect's
// area exceeds.
#include "test_precomp.hpp"

#include "../src/detector/calibration.hpp"

#include <limits>

namespace opencv_test { namespace {

GoodSample scoresOf(const std::vector<double>& fresh, const std::vector<double>& learned = std::vector<double>())
{
    GoodSample scores;
    for (const double score : fresh)
        scores.add(score);
    for (const double score : learned)
        scores.addLearned(score);
    return scores;
}

double thresholdOf(const GoodSample& scores, double quantile)
{
    return scores.threshold(quantile);
}

// Values of numpy.quantile(values, q, method='weibull').
TEST(Anomaly_Calibration, quantile_of_further_values_as_numpy)
{
    std::vector<float> values = {4, 1, 3, 2};
    EXPECT_DOUBLE_EQ(1, predictiveQuantile(values, 0));
    EXPECT_DOUBLE_EQ(4, predictiveQuantile(values, 1));
    EXPECT_DOUBLE_EQ(2.5, predictiveQuantile(values, 0.5));
    EXPECT_NEAR(3.75, predictiveQuantile(values, 0.75), 1e-12);
    EXPECT_NEAR(1.5, predictiveQuantile(values, 0.3), 1e-12);
    EXPECT_DOUBLE_EQ(4, predictiveQuantile(values, 0.995));
    std::vector<float> one = {5};
    EXPECT_DOUBLE_EQ(5, predictiveQuantile(one, 0.995));
}

// The share q of further uniform values lies below the quantile, even if there are as few values as here.
TEST(Anomaly_Calibration, so_many_further_values_stay_below)
{
    RNG random(1);
    double below = 0;
    const int trials = 20000;
    for (int trial = 0; trial < trials; trial++)
    {
        std::vector<float> values(19);
        for (float& value : values)
            value = random.uniform(0.f, 1.f);
        below += predictiveQuantile(values, 0.95);
    }
    EXPECT_NEAR(0.95, below / trials, 0.002);
}

// Values of scipy.stats.norm and numpy.
TEST(Anomaly_Calibration, a_quantile_beyond_few_scores_is_extrapolated)
{
    const std::vector<double> fresh = {1, 1.1, 1.3}, learned = {0.9, 1, 1.05, 1.2};
    EXPECT_NEAR(1.6336587864799286, thresholdOf(scoresOf(fresh, learned), 0.995), 1e-6);
    EXPECT_NEAR(1.2720627188230762, thresholdOf(scoresOf(fresh, learned), 0.8), 1e-6);
    EXPECT_NEAR(1.6723569206713558, thresholdOf(scoresOf(fresh), 0.995), 1e-6);
    EXPECT_NEAR(1.2818307088374947, thresholdOf(scoresOf(fresh), 0.8), 1e-6);
}

TEST(Anomaly_Calibration, a_quantile_that_is_reached_is_taken)
{
    const std::vector<double> fresh = {1, 1.1, 1.3}, learned = {0.1, 5};
    EXPECT_NEAR(1.1, thresholdOf(scoresOf(fresh, learned), 0.5), 1e-6);
    EXPECT_NEAR(1.3, thresholdOf(scoresOf(fresh, learned), 1), 1e-6);
    std::vector<double> many;
    for (int i = 0; i < 200; i++)
        many.push_back(1 + i);
    EXPECT_NEAR(199.995, thresholdOf(scoresOf(many), 0.995), 1e-4);
}

TEST(Anomaly_Calibration, scores_without_spread_or_logarithm)
{
    EXPECT_NEAR(2, thresholdOf(scoresOf({2}), 0.995), 1e-6);
    EXPECT_NEAR(2, thresholdOf(scoresOf({2, 2, 2}, {1, 1}), 0.995), 1e-6);
    EXPECT_EQ(0, thresholdOf(scoresOf({0, 0}), 0.995));
    EXPECT_EQ(3, thresholdOf(scoresOf({0, 3}), 0.995));
    EXPECT_EQ(3, thresholdOf(scoresOf({1, 3}, {0}), 0.995));
}

// Two images of twelve, or half of them, that others nearly equal score a fifth of what the others score.
TEST(Anomaly_Calibration, twins_do_not_raise_a_threshold)
{
    const std::vector<double> others = {9.1, 9.4, 9.5, 9.7, 9.9, 10, 10.1, 10.2, 10.3, 10.6, 10.7, 11.2};
    const double expected = thresholdOf(scoresOf(others), 0.97);
    for (const int twins : {1, 2, 6, 12})
    {
        std::vector<double> all = others;
        for (int i = 0; i < twins; i++)
            all.push_back(i % 2 ? 1.5 + 0.2 * i : 0.);
        EXPECT_NEAR(expected, thresholdOf(scoresOf(all), 0.97), 1e-6) << twins;
    }
}

// Scores that spread widely, but as far upward, and two scores, of which neither can be called the usual one.
TEST(Anomaly_Calibration, scores_that_spread_widely_are_all_counted)
{
    const std::vector<double> wide = {5, 7, 9, 10, 11, 13, 15, 20}, two = {2, 3};
    Mat logarithms;
    log(Mat(wide).reshape(1, 1), logarithms);
    Scalar mean, deviation;
    meanStdDev(logarithms, mean, deviation);
    const double n = double(wide.size());
    // 1.8807936 is the 97 % quantile of a normal distribution; meanStdDev divides by n.
    EXPECT_NEAR(std::exp(mean[0] + 1.8807936 * deviation[0] * std::sqrt((n + 1) / (n - 1))),
                thresholdOf(scoresOf(wide), 0.97), 1e-5);
    EXPECT_GT(thresholdOf(scoresOf(two), 0.97), 3.5);
}

TEST(Anomaly_Calibration, level_of_an_area_is_what_so_many_pixels_reach)
{
    Mat map(4, 5, CV_32F);
    for (int i = 0; i < 20; i++)
        map.at<float>(i / 5, i % 5) = float((i * 7) % 20); // 0 to 19 in some order
    EXPECT_EQ(19, levelOfArea(map, 0, Mat()));
    EXPECT_EQ(19, levelOfArea(map, 1, Mat()));
    EXPECT_EQ(16, levelOfArea(map, 4, Mat()));
    EXPECT_EQ(0, levelOfArea(map, 20, Mat()));
    EXPECT_EQ(0, levelOfArea(map, 1000, Mat())) << "an area larger than the map is all of it";
    EXPECT_EQ(6, levelOfArea(map, 3, map < 9)) << "only what the mask leaves counts";
}

TEST(Anomaly_Calibration, no_region_of_a_defects_area_lies_above_the_pixel_threshold_of_good_maps)
{
    RNG random(3);
    const int area = 6;
    GoodScores scores(area);
    std::vector<Mat> maps;
    for (int i = 0; i < 10; i++)
    {
        maps.push_back(Mat(16, 24, CV_32F));
        random.fill(maps.back(), RNG::UNIFORM, 1, 2);
        scores.add(i, 2, maps.back(), Mat(), Mat(8, 8, CV_8UC3, Scalar::all(9)));
    }
    const double threshold = scores.calibrate(1).pixelThreshold;
    bool isReached = false;
    for (const Mat& map : maps)
    {
        EXPECT_LT(countNonZero(map > threshold), area);
        isReached |= countNonZero(map >= threshold) == area;
    }
    EXPECT_TRUE(isReached) << "a lower threshold would do";
}

// The newest scores are kept, not the highest ones.
TEST(Anomaly_Calibration, what_contamination_leaves_keeps_its_order)
{
    GoodSample sample(std::vector<float>{3, 9, 1, 4, 9, 2}, std::vector<float>());
    sample.leaveOut(1. / 6);
    EXPECT_EQ(std::vector<float>({3, 9, 1, 4, 2}), sample.freshScores());
    sample.leaveOut(0.4);
    EXPECT_EQ(std::vector<float>({3, 1, 2}), sample.freshScores());
    sample.leaveOut(1);
    EXPECT_EQ(std::vector<float>(1, 1.f), sample.freshScores());
}

TEST(Anomaly_Calibration, normalized_score)
{
    const Calibration calibration = {5, 6, 1, 9};
    EXPECT_DOUBLE_EQ(0.5, normalizedScore(calibration, 5));
    EXPECT_DOUBLE_EQ(0.75, normalizedScore(calibration, 7));
    const double infinity = std::numeric_limits<double>::infinity();
    EXPECT_EQ(0, normalizedScore(calibration, -infinity));
    EXPECT_EQ(1, normalizedScore(calibration, infinity));
    EXPECT_TRUE(cvIsNaN(normalizedScore(calibration, std::numeric_limits<double>::quiet_NaN())));
}

}} // namespace opencv_test
