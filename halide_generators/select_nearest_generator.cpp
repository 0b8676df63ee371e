// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// The K centres nearest to each patch on a GPU, from products that its own library computed in less precision than float32: these only rank. A few
// more candidates than K are kept, and their distances are computed anew as they are defined.
#include "neighbour_list.hpp"

using namespace Halide;

namespace {

// For each patch. Those of a block, with 9 places each, take 36 KiB of shared memory, of the 48 that every GPU has.
constexpr int lists = 16;

// Products of bfloat16 parts are wrong by some 1e-5 of |phi||c|: a neighbour may come out a few places late.
constexpr int spareCandidates = 3;

// Lanes of the exact distance's partial sums, as in nearest_centres_generator.cpp.
constexpr int exactLanes = 8;

constexpr int patchesPerBlock = 32;

class SelectNearest : public Generator<SelectNearest>
{
public:
    GeneratorParam<int> K{"K", 3};

    Input<Buffer<float, 2>> products{"products"}; // patch, centre: -2 phi.c
    Input<Buffer<float, 1>> norms{"norms"};       // centre: |c|^2
    Input<Buffer<float, 2>> phi{"phi"};           // patch, feature
    Input<Buffer<float, 2>> centres{"centres"};   // feature (zeros up to a multiple of exactLanes), centre
    Output<Func> nearest{"nearest", {Float(32), Int(32)}, 2}; // squared distance and index: patch, neighbour

    void generate()
    {
        length = K + spareCandidates;
        keepBest();
        recomputeDistances();
        sortNeighbours();
        std::vector<Expr> distances, indices;
        for (int n = 0; n < K; n++)
        {
            distances.push_back(sorted(p)[n]);
            indices.push_back(sorted(p)[K + n]);
        }
        // Features that are no numbers, or too far away for float, must show in the distance: no list takes them.
        Expr isFinite = exact(p, 0) <= std::numeric_limits<float>::max();
        nearest(p, j) = Tuple(select(isFinite, mux(j, distances), exact(p, 0)), mux(j, indices));
    }

    void schedule()
    {
        Var block{"block"}, i{"i"};
        for (int dimension = 0; dimension < 2; dimension++)
        {
            products.dim(dimension).set_min(0);
            phi.dim(dimension).set_min(0);
            centres.dim(dimension).set_min(0);
            Func(nearest).output_buffers()[0].dim(dimension).set_min(0);
        }
        norms.dim(0).set_min(0);
        products.dim(0).set_stride(1);

        // A block's patches are found in one kernel, what its stages pass on lies in shared memory. Neighbouring threads read neighbouring patches' products.
        nearest.bound(j, 0, K).split(p, block, i, patchesPerBlock, TailStrategy::GuardWithIf).reorder(j, i, block).gpu_blocks(block).gpu_threads(i).unroll(j);
        sorted.compute_at(nearest, i);
        exact.compute_at(nearest, block).bound(n_, 0, length).reorder(p, n_).gpu_threads(p, n_);
        partial.compute_at(exact, p).unroll(f).update().reorder(f, chunk).unroll(f);
        candidates.compute_at(nearest, block).bound(n_, 0, length).reorder(n_, p).gpu_threads(p).unroll(n_);
        merged.compute_at(candidates, p).update().unroll(mergedFrom.x);
        Func listed = lists_.in(merged);
        listed.compute_at(nearest, block).bound(list, 0, lists).reorder(p, list).gpu_threads(p, list);
        lists_.compute_at(listed, p);
    }

private:
    Var p{"p"}, j{"j"}, f{"f"}, list{"list"}, n_{"n"};
    Func lists_{"lists"}, merged{"merged"}, candidates{"candidates"}, partial{"partial"}, exact{"exact"}, sorted{"sorted"};
    RDom rounds, mergedFrom, chunk;
    int length = 0;

    void keepBest()
    {
        const Expr count = norms.dim(0).extent();
        rounds = RDom(0, (count + lists - 1) / lists);
        Expr centre = rounds * lists + list, at = min(centre, count - 1);
        // A product that is no number ranks last: every comparison with it is false.
        Expr value = select(centre < count, products(p, at) + norms(at), std::numeric_limits<float>::max());
        lists_(p, list) = emptyList(length);
        lists_(p, list) = inserted(lists_(p, list), length, value, centre, false);

        mergedFrom = RDom(0, length, 0, lists);
        std::vector<Expr> values, indices;
        for (int n = 0; n < length; n++)
        {
            values.push_back(lists_(p, mergedFrom.y)[n]);
            indices.push_back(lists_(p, mergedFrom.y)[length + n]);
        }
        merged(p) = emptyList(length);
        merged(p) = inserted(merged(p), length, mux(mergedFrom.x, values), mux(mergedFrom.x, indices), true);

        std::vector<Expr> found;
        for (int n = 0; n < length; n++)
            found.push_back(clamp(merged(p)[length + n], 0, count - 1));
        candidates(p, n_) = mux(n_, found);
    }

    //! The candidates' distances as they are defined: never negative, and exact on integers.
    void recomputeDistances()
    {
        chunk = RDom(0, centres.dim(0).extent() / exactLanes);
        const Expr features = phi.dim(1).extent();
        Expr feature = chunk * exactLanes + f;
        Expr of = select(feature < features, phi(p, min(feature, features - 1)), 0.f);
        Expr difference = of - centres(feature, clamp(candidates(p, n_), 0, centres.dim(1).extent() - 1));
        partial(f, n_, p) += difference * difference;
        Expr sum = partial(0, n_, p);
        for (int n = 1; n < exactLanes; n++)
            sum += partial(n, n_, p);
        exact(p, n_) = sum;
    }

    //! A candidate that the bank is too small for repeats another's index: it must not be counted twice.
    void sortNeighbours()
    {
        sorted(p) = emptyList(K);
        RDom r(0, length);
        Expr value = select(isRepeated(r), std::numeric_limits<float>::max(), exact(p, r));
        sorted(p) = inserted(sorted(p), K, value, candidates(p, r), true);
        sorted.update().unroll(r);
    }

    Expr isRepeated(const RVar& r)
    {
        Expr repeated = cast<bool>(false);
        for (int n = 0; n < length; n++)
            repeated = repeated || (n < r && candidates(p, n) == candidates(p, r));
        return repeated;
    }
};

} // namespace

HALIDE_REGISTER_GENERATOR(SelectNearest, select_nearest)
