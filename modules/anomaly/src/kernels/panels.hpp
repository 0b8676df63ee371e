// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_PANELS_HPP
#define OPENCV_ANOMALY_PANELS_HPP

#include "kernel_sizes.hpp"

#include "opencv2/core.hpp"

namespace cv { namespace anomaly {

inline int divideUp(int a, int b)
{
    return (a + b - 1) / b;
}

//! Rows in panels of `width`, which lie innermost, times `factor`; zeros where there is no row. CV_32F, panels x
//! (columns * width).
inline Mat packPanels(const Mat& rows, int width, float factor)
{
    Mat packed = Mat::zeros(divideUp(rows.rows, width), rows.cols * width, CV_32F);
    for (int r = 0; r < rows.rows; r++)
    {
        const float* from = rows.ptr<float>(r);
        float* to = packed.ptr<float>(r / width) + r % width;
        for (int c = 0; c < rows.cols; c++)
            to[c * width] = factor * from[c];
    }
    return packed;
}

//! The sum of squares of each row, in panels; the largest float where there is no row, so that nothing is ever farther.
inline Mat packSquaredNorms(const Mat& rows, int width)
{
    Mat norms(divideUp(rows.rows, width), width, CV_32F, Scalar(std::numeric_limits<float>::max()));
    for (int r = 0; r < rows.rows; r++)
        norms.at<float>(r / width, r % width) = float(rows.row(r).dot(rows.row(r)));
    return norms;
}

//! Rows with zeros up to a multiple of `width` columns, for loads of whole vectors.
inline Mat padColumns(const Mat& rows, int width)
{
    Mat padded = Mat::zeros(rows.rows, divideUp(rows.cols, width) * width, rows.type());
    rows.copyTo(padded.colRange(0, rows.cols));
    return padded;
}

//! The same without a copy if the rows are whole vectors already: a bank of 25,000 x 1056 takes 100 MiB.
inline Mat withWholeVectors(const Mat& rows, int width)
{
    return rows.cols % width ? padColumns(rows, width) : rows;
}

}} // namespace cv::anomaly

#endif
