// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Adds the projection of a coarse scale to phi, after bilinear interpolation to phi's grid. For the processor and for a
// GPU.
#include "automatic.hpp"
#include "bilinear.hpp"

using namespace Halide;

namespace {

class AddUpsampled : public Generator<AddUpsampled>
{
public:
    Input<Buffer<float, 3>> coarse{"coarse"};    // column, row, feature
    Input<int> width{"width"}, height{"height"}; // size of phi's grid
    Output<Buffer<float, 3>> phi{"phi"};         // column, row, feature; the result is added to it in place

    void generate()
    {
        defineBilinear(columns, x, coarse.dim(0).extent(), width);
        defineBilinear(rows, y, coarse.dim(1).extent(), height);

        // Columns come first: that reads only the rows of the coarse map, half as many as phi has, or fewer.
        wide(x, yc, d) = between(coarse(columns(x)[0], yc, d), coarse(columns(x)[1], yc, d), columns(x)[2]);
        phi(x, y, d) = undef<float>();
        phi(x, y, d) += between(wide(x, rows(y)[0], d), wide(x, rows(y)[1], d), rows(y)[2]);
    }

    void schedule()
    {
        const int lanes = natural_vector_size<float>();
        for (int dimension = 0; dimension < 3; dimension++)
        {
            coarse.dim(dimension).set_min(0);
            phi.dim(dimension).set_min(0);
        }
        if (ANOMALY_IS_SCHEDULED_BY_HALIDE)
        {
            coarse.set_estimates({{0, 28}, {0, 28}, {0, 264}});
            width.set_estimate(56);
            height.set_estimate(56);
            phi.set_estimates({{0, 56}, {0, 56}, {0, 264}});
            return;
        }
        if (get_target().has_gpu_feature())
        {
            // To find a thread's neighbors takes four divisions, so each thread does it once for several planes. Planes
            // are a grid's innermost dimension, because only that one may have more than 65535 blocks.
            Var at{"at"}, block{"block"}, thread{"thread"}, dense{"dense"};
            phi.reorder(d, x, y)
                .gpu_blocks(d, x, y); // the pure definition does nothing, but must not run on the host
            phi.update()
                .fuse(x, y, at)
                .split(at, block, thread, 128, TailStrategy::GuardWithIf)
                .split(d, d, dense, planesPerThread, TailStrategy::GuardWithIf);
            phi.update().reorder(dense, thread, d, block).gpu_blocks(d, block).gpu_threads(thread).unroll(dense);
            return;
        }
        columns.compute_root();
        rows.compute_root();
        phi.update().parallel(d).vectorize(x, lanes, TailStrategy::GuardWithIf);
        // The interpolated plane of a feature (56 x 28 x 4 bytes = 6 KiB) is still in L1 when its rows are combined.
        wide.compute_at(phi, d)
            .bound(yc, 0, coarse.dim(1).extent())
            .vectorize(x, lanes, TailStrategy::RoundUp);
    }

private:
    static constexpr int planesPerThread = 8; // for each of which the neighbors of a thread are the same

    Var x{"x"}, y{"y"}, yc{"yc"}, d{"d"};
    Func columns{"columns"}, rows{"rows"}, wide{"wide"};
};

} // namespace

HALIDE_REGISTER_GENERATOR(AddUpsampled, add_upsampled)
