// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// The whitening of PatchCore's patches, and the rows of contaminated images that are left out.
#include "test_precomp.hpp"

#include "../src/patches/whitening.hpp"
#include "../src/search/outlying_rows.hpp"

namespace opencv_test { namespace {

// Patches with correlated features of very different variances.
Mat correlatedPatches(int count, int features)
{
    RNG random(4);
    Mat independent(count, features, CV_32F), mixing(features, features, CV_32F);
    random.fill(independent, RNG::NORMAL, 0, 1);
    random.fill(mixing, RNG::NORMAL, 0, 1);
    for (int feature = 0; feature < features; feature++)
        independent.col(feature) *= std::pow(2., feature);
    return independent * mixing + 3;
}

Mat describe(const Descriptor& descriptor, const Mat& patches)
{
    return patches * descriptor.W.colRange(0, patches.cols).t() + repeat(descriptor.b.t(), patches.rows, 1);
}

// Returns the covariance of rows around their mean.
Mat covarianceOf(const Mat& rows)
{
    Mat covariance, mean;
    calcCovarMatrix(rows, covariance, mean, COVAR_NORMAL | COVAR_ROWS | COVAR_SCALE, CV_64F);
    return covariance;
}

TEST(Anomaly_Whitening, without_power_distances_stay)
{
    const Mat patches = correlatedPatches(50, 6), phi = describe(whitenedAxes(patches, {2, 4}, 0, 0), patches);
    for (int i = 1; i < patches.rows; i++)
    {
        const double distance = cv::norm(patches.row(0), patches.row(i));
        EXPECT_NEAR(distance, cv::norm(phi.row(0), phi.row(i)), 1e-4 * distance);
    }
}

TEST(Anomaly_Whitening, each_axis_is_divided_by_a_power_of_its_deviation)
{
    const Mat patches = correlatedPatches(200, 5);
    Mat variances, axes;
    eigen(covarianceOf(patches), variances, axes);
    const double floor = 0.01 * cv::mean(variances)[0];
    for (const double power : {0.25, 0.5, 1.})
    {
        const Mat covariance = covarianceOf(describe(whitenedAxes(patches, {5}, power, 0), patches));
        for (int i = 0; i < 5; i++)
            for (int j = 0; j < 5; j++)
            {
                const double v = variances.at<double>(i), expected = i == j ? v * std::pow(v + floor, -power) : 0;
                EXPECT_NEAR(expected, covariance.at<double>(i, j), 1e-3 * variances.at<double>(0)) << power;
                if (i == j)
                {
                    EXPECT_NEAR(expected, covariance.at<double>(i, j), 1e-3 * expected) << power;
                }
            }
    }
}

TEST(Anomaly_Whitening, axes_with_the_greatest_variance_are_kept)
{
    const Mat patches = correlatedPatches(200, 6);
    const Mat all = describe(whitenedAxes(patches, {6}, 0.5, 0), patches);
    const Mat kept = describe(whitenedAxes(patches, {6}, 0.5, 2), patches);
    ASSERT_EQ(2, kept.cols);
    EXPECT_LT(cv::norm(cv::abs(all.colRange(0, 2)), cv::abs(kept), NORM_INF), 1e-3);
    EXPECT_EQ(6, whitenedAxes(patches, {6}, 0.5, 100).length());
}

TEST(Anomaly_Whitening, patches_without_variance_give_numbers)
{
    const Descriptor descriptor = whitenedAxes(Mat(4, 3, CV_32F, Scalar(2)), {3}, 1, 0);
    EXPECT_TRUE(checkRange(descriptor.W));
    EXPECT_TRUE(checkRange(descriptor.b));
}

// Eight groups of the same rows. One group has a row far away besides.
TEST(Anomaly_OutlyingRows, what_one_group_has_alone_is_found)
{
    const int groups = 8, each = 5, first = 3 * each + 2, second = 6 * each + 1;
    Mat rows(groups * each, 3, CV_32F);
    std::vector<int> groupOf;
    for (int row = 0; row < rows.rows; row++)
    {
        rows.row(row).setTo(row % each);
        groupOf.push_back(10 * (row / each));
    }
    rows.row(first).setTo(50);
    const auto expectFound = [&](const std::vector<int>& found, const std::set<int>& groupsFound, int count,
                                 const std::set<int>& bad) {
        for (const int engine : enginesHere())
        {
            std::set<int> known = bad;
            EXPECT_EQ(found, outlyingRows(rows, groupOf, count, engine, known));
            EXPECT_EQ(groupsFound, known);
        }
    };
    expectFound({first}, {30}, 1, {});
    expectFound({}, {}, 0, {});
    rows.row(second).setTo(-70); // of the two, this one is farther from all others
    expectFound({second}, {60}, 1, {});
    expectFound({first, second}, {30, 60}, 2, {});
    expectFound({first}, {30, 60}, 1, {60});
}

TEST(Anomaly_OutlyingRows, one_group_is_always_good)
{
    const Mat rows = Mat_<float>({3, 1}, {0, 1, 100});
    std::set<int> bad;
    EXPECT_TRUE(outlyingRows(rows, {0, 0, 0}, 1, ENGINE_PLAIN, bad).empty());
    EXPECT_EQ(std::vector<int>{2}, outlyingRows(rows, {0, 1, 2}, 1, ENGINE_PLAIN, bad));
    EXPECT_EQ(std::set<int>{2}, bad);
    bad.clear();
    outlyingRows(rows, {0, 1, 2}, 5, ENGINE_PLAIN, bad);
    EXPECT_EQ(2u, bad.size());
}

}} // namespace opencv_test
