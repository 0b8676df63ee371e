// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "row_products.hpp"
#include "panels.hpp"

#if defined __GNUC__ && defined __x86_64__
#define HAS_AVX2_FORM
#include <immintrin.h>
#endif

namespace cv { namespace anomaly {

namespace {

// Rows of B at once: with two rows of A, eight sums in vectors of AVX2, so that none waits for the one before.
const int rowsAtOnce = 16;

Mat panelsOf(const Mat& B)
{
    CV_CheckTypeEQ(B.type(), CV_64F, "Products of rows are in double precision");
    Mat panels = Mat::zeros(divideUp(B.rows, rowsAtOnce), B.cols * rowsAtOnce, CV_64F);
    for (int row = 0; row < B.rows; row++)
        for (int i = 0; i < B.cols; i++)
            panels.at<double>(row / rowsAtOnce, i * rowsAtOnce + row % rowsAtOnce) = B.at<double>(row, i);
    return panels;
}

//! Products of two rows with a panel.
struct PanelSums
{
    double first[rowsAtOnce], second[rowsAtOnce];
};

PanelSums multiplyPlain(const double* first, const double* second, const double* panel, int length)
{
    PanelSums sums = {};
    for (int i = 0; i < length; i++, panel += rowsAtOnce)
        for (int j = 0; j < rowsAtOnce; j++)
        {
            sums.first[j] += first[i] * panel[j];
            sums.second[j] += second[i] * panel[j];
        }
    return sums;
}

#ifdef HAS_AVX2_FORM

__attribute__((target("avx2,fma"))) PanelSums multiplyFast(const double* first, const double* second,
                                                           const double* panel, int length)
{
    const int vectors = rowsAtOnce / 4;
    __m256d a[vectors], b[vectors];
    for (int v = 0; v < vectors; v++)
        a[v] = b[v] = _mm256_setzero_pd();
    for (int i = 0; i < length; i++, panel += rowsAtOnce)
    {
        const __m256d ofFirst = _mm256_broadcast_sd(first + i), ofSecond = _mm256_broadcast_sd(second + i);
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++)
        {
            const __m256d values = _mm256_loadu_pd(panel + 4 * v);
            a[v] = _mm256_fmadd_pd(ofFirst, values, a[v]);
            b[v] = _mm256_fmadd_pd(ofSecond, values, b[v]);
        }
    }
    PanelSums sums;
    for (int v = 0; v < vectors; v++)
    {
        _mm256_storeu_pd(sums.first + 4 * v, a[v]);
        _mm256_storeu_pd(sums.second + 4 * v, b[v]);
    }
    return sums;
}

bool canBeFast()
{
    static const bool can = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    return can;
}

#else

bool canBeFast()
{
    return false;
}

PanelSums (*const multiplyFast)(const double*, const double*, const double*, int) = multiplyPlain;

#endif

} // namespace

RowProducts::RowProducts(const Mat& B, bool plain)
    : count(B.rows),
      length(B.cols),
      isPlain(plain || !canBeFast()),
      panels(panelsOf(B))
{}

Mat RowProducts::with(const Mat& A) const
{
    CV_CheckTypeEQ(A.type(), CV_64F, "Products of rows are in double precision");
    CV_CheckEQ(A.cols, length, "Rows must be of one length");
    const auto multiply = isPlain ? multiplyPlain : multiplyFast;
    Mat products(A.rows, count, CV_64F);
    parallel_for_(Range(0, divideUp(A.rows, 2)), [&](const Range& pairs) {
        for (int row = 2 * pairs.start; row < std::min(2 * pairs.end, A.rows); row += 2)
            for (int p = 0; p < panels.rows; p++)
            {
                const int next = std::min(row + 1, A.rows - 1), column = p * rowsAtOnce;
                const int width = std::min(rowsAtOnce, count - column);
                const PanelSums sums = multiply(A.ptr<double>(row), A.ptr<double>(next), panels.ptr<double>(p), length);
                std::copy(sums.first, sums.first + width, products.ptr<double>(row) + column);
                std::copy(sums.second, sums.second + width, products.ptr<double>(next) + column);
            }
    });
    return products;
}

}} // namespace cv::anomaly
