// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_HALIDE_BUFFERS_HPP
#define OPENCV_ANOMALY_HALIDE_BUFFERS_HPP

#include "opencv2/core.hpp"

#include "HalideBuffer.h"

#include <initializer_list>

namespace cv { namespace anomaly {

//! A Mat's memory as a kernel's buffer. Extents are given innermost first, and the buffer is dense, whatever the Mat's
//! own shape is. The Mat keeps the memory.
template <typename T> Halide::Runtime::Buffer<T> viewOf(const Mat& mat, std::initializer_list<int> extents)
{
    // A kernel without data would take the call as a bounds query and write nothing.
    CV_Assert(mat.isContinuous() && mat.data);
    halide_dimension_t shape[4];
    CV_Assert(extents.size() <= 4); // a buffer stores up to 4 dimensions without allocating
    int dimension = 0, stride = 1;
    for (const int extent : extents)
    {
        shape[dimension++] = {0, extent, stride};
        stride *= extent;
    }
    return Halide::Runtime::Buffer<T>(const_cast<T*>(mat.ptr<T>()), dimension, shape);
}

//! A matrix as a kernel's buffer. It may be a part of a larger matrix.
template <typename T> Halide::Runtime::Buffer<T> viewOf(const Mat& mat)
{
    CV_Assert(mat.dims == 2 && mat.data);
    const halide_dimension_t shape[] = {{0, mat.cols, 1}, {0, mat.rows, int(mat.step1())}};
    return Halide::Runtime::Buffer<T>(const_cast<T*>(mat.ptr<T>()), 2, shape);
}

}} // namespace cv::anomaly

#endif
