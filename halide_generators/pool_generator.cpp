// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// The average over 3x3 (stride 1, padding 1, padding counted) of every channel of a feature map.
#include "Halide.h"

using namespace Halide;

namespace {

class Pool : public Generator<Pool>
{
public:
    Input<Buffer<float, 3>> map{"map"};        // column, row, channel
    Output<Buffer<float, 3>> pooled{"pooled"}; // column, row, channel

    void generate()
    {
        Func padded = BoundaryConditions::constant_exterior(map, 0.f, {{map.dim(0).min(), map.dim(0).extent()}, {map.dim(1).min(), map.dim(1).extent()}});
        column(x, y, c) = padded(x, y - 1, c) + padded(x, y, c) + padded(x, y + 1, c);
        pooled(x, y, c) = (column(x - 1, y, c) + column(x, y, c) + column(x + 1, y, c)) * (1.f / 9);
    }

    void schedule()
    {
        const int lanes = natural_vector_size<float>();
        // Memory sets the pace. A row of columns is in L1 when it is added up; below two vectors of columns the guard of the last one costs more than it gives.
        pooled.parallel(c).specialize(pooled.width() >= 2 * lanes).vectorize(x, lanes, TailStrategy::ShiftInwards);
        column.compute_at(pooled, y).vectorize(x, lanes, TailStrategy::RoundUp);
    }

private:
    Var x{"x"}, y{"y"}, c{"c"};
    Func column{"column"};
};

} // namespace

HALIDE_REGISTER_GENERATOR(Pool, pool)
