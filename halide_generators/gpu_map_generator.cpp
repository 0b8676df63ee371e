// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// The same map as anomaly_map, on a GPU, in three kernels: upsampling, then smoothing along columns and along rows.
#include "bilinear.hpp"

using namespace Halide;

namespace {

// One thread computes one pixel, in tiles of 32 x 4 pixels.
void scheduleMap(Func map, Func sum, Var x, Var y, Var n)
{
    Var xo{"xo"}, yo{"yo"}, xi{"xi"}, yi{"yi"};
    map.gpu_tile(x, y, xo, yo, xi, yi, 32, 4, TailStrategy::GuardWithIf)
        .gpu_blocks(n);
    if (sum.defined())
        sum.compute_at(map, xi);
}

//! Interpolates patch scores bilinearly to the map's size.
class UpsampleScores : public Generator<UpsampleScores>
{
public:
    Input<Buffer<float, 3>> scores{"scores"};    // column, row of the patch grid, image
    Input<int> width{"width"}, height{"height"}; // size of the map
    Output<Buffer<float, 3>> map{"map"};         // column, row, image

    void generate()
    {
        defineBilinear(columns, x, scores.dim(0).extent(), width);
        defineBilinear(rows, y, scores.dim(1).extent(), height);
        wide(x, yc, n) = between(scores(columns(x)[0], yc, n), scores(columns(x)[1], yc, n), columns(x)[2]);
        map(x, y, n) = between(wide(x, rows(y)[0], n), wide(x, rows(y)[1], n), rows(y)[2]);
    }

    void schedule()
    {
        for (int dimension = 0; dimension < 3; dimension++)
        {
            scores.dim(dimension).set_min(0);
            map.dim(dimension).set_min(0);
        }
        scheduleMap(map, Func(), x, y, n);
    }

private:
    Var x{"x"}, y{"y"}, yc{"yc"}, n{"n"};
    Func columns{"columns"}, rows{"rows"}, wide{"wide"};
};

//! Applies the filter along one axis.
class SmoothMap : public Generator<SmoothMap>
{
public:
    GeneratorParam<bool> down{"down", false}; // true: along columns; false: along rows

    Input<Buffer<float, 3>> map{"map"};        // column, row, image
    Input<Buffer<float, 1>> taps{"taps"};      // weights of the filter, an odd number of them
    Output<Buffer<float, 3>> smooth{"smooth"}; // column, row, image

    void generate()
    {
        RDom tap(0, taps.dim(0).extent());
        Expr shift = tap - taps.dim(0).extent() / 2;
        Expr width = map.dim(0).extent(), height = map.dim(1).extent();
        Expr value = down ? map(x, clamp(reflected(y + shift, height), 0, height - 1), n)
                          : map(clamp(reflected(x + shift, width), 0, width - 1), y, n);
        sum(x, y, n) += taps(tap) * value;
        smooth(x, y, n) = sum(x, y, n);
    }

    void schedule()
    {
        for (int dimension = 0; dimension < 3; dimension++)
        {
            map.dim(dimension).set_min(0);
            smooth.dim(dimension).set_min(0);
        }
        taps.dim(0).set_min(0);
        scheduleMap(smooth, sum, x, y, n);
    }

private:
    Var x{"x"}, y{"y"}, n{"n"};
    Func sum{"sum"};
};

} // namespace

HALIDE_REGISTER_GENERATOR(UpsampleScores, upsample_scores)
HALIDE_REGISTER_GENERATOR(SmoothMap, smooth_map)
