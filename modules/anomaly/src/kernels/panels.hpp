// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_PANELS_HPP
#define OPENCV_ANOMALY_PANELS_HPP

#include "kernel_sizes.hpp"

#include "opencv2/core.hpp"

namespace cv { namespace anomaly {

//! a / b, rounded up.
inline int divideUp(int a, int b)
{
    return (a + b - 1) / b;
}

//! Packs rows into panels of `width` rows each. In a panel, the values of its rows for one column are adjacent,
//! multiplied by `factor`; places without a row are 0. Result: panels x (columns * width), CV_32F.
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

//! Squared length of each row, in panels. Places without a row hold the largest float, so that nothing is ever farther.
inline Mat packSquaredNorms(const Mat& rows, int width)
{
    Mat norms(divideUp(rows.rows, width), width, CV_32F, Scalar(std::numeric_limits<float>::max()));
    for (int r = 0; r < rows.rows; r++)
        norms.at<float>(r / width, r % width) = float(rows.row(r).dot(rows.row(r)));
    return norms;
}

//! Copies rows and pads them with zeros to a multiple of `width` columns, so that kernels can load whole vectors.
inline Mat padColumns(const Mat& rows, int width)
{
    Mat padded = Mat::zeros(rows.rows, divideUp(rows.cols, width) * width, rows.type());
    rows.copyTo(padded.colRange(0, rows.cols));
    return padded;
}

//! The same without a copy if the number of columns is such a multiple already: a bank of 25,000 x 1056 takes 100 MiB.
inline Mat withWholeVectors(const Mat& rows, int width)
{
    return rows.cols % width ? padColumns(rows, width) : rows;
}

}} // namespace cv::anomaly

#endif
