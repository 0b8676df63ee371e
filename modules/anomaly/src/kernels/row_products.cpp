// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "row_products.hpp"
#include "panels.hpp"

#if defined __GNUC__ && defined __x86_64__
#define HAS_VECTOR_FORMS
#include <immintrin.h>
#endif

namespace cv { namespace anomaly {

namespace {

// Rows of B at once: two vectors of AVX-512, or four of AVX2.
const int rowsOfPanel = 16;

Mat panelsOf(const Mat& B)
{
    CV_CheckTypeEQ(B.type(), CV_64F, "Products of rows are in double precision");
    Mat panels = Mat::zeros(divideUp(B.rows, rowsOfPanel), B.cols * rowsOfPanel, CV_64F);
    for (int row = 0; row < B.rows; row++)
        for (int i = 0; i < B.cols; i++)
            panels.at<double>(row / rowsOfPanel, i * rowsOfPanel + row % rowsOfPanel) = B.at<double>(row, i);
    return panels;
}

// Rows of A at once: with a panel they make eight sums in vectors, which do not wait for one another. Every form adds
// the terms of a product in the same order.
const int mostRowsOfA = 4;

typedef double PanelSums[mostRowsOfA][rowsOfPanel];

void multiplyPlain(const double* const* A, const double* panel, int length, PanelSums& sums)
{
    std::fill_n(sums[0], rowsOfPanel, 0.);
    for (int i = 0; i < length; i++, panel += rowsOfPanel)
        for (int j = 0; j < rowsOfPanel; j++)
            sums[0][j] += A[0][i] * panel[j];
}

#ifdef HAS_VECTOR_FORMS

__attribute__((target("avx2,fma"))) void multiplyByAvx2(const double* const* A, const double* panel, int length,
                                                        PanelSums& sums)
{
    const int vectors = rowsOfPanel / 4;
    __m256d a[vectors], b[vectors];
    for (int v = 0; v < vectors; v++)
        a[v] = b[v] = _mm256_setzero_pd();
    for (int i = 0; i < length; i++, panel += rowsOfPanel)
    {
        const __m256d ofFirst = _mm256_broadcast_sd(A[0] + i), ofSecond = _mm256_broadcast_sd(A[1] + i);
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++)
        {
            const __m256d values = _mm256_loadu_pd(panel + 4 * v);
            a[v] = _mm256_fmadd_pd(ofFirst, values, a[v]);
            b[v] = _mm256_fmadd_pd(ofSecond, values, b[v]);
        }
    }
    for (int v = 0; v < vectors; v++)
    {
        _mm256_storeu_pd(sums[0] + 4 * v, a[v]);
        _mm256_storeu_pd(sums[1] + 4 * v, b[v]);
    }
}

__attribute__((target("avx512f"))) void multiplyByAvx512(const double* const* A, const double* panel, int length,
                                                         PanelSums& sums)
{
    __m512d low[mostRowsOfA], high[mostRowsOfA];
    for (int row = 0; row < mostRowsOfA; row++)
        low[row] = high[row] = _mm512_setzero_pd();
    for (int i = 0; i < length; i++, panel += rowsOfPanel)
    {
        const __m512d first = _mm512_loadu_pd(panel), second = _mm512_loadu_pd(panel + 8);
#pragma GCC unroll 4
        for (int row = 0; row < mostRowsOfA; row++)
        {
            const __m512d value = _mm512_set1_pd(A[row][i]);
            low[row] = _mm512_fmadd_pd(value, first, low[row]);
            high[row] = _mm512_fmadd_pd(value, second, high[row]);
        }
    }
    for (int row = 0; row < mostRowsOfA; row++)
    {
        _mm512_storeu_pd(sums[row], low[row]);
        _mm512_storeu_pd(sums[row] + 8, high[row]);
    }
}

int rowsByInstructions()
{
    if (__builtin_cpu_supports("avx512f"))
        return 4;
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? 2 : 1;
}

#else

int rowsByInstructions()
{
    return 1;
}

#endif

//! Adds up the products of some rows of A with a panel.
typedef void (*MultiplyPanel)(const double* const* A, const double* panel, int length, PanelSums& sums);

MultiplyPanel formFor(int rows)
{
#ifdef HAS_VECTOR_FORMS
    if (rows > 1)
        return rows == 2 ? multiplyByAvx2 : multiplyByAvx512;
#endif
    CV_Assert(rows == 1);
    return multiplyPlain;
}

} // namespace

RowProducts::RowProducts(const Mat& B, int mostTogether)
    : count(B.rows),
      length(B.cols),
      together(std::min(mostTogether, rowsByInstructions())),
      panels(panelsOf(B))
{}

Mat RowProducts::with(const Mat& A) const
{
    CV_CheckTypeEQ(A.type(), CV_64F, "Products of rows are in double precision");
    CV_CheckEQ(A.cols, length, "Rows must be of one length");
    const MultiplyPanel multiply = formFor(together);
    Mat products(A.rows, count, CV_64F);
    parallel_for_(Range(0, divideUp(A.rows, together)), [&](const Range& groups) {
        PanelSums sums;
        for (int group = groups.start; group < groups.end; group++)
        {
            // Where rows are missing at the end, the last one is multiplied again.
            const auto rowAt = [&](int i) { return std::min(group * together + i, A.rows - 1); };
            const double* rows[mostRowsOfA];
            for (int i = 0; i < together; i++)
                rows[i] = A.ptr<double>(rowAt(i));
            for (int p = 0; p < panels.rows; p++)
            {
                const int column = p * rowsOfPanel, width = std::min(rowsOfPanel, count - column);
                multiply(rows, panels.ptr<double>(p), length, sums);
                for (int i = 0; i < together; i++)
                    std::copy_n(sums[i], width, products.ptr<double>(rowAt(i)) + column);
            }
        }
    });
    return products;
}

}} // namespace cv::anomaly
