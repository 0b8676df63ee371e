// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_HALIDE_COORDINATE_HPP
#define OPENCV_ANOMALY_HALIDE_COORDINATE_HPP

#include "../modules/anomaly/src/kernels/coordinate.hpp"

#include "Halide.h"

//! coordinateOf for cell `at` of a line of n cells.
inline Halide::Expr coordinate(Halide::Expr at, Halide::Expr n)
{
    return coordinateOf(at, Halide::max(n - 1, 1));
}

#endif
