// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// K-means: how good its centers are, and points that are special cases.
#include "test_precomp.hpp"

#include "../src/search/k_means.hpp"

#include <limits>
#include <set>

namespace opencv_test { namespace {

// Returns the sum of squared distances of points, in rows, to their nearest center.
double inertia(const Mat& points, const Mat& centers)
{
    double sum = 0;
    for (int p = 0; p < points.rows; p++)
    {
        double nearest = DBL_MAX;
        for (int c = 0; c < centers.rows; c++)
            nearest = std::min(nearest, cv::norm(points.row(p), centers.row(c), NORM_L2SQR));
        sum += nearest;
    }
    return sum;
}

Mat centersOf(const Mat& points, int count, int seed = 1)
{
    RNG random(seed * 1000003);
    return kMeans(points, count, 300, ENGINE_PLAIN, random);
}

// Observed: 1.0047 of its mean; cv::kmeans 1.031.
TEST(Anomaly_KMeans, as_good_as_scikit_learn)
{
    const FileStorage gold(testDataPath("gold/k_means.yml"), FileStorage::READ);
    Mat points;
    gold["points"] >> points;
    const int count = int(gold["centers"]), runs = int(gold["runs"]);
    double mean = 0;
    for (int run = 0; run < runs; run++)
        mean += inertia(points, centersOf(points, count, run + 1)) / runs;
    EXPECT_LT(mean, 1.01 * double(gold["inertia"])) << mean / double(gold["inertia"]);
}

std::set<float> valuesOf(const Mat& centers)
{
    return std::set<float>(centers.begin<float>(), centers.end<float>());
}

TEST(Anomaly_KMeans, separate_clusters_are_found_exactly)
{
    const Mat points = Mat_<float>({7, 1}, {0, 1000, 2, 2000, 2002, 1004, 1});
    EXPECT_EQ((std::set<float>{1, 1002, 2001}), valuesOf(centersOf(points, 3)));
}

TEST(Anomaly_KMeans, fewer_places_than_centers)
{
    const Mat points = Mat_<float>({6, 1}, {5, 5, 7, 5, 7, 5});
    for (int seed = 1; seed < 6; seed++)
    {
        const Mat centers = centersOf(points, 4, seed);
        ASSERT_EQ(Size(1, 4), centers.size());
        EXPECT_EQ((std::set<float>{5, 7}), valuesOf(centers));
    }
}

TEST(Anomaly_KMeans, as_many_centers_as_points)
{
    const Mat points = Mat_<float>({4, 1}, {3, 1, 4, 9});
    EXPECT_EQ((std::set<float>{1, 3, 4, 9}), valuesOf(centersOf(points, 4)));
    EXPECT_THROW(centersOf(points, 5), cv::Exception);
}

// The code for four rows at a time treats NaN differently from the code for the remaining rows.
TEST(Anomaly_KMeans, points_that_are_no_numbers_end_without_a_crash)
{
    for (int count = 1; count < 20; count++)
        EXPECT_EQ(
            Size(3, 1 + count / 2),
            centersOf(Mat(count, 3, CV_32F, Scalar(std::numeric_limits<float>::quiet_NaN())), 1 + count / 2).size());
}

TEST(Anomaly_KMeans, leaves_the_common_generator_alone)
{
    theRNG().state = 12345;
    centersOf(Mat_<float>({4, 1}, {3, 1, 4, 9}), 2);
    EXPECT_EQ(uint64(12345), theRNG().state);
}

} // namespace
} // namespace opencv_test
