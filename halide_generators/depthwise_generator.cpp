// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// A convolution with one kernel for each channel, as in EfficientNet, with padding of zeros and a clamp as activation.
#include "automatic.hpp"
#include "Halide.h"

using namespace Halide;

namespace {

class Depthwise : public Generator<Depthwise>
{
public:
    GeneratorParam<int> kernel{"kernel", 3};
    GeneratorParam<int> stride{"stride", 1};

    Input<Buffer<float, 3>> map{"map"};         // column, row, channel
    Input<Buffer<float, 3>> weights{"weights"}; // column, row, channel
    Input<Buffer<float, 1>> bias{"bias"};       // channel
    Input<int> left{"left"}, top{"top"};        // padding in pixels
    Input<float> lowest{"lowest"}, highest{"highest"};
    Output<Buffer<float, 3>> result{"result"};

    void generate()
    {
        padded(x, y, c) = BoundaryConditions::constant_exterior(
            map, 0.f, {{0, map.dim(0).extent()}, {0, map.dim(1).extent()}, {Expr(), Expr()}})(x - left, y - top, c);
        Expr sum = bias(c);
        for (int row = 0; row < kernel; row++)
            for (int column = 0; column < kernel; column++)
                sum += padded(x * stride + column, y * stride + row, c) * weights(column, row, c);
        result(x, y, c) = clamp(sum, lowest, highest);
    }

    void schedule()
    {
        const int lanes = natural_vector_size<float>();
        for (int dimension = 0; dimension < 3; dimension++)
        {
            map.dim(dimension).set_min(0);
            result.dim(dimension).set_min(0);
        }
        const int size = kernel;
        weights.dim(0).set_bounds(0, size);
        weights.dim(1).set_bounds(0, size).set_stride(size);
        weights.dim(2).set_min(0).set_stride(size * size);
        bias.dim(0).set_min(0);
        if (ANOMALY_IS_SCHEDULED_BY_HALIDE)
        {
            map.set_estimates({{0, 28}, {0, 28}, {0, 240}});
            weights.set_estimates({{0, size}, {0, size}, {0, 240}});
            bias.set_estimates({{0, 240}});
            left.set_estimate(2);
            top.set_estimate(2);
            lowest.set_estimate(0);
            highest.set_estimate(6);
            result.set_estimates({{0, 28}, {0, 28}, {0, 240}});
            return;
        }
        result.parallel(c)
            .vectorize(x, lanes, TailStrategy::GuardWithIf);
        // Two rows that are computed together share most of the pixels that they load.
        Var yi{"yi"};
        result.specialize(result.dim(1).extent() > 1)
            .split(y, y, yi, 2, TailStrategy::ShiftInwards)
            .reorder(yi, x, y, c)
            .unroll(yi);
        // A channel is copied once with its border, so that no load needs a condition.
        padded.compute_at(result, c)
            .vectorize(x, lanes, TailStrategy::RoundUp);
    }

private:
    Var x{"x"}, y{"y"}, c{"c"};
    Func padded{"padded"};
};

} // namespace

HALIDE_REGISTER_GENERATOR(Depthwise, depthwise)
