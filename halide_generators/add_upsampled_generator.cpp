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
            wides.push_back(widened(coarse[scale]));
            const Func rows = bilinear(y, coarse[scale].dim(1).extent(), height);
            sum += between(wides[scale](x, rows(y)[0], d), wides[scale](x, rows(y)[1], d), rows(y)[2]);
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
        for (size_t scale = 0; scale < wides.size(); scale++)
            scheduleWide(scale, lanes);
    }

private:
    static constexpr int planesPerThread = 8; // for each of which the neighbors of a thread are the same

    Var x{"x"}, y{"y"}, yc{"yc"}, d{"d"}, k{"k"}, lane{"lane"}, v{"v"};
    std::vector<Func> places, sums, wides; // sums and wides: one for each scale

    Func bilinear(Var at, Expr from, Expr to)
    {
        Func where{"where"};
        defineBilinear(where, at, from, to);
        places.push_back(where);
        return where;
    }

    template <typename Map>
    Func widened(const Map& map)
    {
        const int lanes = natural_vector_size<float>();
        const Expr columns = map.dim(0).extent();
        const Func where = bilinear(x, columns, width);
        if (get_target().has_gpu_feature() || ANOMALY_IS_SCHEDULED_BY_HALIDE)
        {
            Func wide{"wide"};
            wide(x, yc, d) = between(map(where(x)[0], yc, d), map(where(x)[1], yc, d), where(x)[2]);
            return wide;
        }
        // A vector of columns sees few coarse ones. The sum over these with weights, most of them zero, takes a
        // broadcast for each, where to gather the two neighbors of each column takes an instruction for each column.
        Func first{"first"}, weight{"weight"}, sum{"sum"}, wide{"wide"};
        const Expr seen = min(columns, lanes * columns / width + 3);
        first(v) = clamp(where(v * lanes)[0], 0, columns - seen);
        const Expr at = first(v) + k, here = v * lanes + lane;
        weight(lane, k, v) =
            select(at == where(here)[0], 1 - where(here)[2], 0.f) + select(at == where(here)[1], where(here)[2], 0.f);
        const RDom r(0, seen);
        sum(lane, yc, v, d) = 0.f;
        sum(lane, yc, v, d) += map(first(v) + r, min(yc, map.dim(1).extent() - 1), d) * weight(lane, r, v);
        wide(x, yc, d) = sum(x % lanes, yc, x / lanes, d);
        places.insert(places.end(), {first, weight});
        sums.push_back(sum);
        return wide;
    }

    // The interpolated plane of a feature (56 x 28 x 4 bytes = 6 KiB) is still in L1 when its rows are combined.
    void scheduleWide(size_t scale, int lanes)
    {
        Var xo{"xo"}, yo{"yo"};
        const int rowsTogether = 4;
        wides[scale]
            .compute_at(phi, d)
            .bound(yc, 0, (coarse[scale].dim(1).extent() + rowsTogether - 1) / rowsTogether * rowsTogether)
            .split(x, xo, x, lanes, TailStrategy::RoundUp)
            .split(yc, yo, yc, rowsTogether, TailStrategy::RoundUp)
            .reorder(x, yc, yo, xo)
            .vectorize(x)
            .unroll(yc);
        sums[scale].compute_at(wides[scale], yo).vectorize(lane, lanes).unroll(yc);
        RVar r = sums[scale].rvars(0)[0];
        sums[scale].update().reorder(lane, yc, r).vectorize(lane, lanes).unroll(yc);
    }
};

} // namespace

HALIDE_REGISTER_GENERATOR(AddUpsampled, add_upsampled)
