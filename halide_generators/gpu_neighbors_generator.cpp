// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// The K nearest centers of each patch on a GPU, in two kernels. RankNeighbors selects a few more than K centers by
// products that the GPU's own library has computed with less precision than float32. MeasureNeighbors then computes
// their distances as sums of squared differences.
#include "neighbor_list.hpp"

using namespace Halide;

namespace {

// Number of lists for each patch, which are merged at the end. The lists of a block, with 9 places each, take 36 of the
// 48 KiB of shared memory that every GPU has.
constexpr int lists = 16;

constexpr int patchesPerBlock = 32;

//! Selects candidates by rank |c|^2 - 2 phi.c. Several threads keep a list each for the same patch.
class RankNeighbors : public Generator<RankNeighbors>
{
public:
    GeneratorParam<int> K{"K", 3};

    Input<Buffer<float, 2>> products{"products"};    // patch, center: -2 phi.c
    Input<Buffer<float, 1>> norms{"norms"};          // center: |c|^2
    Output<Buffer<int, 2>> candidates{"candidates"}; // patch, place: a center; repeated if the bank has too few

    void generate()
    {
        length = K + spareOnGpu;
        const Expr count = norms.dim(0).extent();
        rounds = RDom(0, (count + lists - 1) / lists);
        Expr center = rounds * lists + list, at = min(center, count - 1);
        // A product that is NaN ranks last, because every comparison with it is false.
        Expr value = select(center < count, products(p, at) + norms(at), std::numeric_limits<float>::max());
        best(p, list) = emptyList(length);
        best(p, list) = inserted(best(p, list), length, value, center, false);

        mergedFrom = RDom(0, length, 0, lists);
        std::vector<Expr> values, indices, chosen;
        for (int n = 0; n < length; n++)
        {
            values.push_back(best(p, mergedFrom.y)[n]);
            indices.push_back(best(p, mergedFrom.y)[length + n]);
        }
        merged(p) = emptyList(length);
        merged(p) = inserted(merged(p), length, mux(mergedFrom.x, values), mux(mergedFrom.x, indices), true);
        for (int n = 0; n < length; n++)
            chosen.push_back(clamp(merged(p)[length + n], 0, count - 1));
        candidates(p, place) = mux(place, chosen);
    }

    void schedule()
    {
        Var block{"block"}, i{"i"};
        for (int dimension = 0; dimension < 2; dimension++)
        {
            products.dim(dimension).set_min(0);
            candidates.dim(dimension).set_min(0);
        }
        norms.dim(0).set_min(0);
        candidates.dim(1).set_extent(length);
        // Neighboring threads read products of neighboring patches. The list of a thread stays in registers; for the
        // thread that merges the lists it is copied to shared memory.
        candidates.bound(place, 0, length)
            .split(p, block, i, patchesPerBlock, TailStrategy::GuardWithIf)
            .reorder(place, i, block);
        candidates.gpu_blocks(block)
            .gpu_threads(i)
            .unroll(place);
        merged.compute_at(candidates, i).update().unroll(mergedFrom.x);
        Func listed = best.in(merged);
        listed.compute_at(candidates, block)
            .bound(list, 0, lists)
            .reorder(p, list)
            .gpu_threads(p, list);
        best.compute_at(listed, p);
    }

private:
    Var p{"p"}, list{"list"}, place{"place"};
    Func best{"best"}, merged{"merged"};
    RDom rounds, mergedFrom;
    int length = 0;
};

//! Computes the exact distances of the candidates, sorts them, and keeps K.
class MeasureNeighbors : public Generator<MeasureNeighbors>
{
public:
    GeneratorParam<int> K{"K", 3};

    Input<Buffer<float, 2>> phi{"phi"};                       // patch, feature
    Input<Buffer<float, 2>> centers{"centers"};               // feature (padded to a multiple of exactLanes), center
    Input<Buffer<int, 2>> candidates{"candidates"};           // patch, place
    Output<Func> nearest{"nearest", {Float(32), Int(32)}, 2}; // (squared distance, index): patch, neighbor

    void generate()
    {
        length = K + spareOnGpu;
        recomputeDistances();
        sortNeighbors();
        std::vector<Expr> distances, indices;
        for (int n = 0; n < K; n++)
        {
            distances.push_back(sorted(p)[n]);
            indices.push_back(sorted(p)[K + n]);
        }
        // NaN features, or distances beyond float, must appear in the result. No list takes them, so they are put in
        // here.
        Expr isFinite = exact(p, 0) <= std::numeric_limits<float>::max();
        nearest(p, j) = Tuple(select(isFinite, mux(j, distances), exact(p, 0)), mux(j, indices));
    }

    void schedule()
    {
        Var block{"block"}, i{"i"};
        for (int dimension = 0; dimension < 2; dimension++)
        {
            phi.dim(dimension).set_min(0);
            centers.dim(dimension).set_min(0);
            candidates.dim(dimension).set_min(0);
            Func(nearest).output_buffers()[0].dim(dimension).set_min(0);
        }
        candidates.dim(1).set_extent(length);
        // First each thread measures one candidate, then each thread sorts those of one patch.
        nearest.bound(j, 0, K)
            .split(p, block, i, patchesPerBlock, TailStrategy::GuardWithIf)
            .reorder(j, i, block)
            .gpu_blocks(block)
            .gpu_threads(i)
            .unroll(j);
        sorted.compute_at(nearest, i);
        exact.compute_at(nearest, block)
            .bound(place, 0, length)
            .reorder(p, place)
            .gpu_threads(p, place);
        partial.compute_at(exact, p)
            .unroll(f)
            .update()
            .reorder(f, chunk)
            .unroll(f);
    }

private:
    Var p{"p"}, j{"j"}, f{"f"}, place{"place"};
    Func partial{"partial"}, exact{"exact"}, sorted{"sorted"};
    RDom chunk;
    int length = 0;

    //! Distances that are never negative, and exact for integers.
    void recomputeDistances()
    {
        chunk = RDom(0, centers.dim(0).extent() / exactLanes);
        const Expr features = phi.dim(1).extent();
        Expr feature = chunk * exactLanes + f;
        Expr of = select(feature < features, phi(p, min(feature, features - 1)), 0.f);
        Expr difference = of - centers(feature, clamp(candidates(p, place), 0, centers.dim(1).extent() - 1));
        partial(f, place, p) += difference * difference;
        Expr sum = partial(0, place, p);
        for (int n = 1; n < exactLanes; n++)
            sum += partial(n, place, p);
        exact(p, place) = sum;
    }

    //! Sorts by distance, then by index. A repeated candidate gets the largest float.
    void sortNeighbors()
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

HALIDE_REGISTER_GENERATOR(RankNeighbors, rank_neighbors)
HALIDE_REGISTER_GENERATOR(MeasureNeighbors, measure_neighbors)
