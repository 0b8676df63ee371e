// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// On a GPU: the 3x3 average of feature maps, and behind their channels what a patch's place adds to them: CoordConv's coordinates and a one for b.
#include "Halide.h"

using namespace Halide;

namespace {

class PoolPatches : public Generator<PoolPatches>
{
public:
    Input<Buffer<float, 4>> maps{"maps"};                      // column, row, channel, image
    Input<float> lowest{"lowest"}, highest{"highest"};         // of a feature: an activation that the network left to this kernel
    Output<Buffer<float, 4>> pooled{"pooled"};                 // column, row, channel and then row, column, one; image

    void generate()
    {
        const Expr width = maps.dim(0).extent(), height = maps.dim(1).extent(), channels = maps.dim(2).extent();
        Expr sum = 0.f;
        for (int dx = -1; dx <= 1; dx++)
        {
            Expr column = 0.f;
            for (int dy = -1; dy <= 1; dy++)
            {
                Expr inside = x + dx >= 0 && x + dx < width && y + dy >= 0 && y + dy < height;
                Expr value = maps(clamp(x + dx, 0, width - 1), clamp(y + dy, 0, height - 1), min(c, channels - 1), n);
                column += select(inside, clamp(value, lowest, highest), 0.f);
            }
            sum += column;
        }
        Expr place = select(c == channels, coordinate(y, height), c == channels + 1, coordinate(x, width), 1.f);
        pooled(x, y, c, n) = select(c < channels, sum * (1.f / 9), place);
    }

    void schedule()
    {
        Var p{"p"}, block{"block"}, xi{"xi"}, yi{"yi"}, yo{"yo"}, xo{"xo"};
        for (int dimension = 0; dimension < 4; dimension++)
        {
            maps.dim(dimension).set_min(0);
            pooled.dim(dimension).set_min(0);
        }
        pooled.split(x, xo, xi, 32, TailStrategy::GuardWithIf).split(y, yo, yi, 4, TailStrategy::GuardWithIf).reorder(xi, yi, c, xo, yo, n).fuse(xo, yo, block);
        pooled.gpu_blocks(c, block, n).gpu_threads(xi, yi);
    }

private:
    Var x{"x"}, y{"y"}, c{"c"}, n{"n"};

    //! -1 at the first of n cells, 1 at the last.
    static Expr coordinate(Expr at, Expr n)
    {
        return select(n > 1, 2.f * at / max(n - 1, 1) - 1, -1.f);
    }
};

} // namespace

HALIDE_REGISTER_GENERATOR(PoolPatches, pool_patches)
