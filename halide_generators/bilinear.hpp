// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_HALIDE_BILINEAR_HPP
#define OPENCV_ANOMALY_HALIDE_BILINEAR_HPP

#include "Halide.h"

//! Defines the place of each cell of a fine line on a coarse line (half-pixel centers, limited to the line): the first
//! neighbor, the second neighbor, and the weight of the second. Everything up to the last division is computed in
//! integers, because a float coordinate near 100 would have an error of 4e-6 of a cell.
inline void defineBilinear(Halide::Func where, Halide::Var x, Halide::Expr coarse, Halide::Expr fine)
{
    using namespace Halide;
    Expr numerator = (2 * x + 1) * coarse - fine, denominator = 2 * fine;
    Expr first = numerator / denominator; // Halide's division of integers rounds down
    Expr weight = cast<float>(numerator - first * denominator) / cast<float>(denominator);
    where(x) = Tuple(clamp(first, 0, coarse - 1), clamp(first + 1, 0, coarse - 1), weight);
}

//! Interpolates linearly between the values at the first and the second neighbor.
inline Halide::Expr between(Halide::Expr first, Halide::Expr second, Halide::Expr weight)
{
    return first + (second - first) * weight;
}

//! BORDER_REFLECT as in cv::copyMakeBorder: ...2 1 0 | 0 1 2... | ...2 1 0, for any distance from the border.
inline Halide::Expr reflected(Halide::Expr at, Halide::Expr extent)
{
    Halide::Expr wrapped = at % (2 * extent);
    return Halide::min(wrapped, 2 * extent - 1 - wrapped);
}

#endif
