// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "test_precomp.hpp"

#include "../src/k_means.hpp"

#include <set>

namespace opencv_test { namespace {

// Of points in rows.
double inertia(const Mat& points, const Mat& centres)
{
    double sum = 0;
    for (int p = 0; p < points.rows; p++)
    {
        double nearest = DBL_MAX;
        for (int c = 0; c < centres.rows; c++)
            nearest = std::min(nearest, cv::norm(points.row(p), centres.row(c), NORM_L2SQR));
        sum += nearest;
    }
    return sum;
}

Mat centresOf(const Mat& points, int count, int seed = 1)
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
    const int count = int(gold["centres"]), runs = int(gold["runs"]);
    double mean = 0;
    for (int run = 0; run < runs; run++)
        mean += inertia(points, centresOf(points, count, run + 1)) / runs;
    EXPECT_LT(mean, 1.01 * double(gold["inertia"])) << mean / double(gold["inertia"]);
}

std::set<float> valuesOf(const Mat& centres)
{
    return std::set<float>(centres.begin<float>(), centres.end<float>());
}

TEST(Anomaly_KMeans, separate_clusters_are_found_exactly)
{
    const Mat points = (Mat_<float>(7, 1) << 0, 1000, 2, 2000, 2002, 1004, 1);
    EXPECT_EQ((std::set<float>{1, 1002, 2001}), valuesOf(centresOf(points, 3)));
}

TEST(Anomaly_KMeans, fewer_places_than_centres)
{
    const Mat points = (Mat_<float>(6, 1) << 5, 5, 7, 5, 7, 5);
    for (int seed = 1; seed < 6; seed++)
    {
        const Mat centres = centresOf(points, 4, seed);
        ASSERT_EQ(Size(1, 4), centres.size());
        EXPECT_EQ((std::set<float>{5, 7}), valuesOf(centres));
    }
}

TEST(Anomaly_KMeans, as_many_centres_as_points)
{
    const Mat points = (Mat_<float>(4, 1) << 3, 1, 4, 9);
    EXPECT_EQ((std::set<float>{1, 3, 4, 9}), valuesOf(centresOf(points, 4)));
    EXPECT_THROW(centresOf(points, 5), cv::Exception);
}

TEST(Anomaly_KMeans, leaves_the_common_generator_alone)
{
    theRNG().state = 12345;
    centresOf((Mat_<float>(4, 1) << 3, 1, 4, 9), 2);
    EXPECT_EQ(uint64(12345), theRNG().state);
}

} // namespace
} // namespace opencv_test
