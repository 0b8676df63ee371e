// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// The first step of a 3x3 convolution by Winograd's method: transforms the tiles of one row of tiles, B' d B.
#include "automatic.hpp"
#include "winograd.hpp"

using namespace Halide;

namespace {

class WinogradInput : public Generator<WinogradInput>
{
public:
    GeneratorParam<int> side{"side", 4};       // of a tile of the result
    Input<Buffer<float, 3>> map{"map"};        // channel, column, row
    Input<int> left{"left"}, top{"top"};       // where the first tile begins in the map; negative in the padding
    Output<Buffer<float, 3>> points{"points"}; // channel, tile, element of the transformed tile by rows

    void generate()
    {
        const cv::anomaly::WinogradMatrices::Matrix matrix = cv::anomaly::winogradMatrices(side).input;
        const Func padded = BoundaryConditions::constant_exterior(
            map, 0.f, {{Expr(), Expr()}, {0, map.dim(1).extent()}, {0, map.dim(2).extent()}});
        columns(c, tile, i, j) =
            rowTimes(matrix, i, [&](int k) { return padded(c, left + tile * side + j, top + k); });
        points(c, tile, p) =
            rowTimes(matrix, p % tileSide(), [&](int k) { return columns(c, tile, p / tileSide(), k); });
    }

    void schedule()
    {
        const int lanes = natural_vector_size<float>(), sideRead = tileSide();
        setChannels(map);
        setChannels(points);
        map.dim(1).set_min(0);
        map.dim(2).set_min(0);
        points.dim(1).set_min(0);
        points.dim(2).set_bounds(0, sideRead * sideRead);
        if (ANOMALY_IS_SCHEDULED_BY_HALIDE)
        {
            map.set_estimates({{0, 64}, {0, 56}, {0, 56}});
            left.set_estimate(-1);
            top.set_estimate(3);
            points.set_estimates({{0, 64}, {0, 56 / side}, {0, sideRead * sideRead}});
            return;
        }
        Var lane{"lane"};
        points.split(c, c, lane, lanes).reorder(lane, p, c, tile).vectorize(lane).unroll(p);
        columns.compute_at(points, c)
            .bound(i, 0, sideRead)
            .bound(j, 0, sideRead)
            .reorder(c, i, j)
            .vectorize(c, lanes)
            .unroll(i)
            .unroll(j);
    }

private:
    int tileSide() const { return side + 2; }

    Var c{"c"}, tile{"tile"}, p{"p"}, i{"i"}, j{"j"};
    Func columns{"columns"};
};

} // namespace

HALIDE_REGISTER_GENERATOR(WinogradInput, winograd_input)
