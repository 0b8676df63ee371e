// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "test_precomp.hpp"
#include "../src/search/shortened_bank.hpp"

namespace opencv_test { namespace {

// Centers that vary on their first axes only, on all of these alike.
Mat centersOn(int axes, int length)
{
    Mat centers(2000, length, CV_32F, Scalar(7));
    Mat varying = centers.colRange(0, axes);
    RNG(3).fill(varying, RNG::NORMAL, 5, 2);
    return centers;
}

TEST(Anomaly_ShortenedBank, counts_axes_with_the_same_variance)
{
    for (const int axes : {1, 4, 16, 60})
        EXPECT_NEAR(axes, effectiveAxes(centersOn(axes, 100)), axes / 5.);
}

// (1 + 1/4 + 1/16)^2 / (1 + 1/16 + 1/256) = 1.6
TEST(Anomaly_ShortenedBank, counts_an_axis_by_its_share_of_the_variance)
{
    Mat centers = centersOn(3, 10);
    for (int axis = 0; axis < 3; axis++)
        Mat(centers.col(axis) / (1 << axis)).copyTo(centers.col(axis));
    EXPECT_NEAR(1.6, effectiveAxes(centers), 0.3);
}

TEST(Anomaly_ShortenedBank, counts_one_axis_where_nothing_varies)
{
    EXPECT_EQ(1, effectiveAxes(Mat(200, 8, CV_32F, Scalar(3))));
}

}} // namespace
