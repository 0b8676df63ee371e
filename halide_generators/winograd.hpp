// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_HALIDE_WINOGRAD_HPP
#define OPENCV_ANOMALY_HALIDE_WINOGRAD_HPP

#include "Halide.h"
#include "winograd_matrices.hpp"

#include <functional>

//! The product of a matrix and a vector of values, for the row of the matrix that `row` names. It is a constant after
//! loops over it are unrolled.
inline Halide::Expr rowTimes(const cv::anomaly::WinogradMatrices::Matrix& matrix, Halide::Expr row,
                             const std::function<Halide::Expr(int)>& value)
{
    std::vector<Halide::Expr> sums;
    for (const std::vector<float>& factors : matrix)
    {
        Halide::Expr sum;
        for (int i = 0; i < int(factors.size()); i++)
            if (factors[i] != 0)
            {
                const Halide::Expr term = factors[i] == 1 ? value(i) : factors[i] * value(i);
                sum = sum.defined() ? sum + term : term;
            }
        sums.push_back(sum);
    }
    return Halide::mux(row, sums);
}

//! Promises that a buffer has whole vectors of channels, its innermost dimension.
template <typename Buffer>
void setChannels(Buffer& buffer)
{
    constexpr int multiple = 16; // a vector of AVX-512
    buffer.dim(0).set_bounds(0, buffer.dim(0).extent() / multiple * multiple);
}

#endif
