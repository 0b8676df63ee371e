// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// The last step of a 3x3 convolution by Winograd's method: transforms the products of one row of tiles to rows of the
// result, A' m A, and adds, and clips.
#include "automatic.hpp"
#include "winograd.hpp"

using namespace Halide;

namespace {

class WinogradOutput : public Generator<WinogradOutput>
{
public:
    GeneratorParam<int> side{"side", 4};          // of a tile of the result
    Input<Buffer<float, 3>> products{"products"}; // channel, tile, element of the transformed tile by rows
    Input<Buffer<float, 1>> bias{"bias"};         // channel
    Input<Buffer<float, 3>> added{"added"};       // channel, column, row; it may be the result's own memory
    Input<bool> adds{"adds"};                     // whether `added` is added
    Input<float> lowest{"lowest"}, highest{"highest"};
    Output<Buffer<float, 3>> result{"result"}; // channel, column, row; up to `side` rows

    void generate()
    {
        const cv::anomaly::WinogradMatrices::Matrix matrix = cv::anomaly::winogradMatrices(side).output;
        rows(c, tile, i, j) = rowTimes(matrix, j, [&](int k) { return products(c, tile, i * (side + 2) + k); });
        const Expr sum =
            rowTimes(matrix, y % side, [&](int k) { return rows(c, x / side, k, x % side); }) + bias(c);
        result(c, x, y) = clamp(sum + select(adds, added(c, x, y), 0.f), lowest, highest);
    }

    void schedule()
    {
        const int lanes = natural_vector_size<float>(), sideRead = side + 2;
        setChannels(products);
        setChannels(bias);
        setChannels(added);
        setChannels(result);
        products.dim(1).set_min(0);
        products.dim(2).set_bounds(0, sideRead * sideRead);
        for (int dimension : {1, 2})
        {
            added.dim(dimension).set_min(0);
            result.dim(dimension).set_min(0);
        }

        if (ANOMALY_IS_SCHEDULED_BY_HALIDE)
        {
            products.set_estimates({{0, 64}, {0, 56 / side}, {0, sideRead * sideRead}});
            bias.set_estimates({{0, 64}});
            added.set_estimates({{0, 64}, {0, 56}, {0, side}});
            adds.set_estimate(true);
            lowest.set_estimate(0);
            highest.set_estimate(6);
            result.set_estimates({{0, 64}, {0, 56}, {0, side}});
            return;
        }
        // The last tile of a row, and the last row of tiles, may reach beyond the map.
        Var lane{"lane"}, tileRow{"tileRow"}, xi{"xi"}, yi{"yi"};
        result.split(x, tile, xi, side, TailStrategy::GuardWithIf)
            .split(y, tileRow, yi, side, TailStrategy::GuardWithIf)
            .split(c, c, lane, lanes)
            .reorder(lane, xi, yi, c, tile, tileRow)
            .vectorize(lane)
            .unroll(xi)
            .unroll(yi);
        rows.compute_at(result, c)
            .bound(i, 0, sideRead)
            .bound(j, 0, side)
            .bound_extent(tile, 1)
            .reorder(c, j, i)
            .vectorize(c, lanes)
            .unroll(i)
            .unroll(j);
    }

private:
    Var c{"c"}, tile{"tile"}, i{"i"}, j{"j"}, x{"x"}, y{"y"};
    Func rows{"rows"};
};

} // namespace

HALIDE_REGISTER_GENERATOR(WinogradOutput, winograd_output)
