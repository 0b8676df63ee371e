// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ROW_PRODUCTS_HPP
#define OPENCV_ANOMALY_ROW_PRODUCTS_HPP

#include "opencv2/core.hpp"

namespace cv { namespace anomaly {

/** @brief Dot products of rows with a few others, in double precision: A B^T for a small B.

On one thread: OpenCV's own product takes 4 to 10 times as long, and a BLAS starts threads that go on waiting in a loop
for 20 ms, on processors that others need.
*/
class RowProducts
{
public:
    //! B: CV_64F. mostTogether: number of A's rows that are multiplied together, for tests. 1 is the plain form, 2
    //! takes AVX2 and 4 AVX-512, where the processor has them.
    explicit RowProducts(const Mat& B, int mostTogether = 4);

    //! A: CV_64F, its rows as long as those of B.
    Mat with(const Mat& A) const;

private:
    const int count, length, together;
    const Mat panels; // of B's rows: the values of a column lie side by side
};

}} // namespace cv::anomaly

#endif
