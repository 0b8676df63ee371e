// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Image and pixel metrics, compared with scikit-learn and anomalib, and with figures worked out by hand.
#include "test_precomp.hpp"

#include "../src/metrics/counted_scores.hpp"

#include <cmath>
#include <limits>
#include <thread>

namespace opencv_test { namespace {

const double agreement = 1e-9; // observed: 3e-16

//! Returns the message of the exception that a call throws.
template <typename Call> std::string refusal(Call call)
{
    try
    {
        call();
    }
    catch (const cv::Exception& e)
    {
        return e.err;
    }
    ADD_FAILURE() << "expected a cv::Exception";
    return "";
}

#define EXPECT_REFUSED(call, part)                                                                                     \
    EXPECT_NE(std::string::npos, refusal([&] { call; }).find(part)) << refusal([&] { call; })

//! Returns the middle between this score and the next lower one, or the score itself if there is no lower one.
double middleBelow(const Mat& scores, double score)
{
    double lower = -DBL_MAX;
    Mat values;
    scores.convertTo(values, CV_64F);
    for (const double value : Mat_<double>(values.reshape(1, 1)))
        lower = value < score ? std::max(lower, value) : lower;
    return lower == -DBL_MAX ? score : lower + (score - lower) / 2;
}

TEST(Anomaly_Metrics, agree_with_scikit_learn)
{
    FileStorage gold(testDataPath("gold/metrics.yml"), FileStorage::READ);
    const FileNode arrays = gold["arrays"];
    ASSERT_GT(arrays.size(), 0u);
    for (FileNodeIterator it = arrays.begin(); it != arrays.end(); ++it)
    {
        SCOPED_TRACE((*it).name());
        Mat scores, labels;
        (*it)["scores"] >> scores;
        (*it)["labels"] >> labels;
        double threshold = 0;
        EXPECT_NEAR(double((*it)["auroc"]), auroc(scores, labels), agreement);
        EXPECT_NEAR(double((*it)["average_precision"]), averagePrecision(scores, labels), agreement);
        EXPECT_NEAR(double((*it)["best_f1"]), bestF1(scores, labels, threshold), agreement);
        EXPECT_EQ(middleBelow(scores, (*it)["best_f1_threshold"]), threshold);
    }
}

//! Adds several maps of `rows` rows, which are stacked in one matrix.
Ptr<PixelMetrics> metricsOf(const Mat& maps, const Mat& masks, int rows)
{
    Ptr<PixelMetrics> metrics = PixelMetrics::create();
    for (int y = 0; y < maps.rows; y += rows)
        metrics->add(maps.rowRange(y, y + rows), masks.rowRange(y, y + rows));
    return metrics;
}

TEST(Anomaly_Metrics, pixels_agree_with_scikit_learn)
{
    FileStorage gold(testDataPath("gold/metrics.yml"), FileStorage::READ);
    const FileNode stacks = gold["stacks"];
    ASSERT_GT(stacks.size(), 0u);
    for (FileNodeIterator it = stacks.begin(); it != stacks.end(); ++it)
    {
        SCOPED_TRACE((*it).name());
        Mat maps, masks;
        (*it)["maps"] >> maps;
        (*it)["masks"] >> masks;
        const Ptr<PixelMetrics> metrics = metricsOf(maps, masks, int((*it)["rows"]));
        EXPECT_EQ(size_t(int((*it)["regions"])), metrics->regionCount());
        EXPECT_NEAR(double((*it)["pixel_auroc"]), metrics->auroc(), agreement);
        EXPECT_NEAR(double((*it)["aupro"]), metrics->aupro(), agreement);
    }
}

//! Replaces NaN, which stands for good images, by -1, as in the gold file.
std::vector<double> withoutNaN(std::vector<double> values)
{
    for (double& value : values)
        value = cvIsNaN(value) ? -1 : value;
    return values;
}

TEST(Anomaly_Metrics, aupimo_agrees_with_anomalib)
{
    FileStorage gold(testDataPath("gold/aupimo.yml"), FileStorage::READ);
    const FileNode stacks = gold["stacks"];
    ASSERT_GT(stacks.size(), 0u);
    for (FileNodeIterator it = stacks.begin(); it != stacks.end(); ++it)
    {
        SCOPED_TRACE((*it).name());
        Mat maps, masks;
        Mat_<double> bounds, expected;
        (*it)["maps"] >> maps;
        (*it)["masks"] >> masks;
        (*it)["bounds"] >> bounds;
        (*it)["per_image"] >> expected;
        const Ptr<PixelMetrics> metrics = metricsOf(maps, masks, int((*it)["rows"]));
        std::vector<double> areas;
        EXPECT_NEAR(double((*it)["mean"]), metrics->aupimo(areas, bounds(0), bounds(1)), 1e-12); // observed: 1e-15
        ASSERT_EQ(expected.total(), areas.size());
        EXPECT_LE(cv::norm(expected, Mat(withoutNaN(areas)).reshape(1, expected.rows), NORM_INF), 1e-12);
        EXPECT_EQ(metrics->aupimo(noArray(), bounds(0), bounds(1)), metrics->aupimo(areas, bounds(0), bounds(1)));
    }
}

TEST(Anomaly_Metrics, pixels_agree_with_the_functions_on_scores)
{
    Mat map(60, 50, CV_32F), mask(60, 50, CV_8U);
    RNG rng(1);
    rng.fill(map, RNG::UNIFORM, 0, 40);
    map.forEach<float>([](float& value, const int*) { value = std::floor(value) / 8; }); // makes many values equal
    rng.fill(mask, RNG::UNIFORM, 0, 3);
    const Ptr<PixelMetrics> metrics = metricsOf(map, mask, 20);

    const Mat scores = map.reshape(1, 1), labels = mask.reshape(1, 1);
    double threshold = 0, expectedThreshold = 0;
    EXPECT_DOUBLE_EQ(auroc(scores, labels), metrics->auroc());
    EXPECT_DOUBLE_EQ(averagePrecision(scores, labels), metrics->averagePrecision());
    EXPECT_DOUBLE_EQ(bestF1(scores, labels, expectedThreshold), metrics->bestF1(threshold));
    EXPECT_EQ(expectedThreshold, threshold);

    std::vector<double> x, y, t, expectedX, expectedY, expectedT;
    rocCurve(scores, labels, expectedX, expectedY, expectedT);
    metrics->rocCurve(x, y, t, 0);
    EXPECT_EQ(expectedX, x);
    EXPECT_EQ(expectedY, y);
    EXPECT_EQ(expectedT, t);
}

TEST(Anomaly_Metrics, take_all_documented_types)
{
    const std::vector<float> scores = {0.1f, 0.4f, 0.35f, 0.8f};
    const std::vector<double> doubles(scores.begin(), scores.end());
    const std::vector<uchar> labels = {0, 0, 255, 1};
    const std::vector<int> integers = {0, 0, -1, 7};
    EXPECT_EQ(0.75, auroc(scores, labels));
    EXPECT_EQ(0.75, auroc(doubles, integers));
    const Mat row = Mat(scores).reshape(1, 1); // Mat(scores) is a column in OpenCV 4, and has one dimension in OpenCV 5
    EXPECT_EQ(0.75, auroc(row, Mat(labels)));
    EXPECT_EQ(0.75, auroc(Mat_<float>(2, 4, 1.f).row(0) * 0 + row, labels));
    Mat_<float> table(4, 2, -1.f); // a column of it is not continuous
    row.reshape(1, 4).copyTo(table.col(1));
    EXPECT_EQ(0.75, auroc(table.col(1), labels));
}

TEST(Anomaly_Metrics, scores_that_tell_nothing)
{
    const std::vector<float> scores(10, 3.f);
    const std::vector<int> labels = {1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
    double threshold = 0;
    EXPECT_EQ(0.5, auroc(scores, labels));
    EXPECT_DOUBLE_EQ(0.2, averagePrecision(scores, labels));
    EXPECT_DOUBLE_EQ(1 / 3., bestF1(scores, labels, threshold));
    EXPECT_EQ(3, threshold);
}

double bestThreshold(const Mat& scores, const std::vector<int>& labels)
{
    double threshold = 0;
    bestF1(scores, labels, threshold);
    return threshold;
}

TEST(Anomaly_Metrics, best_threshold_lies_in_the_middle_of_the_gap)
{
    EXPECT_EQ(4, bestThreshold(Mat_<float>({1, 2, 6, 7}), {0, 0, 1, 1}));
    EXPECT_EQ(-4, bestThreshold(Mat_<double>({-2, -6, -3, -5}), {1, 0, 1, 0}));
    EXPECT_EQ(2.5,
              bestThreshold(Mat_<float>({1, 2, 3, 4, 5}), {0, 0, 1, 0, 1})); // a good one over the lowest defective one
    EXPECT_EQ(3, bestThreshold(Mat_<float>({1, 2, 4}), {0, 0, 1}));
    EXPECT_EQ(1, bestThreshold(Mat_<float>({1, 2, 3}), {1, 0, 1})); // There is no lower score.
}

// Maps are compared in single precision, in which the middle of two such scores rounds to the lower one.
TEST(Anomaly_Metrics, best_threshold_parts_scores_without_a_number_in_between)
{
    const float first = 1.f, second = std::nextafter(first, 2.f), third = std::nextafter(second, 2.f);
    EXPECT_EQ(second, float(bestThreshold(Mat_<float>({first, second}), {0, 1})));
    EXPECT_EQ(third, float(bestThreshold(Mat_<float>({second, third}), {0, 1})));
    const double near = 1 + DBL_EPSILON;
    EXPECT_EQ(near, bestThreshold(Mat_<double>({1., near}), {0, 1}));
}

TEST(Anomaly_Metrics, roc_curve_starts_where_nothing_is_called_defective)
{
    const std::vector<float> scores = {1, 2, 2, 3};
    const std::vector<int> labels = {0, 1, 0, 1};
    std::vector<double> fpr, tpr, thresholds;
    rocCurve(scores, labels, fpr, tpr, thresholds);
    EXPECT_EQ(std::vector<double>({0, 0, 0.5, 1}), fpr);
    EXPECT_EQ(std::vector<double>({0, 0.5, 1, 1}), tpr);
    EXPECT_EQ(std::vector<double>({std::numeric_limits<double>::infinity(), 3, 2, 1}), thresholds);
}

TEST(Anomaly_Metrics, refuse_what_they_cannot_judge)
{
    const std::vector<float> scores = {1, 2, 3};
    const std::vector<int> labels = {0, 1, 1};
    EXPECT_REFUSED(auroc(std::vector<float>(), std::vector<int>()), "No scores");
    EXPECT_REFUSED(auroc(scores, std::vector<int>()), "No labels");
    EXPECT_REFUSED(auroc(scores, std::vector<int>({0, 1})), "3 scores and 2 labels");
    EXPECT_REFUSED(auroc(scores, std::vector<int>(3, 1)), "3 are defective and 0 good");
    EXPECT_REFUSED(averagePrecision(scores, std::vector<int>(3, 0)), "0 are defective and 3 good");
    EXPECT_REFUSED(auroc(std::vector<int>({1, 2, 3}), labels), "CV_32SC1");
    EXPECT_REFUSED(auroc(scores, std::vector<float>({0, 1, 1})), "CV_32FC1");
    EXPECT_REFUSED(auroc(Mat(2, 2, CV_32F, Scalar(1)), labels), "2x2");
    EXPECT_REFUSED(auroc(std::vector<float>({1, 2, NAN}), labels), "NaN");
    EXPECT_REFUSED(auroc(std::vector<double>({1, 2, INFINITY}), labels), "NaN or infinity");
    double threshold = 5;
    EXPECT_REFUSED(bestF1(scores, std::vector<int>(3, 0), threshold), "both kinds");
    EXPECT_EQ(5, threshold);
}

// Two regions, one of four pixels (4, 4, 2, 0) and one of a single pixel (2), among 16 good pixels. The good pixels
// score 0, except for one of 3 and three of 1:
//   threshold   4     3     2     1     0
//   fpr         0   1/16  1/16   1/4    1
//   overlap    1/4   1/4  7/8   7/8    1
struct TwoRegions
{
    TwoRegions()
    {
        map = Mat_<float>({3, 7}, {4, 2, 0, 0, 0, 0, 0, 4, 0, 0, 3, 0, 1, 1, 0, 0, 1, 0, 0, 0, 2});
        mask = Mat_<uchar>({3, 7}, {1, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255});
    }
    Mat map, mask;
};

TEST(Anomaly_Metrics, aupro_of_two_regions_by_hand)
{
    const TwoRegions two;
    const Ptr<PixelMetrics> metrics = metricsOf(two.map, two.mask, 3);
    EXPECT_EQ(2u, metrics->regionCount());
    EXPECT_EQ(21u, metrics->count());
    std::vector<double> fpr, overlap, thresholds;
    metrics->proCurve(fpr, overlap, thresholds, 0);
    const std::vector<double> expectedFpr = {0, 0, 1 / 16., 1 / 16., 1 / 4., 1};
    const std::vector<double> expectedOverlap = {0, 1 / 4., 1 / 4., 7 / 8., 7 / 8., 1};
    ASSERT_EQ(expectedFpr.size(), fpr.size());
    for (size_t i = 0; i < fpr.size(); i++)
    {
        EXPECT_DOUBLE_EQ(expectedFpr[i], fpr[i]);
        EXPECT_NEAR(expectedOverlap[i], overlap[i], 1e-15);
    }
    const double upToQuarter = 1 / 4. / 16 + 7 / 8. * 3 / 16;
    EXPECT_NEAR(upToQuarter * 4, metrics->aupro(0.25), 1e-15);
    EXPECT_NEAR(1 / 4., metrics->aupro(1 / 16.), 1e-15);
    EXPECT_NEAR(1 / 4., metrics->aupro(1 / 32.), 1e-15);
    EXPECT_NEAR(upToQuarter + 0.75 * (7 / 8. + 1) / 2, metrics->aupro(1), 1e-15);
    // after a false positive rate of 1/4 the curve climbs by 1/8 in 3/4
    const double atLimit = 7 / 8. + 0.05 / 0.75 / 8;
    EXPECT_NEAR((upToQuarter + 0.05 * (7 / 8. + atLimit) / 2) / 0.3, metrics->aupro(), 1e-15);
}

//! A good map of 1000 pixels, of which `falseAlarms` pixels score 0.75, and a defective map with a defect of four
//! pixels that have the given scores.
Ptr<PixelMetrics> goodAndDefective(int falseAlarms, const Mat& defect)
{
    Mat good = Mat::zeros(20, 50, CV_32F), map = Mat::zeros(20, 50, CV_32F), mask = Mat::zeros(20, 50, CV_8U);
    good.reshape(1, 1).colRange(0, falseAlarms).setTo(0.75);
    map.row(3).setTo(2); // Good pixels beside a defect do not count as pixels of a good image.
    defect.copyTo(map(Rect(10, 10, 4, 1)));
    mask(Rect(10, 10, 4, 1)).setTo(255);
    const Ptr<PixelMetrics> metrics = PixelMetrics::create();
    metrics->add(good);
    metrics->add(map, mask);
    return metrics;
}

TEST(Anomaly_Metrics, aupimo_by_hand)
{
    // Two pixels are found without a false alarm, one together with the false alarms, one after them.
    const Ptr<PixelMetrics> metrics = goodAndDefective(10, Mat_<float>({1, 4}, {1, 1, 0.75f, 0.5f}));
    EXPECT_NEAR(0.001, metrics->lowestFpr(), 1e-18);
    std::vector<double> areas;
    EXPECT_NEAR(2 / 4., metrics->aupimo(areas, 0.001, 0.009), 1e-15);
    EXPECT_NEAR(4 / 4., metrics->aupimo(areas, 0.01, 0.1), 1e-15);
    EXPECT_NEAR((2 / 4. + 4 / 4.) / 2, metrics->aupimo(areas, 0.001, 0.1), 1e-15);
    ASSERT_EQ(2u, areas.size());
    EXPECT_TRUE(cvIsNaN(areas[0]));
    EXPECT_NEAR(3 / 4., areas[1], 1e-15);

    // All pixels are found only at a rate of 1. The overlap rises from 0 at 0.01, linearly over the logarithm of the
    // rate.
    const Ptr<PixelMetrics> late = goodAndDefective(10, Mat::zeros(1, 4, CV_32F));
    EXPECT_NEAR(1 / 4., late->aupimo(areas, 0.01, 0.1), 1e-15);
    EXPECT_NEAR(3 / 4., late->aupimo(areas, 0.1, 1), 1e-15);
    EXPECT_NEAR(2 / 3. / 2, late->aupimo(areas, 0.001, 1), 1e-15);
}

TEST(Anomaly_Metrics, aupimo_has_the_bounds_of_the_paper)
{
    Mat good = Mat::zeros(100, 1000, CV_32F);
    good.at<float>(7, 7) = 3;             // a rate of 1e-5
    good(Rect(20, 20, 9, 1)).setTo(2.75); // and of 1e-4
    const Mat defect = Mat_<float>({1, 4}, {4, 3, 2.75f, 2.5f}), mask = Mat::ones(1, 4, CV_8U);
    const Ptr<PixelMetrics> metrics = metricsOf(defect, mask, 1), few = metricsOf(defect, mask, 1);
    metrics->add(good);
    EXPECT_NEAR((2 / 4. + 3 / 4.) / 2, metrics->aupimo(), 1e-15);
    few->add(good.colRange(0, 999));
    EXPECT_REFUSED(few->aupimo(), "lowerFpr is 1e-05, expected at least 1.001e-05");
}

// The rate is the mean of the images' rates: one pixel of 10 counts as much as 100 pixels of 1000.
TEST(Anomaly_Metrics, aupimo_of_good_images_that_differ_in_size)
{
    const Mat mask = Mat::ones(1, 4, CV_8U), defect = Mat_<float>({1, 4}, {1, 0.8f, 0.6f, 0.4f});
    Mat small = Mat::zeros(2, 5, CV_32F), large = Mat::zeros(20, 50, CV_32F);
    small.at<float>(0) = 0.7f; // a rate of (1/10 + 0) / 2 = 0.05
    large.row(0).setTo(0.5f);  // (1/10 + 50/1000) / 2 = 0.075
    const Ptr<PixelMetrics> metrics = metricsOf(defect, mask, 1),
                            others = metricsOf(large, Mat::zeros(large.size(), CV_8U), 20);
    others->add(small);
    metrics->merge(others);
    EXPECT_NEAR(1 / 2000., metrics->lowestFpr(), 1e-18);
    const double width = std::log(0.075 / 0.05);
    EXPECT_NEAR(3 / 4., metrics->aupimo(noArray(), 0.05, 0.075), 1e-15);
    EXPECT_NEAR(2 / 4., metrics->aupimo(noArray(), 0.01, 0.05), 1e-15);
    EXPECT_NEAR((2 / 4. * std::log(0.05 / 0.01) + 3 / 4. * width) / std::log(0.075 / 0.01),
                metrics->aupimo(noArray(), 0.01, 0.075), 1e-15);
    Mat validity = Mat::zeros(20, 50, CV_8U); // with 10 of its pixels the large one weighs the same
    validity(Rect(0, 0, 5, 2)).setTo(1);
    const Ptr<PixelMetrics> equal = metricsOf(defect, mask, 1);
    equal->add(small);
    equal->add(large, noArray(), validity);
    EXPECT_NEAR(1 / 20., equal->lowestFpr(), 1e-18);
    EXPECT_NEAR(3 / 4., equal->aupimo(noArray(), 0.05, 0.3), 1e-15);
}

TEST(Anomaly_Metrics, aupimo_needs_good_images)
{
    const TwoRegions two;
    const Ptr<PixelMetrics> metrics = metricsOf(two.map, two.mask, 3);
    EXPECT_TRUE(cvIsInf(metrics->lowestFpr()));
    EXPECT_REFUSED(metrics->aupimo(), "without a defect");
    metrics->add(two.map, two.mask, Mat::zeros(3, 7, CV_8U)); // no valid pixel: not a good image
    EXPECT_REFUSED(metrics->aupimo(), "without a defect");
    metrics->add(two.map * 0);
    EXPECT_NEAR(1 / 21., metrics->lowestFpr(), 1e-18);
    EXPECT_REFUSED(metrics->aupimo(noArray(), 0.04, 0.5), "lowerFpr is 0.04");
    std::vector<double> areas;
    metrics->aupimo(areas, 1 / 21., 0.5);
    ASSERT_EQ(3u, areas.size());
    EXPECT_FALSE(cvIsNaN(areas[0]));
    EXPECT_TRUE(cvIsNaN(areas[1]) && cvIsNaN(areas[2]));
    for (const double lower : {0., -1., 0.5, 0.6, double(NAN)})
        EXPECT_REFUSED(metrics->aupimo(areas, lower, 0.5), "lowerFpr");
    EXPECT_REFUSED(metrics->aupimo(areas, 0.1, 1.1), "upperFpr 1.1");
    EXPECT_REFUSED(metrics->aupimo(areas, 0.1, NAN), "upperFpr");
    EXPECT_EQ(3u, areas.size()) << "a refused call wrote";
}

TEST(Anomaly_Metrics, pixels_that_touch_at_a_corner_are_one_region)
{
    const Mat mask = Mat_<uchar>({3, 4}, {1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1});
    EXPECT_EQ(2u, metricsOf(Mat::zeros(3, 4, CV_32F), mask, 3)->regionCount());
}

TEST(Anomaly_Metrics, perfect_map)
{
    TwoRegions two;
    two.mask.convertTo(two.map, CV_32F);
    const Ptr<PixelMetrics> metrics = metricsOf(two.map, two.mask, 3);
    double threshold = 0;
    EXPECT_EQ(1, metrics->auroc());
    EXPECT_EQ(1, metrics->averagePrecision());
    EXPECT_NEAR(1, metrics->aupro(), 1e-15);
    EXPECT_EQ(1, metrics->bestF1(threshold));
    EXPECT_EQ(0.5, threshold);
}

TEST(Anomaly_Metrics, constant_map)
{
    const TwoRegions two;
    const Ptr<PixelMetrics> metrics = metricsOf(Mat(3, 7, CV_32F, Scalar(-2)), two.mask, 3);
    EXPECT_EQ(0.5, metrics->auroc());
    EXPECT_NEAR(0.15, metrics->aupro(), 1e-15); // the diagonal, up to 0.3
}

TEST(Anomaly_Metrics, empty_masks_are_good_pixels)
{
    const TwoRegions two;
    const Ptr<PixelMetrics> zeros = metricsOf(two.map, two.mask, 3), none = metricsOf(two.map, two.mask, 3);
    const Mat good = two.map.t();
    zeros->add(good, Mat::zeros(good.size(), CV_8U));
    none->add(good);
    EXPECT_EQ(42u, none->count());
    EXPECT_EQ(2u, zeros->regionCount());
    EXPECT_EQ(zeros->auroc(), none->auroc());
    EXPECT_EQ(zeros->aupro(), none->aupro());
}

TEST(Anomaly_Metrics, only_valid_pixels_count)
{
    const TwoRegions two;
    Mat validity(3, 7, CV_8U, Scalar(1));
    validity.col(6) = 0; // the second region with it
    validity.row(1) = 0;
    const Ptr<PixelMetrics> metrics = PixelMetrics::create();
    metrics->add(two.map, two.mask, validity);
    EXPECT_EQ(12u, metrics->count());
    EXPECT_EQ(1u, metrics->regionCount());
    std::vector<double> fpr, overlap, thresholds;
    metrics->proCurve(fpr, overlap, thresholds, 0);
    EXPECT_EQ(std::vector<double>({0, 0.5, 1, 1, 1}), overlap);
    EXPECT_EQ(std::vector<double>({0, 0, 0, 0.1, 1}), fpr);
}

TEST(Anomaly_Metrics, later_maps_count_too)
{
    const TwoRegions two;
    const Ptr<PixelMetrics> metrics = PixelMetrics::create(), both = PixelMetrics::create();
    metrics->add(two.map, two.mask);
    const double first = metrics->auroc();
    metrics->add(5 - two.map, two.mask);
    EXPECT_NE(first, metrics->auroc());
    both->add(5 - two.map, two.mask);
    both->add(two.map, two.mask);
    EXPECT_EQ(both->auroc(), metrics->auroc());
    EXPECT_EQ(both->aupro(), metrics->aupro());
}

TEST(Anomaly_Metrics, curves_are_thinned_along_their_length)
{
    Mat map(200, 200, CV_32F), mask = Mat::zeros(200, 200, CV_8U);
    randn(map, 0, 1);
    mask(Rect(20, 20, 40, 30)) = 255;
    cv::add(map, 1, map, mask);
    const Ptr<PixelMetrics> metrics = metricsOf(map, mask, 200);
    std::vector<double> fpr, overlap, thresholds;
    metrics->proCurve(fpr, overlap, thresholds, 50);
    EXPECT_LE(fpr.size(), 50u);
    EXPECT_GE(fpr.size(), 40u);
    EXPECT_EQ(0, fpr.front());
    EXPECT_EQ(1, fpr.back());
    EXPECT_NEAR(1, overlap.back(), 1e-15);
    for (size_t i = 1; i < fpr.size(); i++)
        EXPECT_LT(fpr[i] - fpr[i - 1] + overlap[i] - overlap[i - 1], 2 / 48. + 1e-3);
    metrics->rocCurve(fpr, overlap, thresholds, 3);
    EXPECT_LE(fpr.size(), 3u);
    EXPECT_EQ(1, fpr.back());
    EXPECT_REFUSED(metrics->rocCurve(fpr, overlap, thresholds, 2), "maxPoints is 2");
}

TEST(Anomaly_Metrics, refused_maps_leave_the_pixels_as_they_were)
{
    const TwoRegions two;
    const Ptr<PixelMetrics> metrics = metricsOf(two.map, two.mask, 3);
    const double before = metrics->aupro();
    Mat broken = two.map.clone();
    broken.at<float>(2, 6) = NAN;
    EXPECT_REFUSED(metrics->add(broken, two.mask), "NaN");
    EXPECT_REFUSED(metrics->add(Mat()), "0x0");
    EXPECT_REFUSED(metrics->add(Mat(3, 7, CV_64F, Scalar(0))), "CV_64FC1");
    EXPECT_REFUSED(metrics->add(two.map, two.mask.t()), "3x7");
    EXPECT_REFUSED(metrics->add(two.map, two.map), "Mask is 7x3 of type CV_32FC1");
    EXPECT_REFUSED(metrics->add(two.map, two.mask, two.map), "Validity is");
    EXPECT_EQ(21u, metrics->count());
    EXPECT_EQ(before, metrics->aupro());
}

TEST(Anomaly_Metrics, pixels_of_one_kind_only_are_refused)
{
    const TwoRegions two;
    const Ptr<PixelMetrics> metrics = PixelMetrics::create();
    double threshold = 0;
    EXPECT_TRUE(metrics->empty());
    EXPECT_REFUSED(metrics->auroc(), "0 good and 0 defective");
    metrics->add(two.map);
    EXPECT_REFUSED(metrics->aupro(), "21 good and 0 defective");
    EXPECT_REFUSED(metrics->bestF1(threshold), "both kinds");
    metrics->clear();
    EXPECT_TRUE(metrics->empty());
    metrics->add(two.map, Mat(3, 7, CV_8U, Scalar(9)));
    EXPECT_REFUSED(metrics->averagePrecision(), "0 good and 21 defective");
    metrics->add(two.map);
    EXPECT_REFUSED(metrics->aupro(0), "fprLimit is 0");
    EXPECT_REFUSED(metrics->aupro(NAN), "fprLimit");
    EXPECT_REFUSED(metrics->aupro(1.5), "1.5");
}

// There are more good pixels than are packed at a time. Many have the same score, and some scores are negative, 0 or
// -0.
TEST(Anomaly_Metrics, many_pixels_agree_with_the_functions_on_scores)
{
    Mat map(2100, 2100, CV_32F), mask(map.size(), CV_8U);
    RNG rng(3);
    rng.fill(map, RNG::NORMAL, 0.1, 1);
    map.rowRange(0, 700).forEach<float>([](float& value, const int*) { value = std::floor(value * 8) / 8; });
    map.row(5).setTo(-0.f);
    rng.fill(mask, RNG::UNIFORM, 0, 60);
    mask = mask == 7;
    map.setTo(3, mask & (map > 1));
    const Ptr<PixelMetrics> metrics = metricsOf(map, mask, 700), atOnce = metricsOf(map, mask, 2100);
    const Mat scores = map.reshape(1, 1), labels = mask.reshape(1, 1);
    double threshold = 0, expectedThreshold = 0;
    EXPECT_EQ(auroc(scores, labels), metrics->auroc());
    EXPECT_EQ(averagePrecision(scores, labels), metrics->averagePrecision());
    EXPECT_EQ(bestF1(scores, labels, expectedThreshold), metrics->bestF1(threshold));
    EXPECT_EQ(expectedThreshold, threshold);
    EXPECT_EQ(metrics->auroc(), atOnce->auroc());
    atOnce->merge(metrics);
    EXPECT_EQ(2 * metrics->count(), atOnce->count());
    EXPECT_EQ(metrics->auroc(), atOnce->auroc());
}

TEST(Anomaly_Metrics, memory_stops_growing_where_scores_repeat)
{
    CountedScores scores;
    std::vector<size_t> bytes;
    for (int round = 0; round < 8; round++)
    {
        for (int i = 0; i < 1000000; i++)
            scores.add(1 + float(i * 7 % 999983) / 1000000);
        scores.pack();
        bytes.push_back(scores.packedBytes());
    }
    EXPECT_EQ(8000000u, scores.size());
    EXPECT_LT(bytes[0], 4000000u);
    EXPECT_EQ(bytes[0], bytes[7]);
    int64 passed = 0, distinct = 0;
    double last = 3;
    for (CountedScores::Cursor cursor = cursorOf(scores); !cursor.atEnd(); distinct++)
    {
        ASSERT_LT(cursor.score(), last);
        last = cursor.score();
        cursor.pass(last);
        passed = cursor.passed();
    }
    EXPECT_EQ(8000000, passed);
    EXPECT_GT(distinct, 900000);
}

TEST(Anomaly_Metrics, counts_at_a_threshold)
{
    const TwoRegions two;
    const Ptr<PixelMetrics> metrics = PixelMetrics::create();
    metrics->add(two.map, two.mask);
    const double highest = std::numeric_limits<double>::infinity();
    for (const double threshold : {-highest, -1., 0., 0.25, 0.5, 0.9, 1., highest})
    {
        const Mat called = two.map >= threshold;
        double truePositives = -1, falsePositives = -1;
        metrics->countsAt(threshold, truePositives, falsePositives);
        EXPECT_EQ(countNonZero(called & (two.mask != 0)), truePositives) << threshold;
        EXPECT_EQ(countNonZero(called & (two.mask == 0)), falsePositives) << threshold;
    }
}

TEST(Anomaly_Metrics, merged_ones_are_as_if_all_were_added_to_one)
{
    Mat map(90, 80, CV_32F), mask = Mat::zeros(map.size(), CV_8U);
    randu(map, -1, 1);
    for (int i = 0; i < 9; i++)
        mask(Rect(8 * i, 10 * i, 6, 5)).setTo(1);
    const Ptr<PixelMetrics> whole = metricsOf(map, mask, 30), parts = PixelMetrics::create();
    for (int y = 0; y < 90; y += 30)
        parts->merge(metricsOf(map.rowRange(y, y + 30), mask.rowRange(y, y + 30), 30));
    EXPECT_EQ(whole->count(), parts->count());
    EXPECT_EQ(whole->regionCount(), parts->regionCount());
    EXPECT_EQ(whole->auroc(), parts->auroc());
    EXPECT_EQ(whole->aupro(), parts->aupro());
    parts->merge(whole);
    EXPECT_EQ(2 * whole->count(), parts->count());
    EXPECT_EQ(whole->auroc(), parts->auroc());
    EXPECT_REFUSED(parts->merge(parts), "no other");
    EXPECT_REFUSED(parts->merge(Ptr<PixelMetrics>()), "no other");
}

TEST(Anomaly_Metrics, threads_may_ask_at_the_same_time)
{
    Mat map(300, 300, CV_32F), mask = Mat::zeros(300, 300, CV_8U);
    randu(map, 0, 1);
    mask(Rect(10, 10, 50, 50)) = 1;
    const Ptr<PixelMetrics> metrics = metricsOf(map, mask, 300), other = metricsOf(map, mask, 300);
    std::vector<double> results(4);
    std::vector<std::thread> threads;
    for (size_t i = 0; i < results.size(); i++)
        threads.emplace_back([&results, &metrics, i] { results[i] = metrics->aupro(); });
    for (size_t i = 0; i < threads.size(); i++)
        threads[i].join();
    EXPECT_EQ(std::vector<double>(4, other->aupro()), results);
}

}} // namespace
