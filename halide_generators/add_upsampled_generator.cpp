// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Adds the projections of coarse scales to phi, after bilinear interpolation to phi's grid. For the processor and for a
// GPU.
#include "automatic.hpp"
#include "bilinear.hpp"

using namespace Halide;

namespace {

class AddUpsampled : public Generator<AddUpsampled>
{
public:
    typedef Buffer<float, 3> Scales[];
    Input<Scales> coarse{"coarse"};              // of each scale that is added: column, row, feature
    Input<int> width{"width"}, height{"height"}; // size of phi's grid
    Output<Buffer<float, 3>> phi{"phi"};         // column, row, feature; the result is added to it in place

    void generate()
    {
        phi(x, y, d) = undef<float>();
        Expr sum = phi(x, y, d);
        for (size_t scale = 0; scale < coarse.size(); scale++)
        {
            // Columns come first: that reads only the rows of the coarse map, half as many as phi has, or fewer.
            const Func columns = bilinear(x, coarse[scale].dim(0).extent(), width),
                       rows = bilinear(y, coarse[scale].dim(1).extent(), height);
            Func wide{"wide"};
            wide(x, yc, d) =
                between(coarse[scale](columns(x)[0], yc, d), coarse[scale](columns(x)[1], yc, d), columns(x)[2]);
            sum += between(wide(x, rows(y)[0], d), wide(x, rows(y)[1], d), rows(y)[2]);
            wides.push_back(wide);
        }
        phi(x, y, d) = sum;
    }

    void schedule()
    {
        const int lanes = natural_vector_size<float>();
        for (int dimension = 0; dimension < 3; dimension++)
        {
            for (size_t scale = 0; scale < coarse.size(); scale++)
                coarse[scale].dim(dimension).set_min(0);
            phi.dim(dimension).set_min(0);
        }
        if (ANOMALY_IS_SCHEDULED_BY_HALIDE)
        {
            for (size_t scale = 0; scale < coarse.size(); scale++)
                coarse[scale].set_estimates({{0, 28}, {0, 28}, {0, 264}});
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
        for (Func& place : places)
            place.compute_root();
        phi.update().parallel(d).vectorize(x, lanes, TailStrategy::GuardWithIf);
        // The interpolated plane of a feature (56 x 28 x 4 bytes = 6 KiB) is still in L1 when its rows are combined.
        for (size_t scale = 0; scale < wides.size(); scale++)
            wides[scale]
                .compute_at(phi, d)
                .bound(yc, 0, coarse[scale].dim(1).extent())
                .vectorize(x, lanes, TailStrategy::RoundUp);
    }

private:
    static constexpr int planesPerThread = 8; // for each of which the neighbors of a thread are the same

    Var x{"x"}, y{"y"}, yc{"yc"}, d{"d"};
    std::vector<Func> places, wides; // two and one for each scale

    Func bilinear(Var at, Expr from, Expr to)
    {
        Func where{"where"};
        defineBilinear(where, at, from, to);
        places.push_back(where);
        return where;
    }
};

} // namespace

HALIDE_REGISTER_GENERATOR(AddUpsampled, add_upsampled)
