// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "test_precomp.hpp"

#include "../src/kernels/row_products.hpp"

namespace opencv_test { namespace {

Mat wholeNumbers(int rows, int cols, RNG& random)
{
    Mat numbers(rows, cols, CV_64F);
    for (double& number : Mat_<double>(numbers))
        number = random.uniform(-9, 10);
    return numbers;
}

// Whole numbers leave nothing to rounding; panels have 16 rows, and up to four rows go through them together.
TEST(Anomaly_RowProducts, same_as_of_opencv)
{
    RNG random(4);
    for (const int together : {1, 2, 4})
        for (const int rows : {1, 2, 3, 5, 128})
            for (const int others : {1, 15, 16, 17, 72})
                for (const int length : {1, 3, 64, 257})
                {
                    const Mat A = wholeNumbers(rows, length, random), B = wholeNumbers(others, length, random);
                    const Mat expected = A * B.t();
                    EXPECT_EQ(0, cv::norm(RowProducts(B, together).with(A), expected, NORM_INF))
                        << rows << " x " << length << " with " << others << ", together " << together;
                }
}

TEST(Anomaly_RowProducts, rows_of_another_length_or_type)
{
    const RowProducts products(Mat::zeros(3, 4, CV_64F));
    EXPECT_THROW(products.with(Mat::zeros(2, 5, CV_64F)), cv::Exception);
    EXPECT_THROW(products.with(Mat::zeros(2, 4, CV_32F)), cv::Exception);
    EXPECT_THROW(RowProducts(Mat::zeros(3, 4, CV_32F)), cv::Exception);
}

}} // namespace opencv_test
