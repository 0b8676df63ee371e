// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_HALIDE_NEIGHBOR_LIST_HPP
#define OPENCV_ANOMALY_HALIDE_NEIGHBOR_LIST_HPP

#include "Halide.h"
#include "kernel_sizes.hpp"

#include <limits>
#include <vector>

using namespace cv::anomaly;

// A sorted list of the nearest centers for each patch, as a Tuple: the values at its `length` places, then the indices.

//! An empty list, in which every place has the largest float as its value.
inline Halide::Tuple emptyList(int length)
{
    std::vector<Halide::Expr> start(2 * length);
    for (int n = 0; n < length; n++)
    {
        start[n] = std::numeric_limits<float>::max();
        start[length + n] = n;
    }
    return Halide::Tuple(start);
}

//! The list after inserting a candidate, without a branch. outOfOrder: whether candidates may come in any order of
//! indices, so that equal values need a comparison of indices. Otherwise they come in rising order, and "less" already
//! prefers the lower index.
inline Halide::Tuple inserted(const Halide::FuncRef& list, int length, Halide::Expr value, Halide::Expr center,
                              bool outOfOrder)
{
    using namespace Halide;
    const auto before = [&](int n) {
        Expr less = value < list[n];
        return outOfOrder ? less || (value == list[n] && center < list[length + n]) : less;
    };
    std::vector<Expr> next(2 * length);
    next[0] = min(value, list[0]);
    next[length] = select(before(0), center, list[length]);
    for (int n = 1; n < length; n++)
    {
        next[n] = min(max(value, list[n - 1]), list[n]);
        next[length + n] = select(before(n), select(before(n - 1), list[length + n - 1], center), list[length + n]);
    }
    return Tuple(next);
}

#endif
