// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// On a GPU: the 3x3 average of feature maps. After the channels of an image may come three planes for the terms that
// depend on a patch's place: the row and column coordinates of CoordConv, and a one for b.
#include "coordinate.hpp"
#include "gpu_strips.hpp"

using namespace Halide;

namespace {

class PoolPatches : public Generator<PoolPatches>
{
public:
    Input<Buffer<float, 3>> maps{"maps"}; // column, row, channel (those of all images, one image after the other)
    Input<int> channels{"channels"};      // number of channels of an image
    Input<float> lowest{"lowest"},
        highest{"highest"};                    // range of an activation that the network has left to this kernel
    Input<int> planes{"planes"};               // number of planes of an image: its channels, or 3 more
    Output<Buffer<float, 3>> pooled{"pooled"}; // column, row, plane (those of all images, one image after the other)

    void generate()
    {
        const Expr width = maps.dim(0).extent(), height = maps.dim(1).extent();
        Expr plane = c % planes, channel = (c / planes) * channels + min(plane, channels - 1), sum = 0.f;
        for (int dx = -1; dx <= 1; dx++)
        {
            Expr column = 0.f;
            for (int dy = -1; dy <= 1; dy++)
            {
                Expr inside = x + dx >= 0 && x + dx < width && y + dy >= 0 && y + dy < height;
                Expr value = maps(clamp(x + dx, 0, width - 1), clamp(y + dy, 0, height - 1), channel);
                column += select(inside, clamp(value, lowest, highest), 0.f);
            }
            sum += column;
        }
        Expr place = select(plane == channels, coordinate(y, height), plane == channels + 1, coordinate(x, width), 1.f);
        sums(x, y, c) = select(plane < channels, sum * (1.f / 9), place);
        pooled(x, y, c) = sums(x, y, c);
    }

    void schedule()
    {
        for (int dimension = 0; dimension < 3; dimension++)
        {
            maps.dim(dimension).set_min(0);
            pooled.dim(dimension).set_min(0);
        }
        scheduleStrips(pooled, pooled.dim(1).extent(), sums, x, y, c);
    }

private:
    Var x{"x"}, y{"y"}, c{"c"};
    Func sums{"sums"};
};

} // namespace

HALIDE_REGISTER_GENERATOR(PoolPatches, pool_patches)
