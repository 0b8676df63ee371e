// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_HALIDE_COORDINATE_HPP
#define OPENCV_ANOMALY_HALIDE_COORDINATE_HPP

#include "Halide.h"

//! A patch's coordinate along a line of n, as CoordConv has it: -1 at the first cell, 1 at the last.
inline Halide::Expr coordinate(Halide::Expr at, Halide::Expr n)
{
    return Halide::select(n > 1, 2.f * at / Halide::max(n - 1, 1) - 1, -1.f);
}

#endif
