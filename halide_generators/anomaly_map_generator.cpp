// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Makes a smooth map of patch scores: bilinear interpolation to the map's size, then a separable filter. At the border
// the map is reflected, with the edge pixel repeated.
#include "automatic.hpp"
#include "bilinear.hpp"

using namespace Halide;

namespace {

class AnomalyMap : public Generator<AnomalyMap>
{
public:
    Input<Buffer<float, 2>> scores{"scores"};    // column, row of the patch grid
    Input<Buffer<float, 1>> taps{"taps"};        // weights of the filter, an odd number of them
    Input<int> width{"width"}, height{"height"}; // size of the map
    Output<Buffer<float, 2>> map{"map"};         // column, row

    void generate()
    {
        Expr radius = taps.dim(0).extent() / 2;
        defineBilinear(columns, x, scores.dim(0).extent(), width);
        defineBilinear(rows, y, scores.dim(1).extent(), height);
        wide(x, yc) = between(scores(columns(x)[0], yc), scores(columns(x)[1], yc), columns(x)[2]);
        fine(x, y) = between(wide(x, rows(y)[0]), wide(x, rows(y)[1]), rows(y)[2]);

        tap = RDom(0, taps.dim(0).extent());
        rowInside(y) = reflected(y, height);
        columnInside(x) = reflected(x, width);
        vertical(x, y) += taps(tap) * fine(x, clamp(rowInside(y + tap - radius), 0, height - 1));
        mirrored(x, y) = vertical(clamp(columnInside(x), 0, width - 1), y);
        horizontal(x, y) += taps(tap) * mirrored(x + tap - radius, y);
        map(x, y) = horizontal(x, y);
    }

    void schedule()
    {
        const int lanes = natural_vector_size<float>();
        for (int dimension = 0; dimension < 2; dimension++)
        {
            scores.dim(dimension).set_min(0);
            map.dim(dimension).set_min(0);
        }
        taps.dim(0).set_min(0);
        if (ANOMALY_IS_SCHEDULED_BY_HALIDE)
        {
            scores.set_estimates({{0, 56}, {0, 56}});
            taps.set_estimates({{0, 33}});
            width.set_estimate(224);
            height.set_estimate(224);
            map.set_estimates({{0, 224}, {0, 224}});
            return;
        }
        columns.compute_root();
        rows.compute_root();
        // The reflected index is computed once for each row and column. For each tap and vector, its division would
        // take two fifths of the time.
        rowInside.compute_root();
        columnInside.compute_root();
        wide.compute_root()
            .vectorize(x, lanes, TailStrategy::RoundUp);
        fine.compute_root()
            .parallel(y, rowsPerTask)
            .vectorize(x, lanes, TailStrategy::RoundUp);

        // Each tap is loaded once for four vectors of sums, which stay in registers.
        Var xo{"xo"}, xi{"xi"}, task{"task"};
        map.split(y, task, y, rowsPerTask, TailStrategy::GuardWithIf)
            .parallel(task);
        map.split(x, xo, xi, 4 * lanes, TailStrategy::GuardWithIf)
            .vectorize(xi, lanes);
        horizontal.compute_at(map, xo)
            .vectorize(x, lanes, TailStrategy::RoundUp)
            .unroll(x);
        horizontal.update().reorder(x, tap).vectorize(x, lanes, TailStrategy::RoundUp).unroll(x);
        mirrored.compute_at(map, y);
        vertical.compute_at(map, y)
            .vectorize(x, lanes, TailStrategy::RoundUp);
        vertical.update()
            .split(x, xo, xi, 4 * lanes, TailStrategy::RoundUp)
            .reorder(xi, tap, xo)
            .vectorize(xi, lanes)
            .unroll(xi);
    }

private:
    Var x{"x"}, y{"y"}, yc{"yc"};
    Func columns{"columns"}, rows{"rows"}, rowInside{"rowInside"}, columnInside{"columnInside"}, wide{"wide"},
        fine{"fine"}, vertical{"vertical"}, mirrored{"mirrored"}, horizontal{"horizontal"};
    RDom tap;

    // 224 rows give 14 tasks, enough to balance several threads.
    static constexpr int rowsPerTask = 16;
};

} // namespace

HALIDE_REGISTER_GENERATOR(AnomalyMap, anomaly_map)
