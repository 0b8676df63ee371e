// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_HALIDE_BILINEAR_HPP
#define OPENCV_ANOMALY_HALIDE_BILINEAR_HPP

#include "Halide.h"

//! Where each fine cell lies on a coarse line (half-pixel centers, clamped): the first neighbor, the second, and the
//! second's weight. In whole numbers up to the last division: a float coordinate of 100 would be wrong by 4e-6 of a
//! cell.
inline void defineBilinear(Halide::Func where, Halide::Var x, Halide::Expr coarse, Halide::Expr fine)
{
    using namespace Halide;
    Expr numerator = (2 * x + 1) * coarse - fine, denominator = 2 * fine;
    Expr first = numerator / denominator; // rounds down, as Halide does
    Expr weight = cast<float>(numerator - first * denominator) / cast<float>(denominator);
    where(x) = Tuple(clamp(first, 0, coarse - 1), clamp(first + 1, 0, coarse - 1), weight);
}

//! Between values at the first and the second neighbor.
inline Halide::Expr between(Halide::Expr first, Halide::Expr second, Halide::Expr weight)
{
    return first + (second - first) * weight;
}

//! BORDER_REFLECT: ...2 1 0 | 0 1 2... | ...2 1 0, for any distance.
inline Halide::Expr reflected(Halide::Expr at, Halide::Expr extent)
{
    Halide::Expr wrapped = at % (2 * extent);
    return Halide::min(wrapped, 2 * extent - 1 - wrapped);
}

#endif
