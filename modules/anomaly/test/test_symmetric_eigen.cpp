// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Eigenvalues and eigenvectors: A = V^T diag(values) V with orthonormal rows of V, beside those of cv::eigen.
#include "test_precomp.hpp"

#include "../src/kernels/symmetric_eigen.hpp"

namespace opencv_test { namespace {

void expectEigen(const Mat& A)
{
    Mat values, vectors, expected;
    symmetricEigen(A, values, vectors);
    const double scale = std::max(cv::norm(A, NORM_INF), 1e-200);
    EXPECT_LT(cv::norm(vectors * vectors.t(), Mat::eye(A.size(), CV_64F), NORM_INF), 1e-12);
    EXPECT_LT(cv::norm(Mat(vectors.t() * Mat::diag(values) * vectors), A, NORM_INF), 1e-12 * scale * A.rows);
    eigen(Mat(A / scale), expected); // without LAPACK it stops at small numbers
    EXPECT_LT(cv::norm(Mat(values / scale), expected, NORM_INF), 1e-12 * A.rows);
}

Mat symmetricOf(int n, int rank, bool isInteger)
{
    Mat factors(n, rank, CV_64F);
    RNG(uint64(n) * 100 + rank).fill(factors, RNG::UNIFORM, -3, 3);
    if (isInteger)
        factors.forEach<double>([](double& value, const int*) { value = std::round(value); });
    return factors * factors.t();
}

TEST(Anomaly_SymmetricEigen, of_any_size_and_rank)
{
    for (const int n : {1, 2, 3, 5, 16, 17, 33, 70, 131})
        for (const int rank : {1, 2, n, n + 3})
            for (const bool isInteger : {false, true})
            {
                SCOPED_TRACE(format("%d rows, rank %d, integer %d", n, rank, int(isInteger)));
                expectEigen(symmetricOf(n, rank, isInteger));
            }
}

TEST(Anomaly_SymmetricEigen, of_matrices_that_are_easy_to_get_wrong)
{
    expectEigen(Mat::zeros(5, 5, CV_64F));
    expectEigen(Mat::eye(7, 7, CV_64F) * 3);
    expectEigen(Mat_<double>({2, 2}, {1, 1e-9, 1e-9, 1}));
    expectEigen(Mat_<double>({3, 3}, {-1, 2, 0, 2, -1, 0, 0, 0, 5}));
    expectEigen(symmetricOf(20, 20, false) * 1e-120);
    expectEigen(symmetricOf(20, 20, false) * 1e120);
    Mat manyZeros = Mat::zeros(300, 300, CV_64F); // as of features that never vary
    symmetricOf(9, 3, false).copyTo(manyZeros(Rect(100, 100, 9, 9)));
    expectEigen(manyZeros);
    expectEigen(symmetricOf(300, 2, false));
    Mat graded = symmetricOf(30, 30, false);
    for (int i = 0; i < 30; i++)
    {
        graded.row(i) *= std::pow(10, -i / 3.);
        graded.col(i) *= std::pow(10, -i / 3.);
    }
    expectEigen(graded);
}

TEST(Anomaly_SymmetricEigen, threads_change_no_bit)
{
    SKIP_UNDER_THREAD_SANITIZER();
    const Mat A = symmetricOf(200, 200, false);
    const int threads = getNumThreads();
    Mat values[2], vectors[2];
    for (int i = 0; i < 2; i++)
    {
        setNumThreads(i == 0 ? 1 : 3);
        symmetricEigen(A, values[i], vectors[i]);
    }
    setNumThreads(threads);
    EXPECT_EQ(0, cv::norm(values[0], values[1], NORM_INF));
    EXPECT_EQ(0, cv::norm(vectors[0], vectors[1], NORM_INF));
}

}} // namespace opencv_test
