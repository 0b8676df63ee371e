// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// On a GPU: the highest value of each window, as far as the window lies inside of the map.
#include "Halide.h"

using namespace Halide;

namespace {

class MaxPool : public Generator<MaxPool>
{
public:
    Input<Buffer<float, 3>> maps{"maps"}; // column, row, plane
    Input<int> kernel{"kernel"}, stride{"stride"}, left{"left"}, top{"top"};
    Output<Buffer<float, 3>> result{"result"}; // column, row, plane

    void generate()
    {
        const Expr width = maps.dim(0).extent(), height = maps.dim(1).extent();
        window = RDom(0, kernel, 0, kernel);
        // Indices are limited to the map. That reads values at the border repeatedly, which does not change a maximum.
        Expr atX = clamp(x * stride + window.x - left, 0, width - 1),
             atY = clamp(y * stride + window.y - top, 0, height - 1);
        highest(x, y, c) = Float(32).min();
        highest(x, y, c) = max(highest(x, y, c), maps(atX, atY, c));
        result(x, y, c) = highest(x, y, c);
    }

    void schedule()
    {
        Var xo{"xo"}, yo{"yo"}, xi{"xi"}, yi{"yi"}, block{"block"};
        for (int dimension = 0; dimension < 3; dimension++)
        {
            maps.dim(dimension).set_min(0);
            result.dim(dimension).set_min(0);
        }
        result.split(x, xo, xi, 32, TailStrategy::GuardWithIf)
            .split(y, yo, yi, 4, TailStrategy::GuardWithIf)
            .reorder(xi, yi, c, xo, yo)
            .fuse(xo, yo, block);
        result.gpu_blocks(c, block)
            .gpu_threads(xi, yi);
        highest.compute_at(result, xi);
    }

private:
    Var x{"x"}, y{"y"}, c{"c"};
    Func highest{"highest"};
    RDom window;
};

} // namespace

HALIDE_REGISTER_GENERATOR(MaxPool, max_pool)
