// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Finds the K nearest centers of each patch without writing the matrix of patches x centers to memory.
#include "automatic.hpp"
#include "neighbor_list.hpp"
#include "panel.hpp"

using namespace Halide;

namespace {

class NearestCenters : public Generator<NearestCenters>
{
public:
    GeneratorParam<int> K{"K", 3};

    Input<Buffer<float, 2>> phi{"phi"};   // patch, feature
    Input<Buffer<float, 3>> bank{"bank"}; // -2 c: center of the panel, feature, panel
    // |c|^2: center of the panel, panel; places without a center hold the largest float
    Input<Buffer<float, 2>> norms{"norms"};
    Input<Buffer<float, 2>> centers{"centers"};               // feature (padded to a multiple of exactLanes), center
    Output<Func> nearest{"nearest", {Float(32), Int(32)}, 2}; // (squared distance, index): patch, neighbor

    void generate()
    {
        strip = stripWidth(get_target());
        const Expr patches = phi.dim(0).extent(), features = phi.dim(1).extent();

        packed(i, f, s) = phi(min(likely(s * strip + i), patches - 1), f);

        // Centers are ranked by |c|^2 - 2 phi.c, because |phi|^2 is the same for all centers of a patch.
        product = RDom(0, features);
        rank(i, c, s, panel) = norms(c, panel);
        rank(i, c, s, panel) += packed(i, product, s) * bank(c, product, panel);

        keepBest();
        recomputeDistances(patches, features);
        sortNeighbors();

        nearest(p, j) = sorted(p % strip, p / strip, j);
    }

    void schedule()
    {
        const int lanes = natural_vector_size<float>();
        Var t{"t"}, inner{"inner"}, vector{"vector"};
        setLayout();

        if (ANOMALY_IS_SCHEDULED_BY_HALIDE)
        {
            phi.set_estimates({{0, 3136}, {0, 264}});
            bank.set_estimates({{0, panelWidth}, {0, 264}, {0, 66}});
            norms.set_estimates({{0, panelWidth}, {0, 66}});
            centers.set_estimates({{0, 264}, {0, 784}});
            nearest.set_estimates({{0, 3136}, {0, K}});
            return;
        }
        nearest.split(p, s, i, strip, TailStrategy::GuardWithIf)
            .split(s, t, inner, stripsPerTile, TailStrategy::GuardWithIf)
            .reorder(i, j, inner, t);
        nearest.vectorize(i, lanes)
            .parallel(t);

        packed.compute_at(nearest, t)
            .vectorize(i, lanes)
            .unroll(i);

        best.compute_at(nearest, t)
            .vectorize(i, lanes)
            .unroll(i);
        best.update()
            .split(i, vector, i, lanes)
            .reorder(i, candidates.x, vector, s, candidates.y)
            .vectorize(i)
            .unroll(candidates.x);

        scheduleProduct(rank, best, candidates.y, product, i, c, s, get_target());
        scheduleExact(inner, lanes);
    }

private:
    //! Schedules the last steps for a strip, which take at most 2 % of the time with 784 centers and D' = 264.
    void scheduleExact(const Var& inner, int lanes)
    {
        Var block{"block"};
        transposed.compute_at(nearest, inner)
            .split(f, block, f, exactLanes)
            .reorder(f, i, block)
            .vectorize(f);
        index.compute_at(nearest, inner)
            .bound(j, 0, K)
            .vectorize(i, lanes)
            .unroll(j);
        partial.compute_at(exact, i)
            .vectorize(f)
            .unroll(j)
            .update()
            .reorder(f, j, chunkOfLanes)
            .vectorize(f)
            .unroll(j);
        exact.compute_at(nearest, inner)
            .bound(j, 0, K)
            .reorder(j, i)
            .unroll(j);
        place.compute_at(nearest, inner)
            .bound(j, 0, K)
            .vectorize(i, lanes)
            .unroll(j);
        sorted.compute_at(nearest, inner)
            .vectorize(i, lanes);
    }

    Var p{"p"}, j{"j"}, i{"i"}, s{"s"}, f{"f"}, c{"c"}, panel{"panel"};
    Func packed{"packed"}, rank{"rank"}, best{"best"}, transposed{"transposed"}, index{"index"}, partial{"partial"};
    Func exact{"exact"}, place{"place"}, sorted{"sorted"};
    RDom product, candidates, chunkOfLanes;
    int strip = 0;

    //! Keeps a sorted list of K centers for each patch. A candidate is inserted without a branch, with 5 K operations
    //! in addition to the 2 D' of its product. Candidates come in the order of their indices, so "less" already prefers
    //! the lower index of two equal ranks.
    void keepBest()
    {
        candidates = RDom(0, panelWidth, 0, bank.dim(2).extent());
        best(i, s) = emptyList(K);
        best(i, s) = inserted(best(i, s), K, rank(i, candidates.x, s, candidates.y),
                              candidates.y * panelWidth + candidates.x, false);
    }

    //! Computes the distances of the K centers as sums of squared differences: never negative, and exact for integers.
    void recomputeDistances(Expr patches, Expr features)
    {
        std::vector<Expr> indices;
        for (int n = 0; n < K; n++)
            indices.push_back(best(i, s)[K + n]);
        index(i, j, s) = clamp(mux(j, indices), 0, centers.dim(1).extent() - 1);

        transposed(f, i, s) =
            select(f < features, phi(min(likely(s * strip + i), patches - 1), min(f, features - 1)), 0.f);
        chunkOfLanes = RDom(0, centers.dim(0).extent() / exactLanes);
        Expr feature = chunkOfLanes * exactLanes + f;
        Expr difference = transposed(feature, i, s) - centers(feature, index(i, j, s));
        partial(f, j, i, s) += difference * difference;
        Expr sum = partial(0, j, i, s);
        for (int n = 1; n < exactLanes; n++)
            sum += partial(n, j, i, s);
        exact(i, j, s) = sum;
    }

    //! Sorts the K centers by their exact distances, which may differ from the order of ranks for nearly equal ones.
    void sortNeighbors()
    {
        Expr before = 0;
        for (int n = 0; n < K; n++)
        {
            Expr less = exact(i, n, s) < exact(i, j, s), equal = exact(i, n, s) == exact(i, j, s);
            before += cast<int>(less || (equal && index(i, n, s) < index(i, j, s)));
        }
        place(i, j, s) = before;

        // If no neighbor belongs to a place, as happens with NaN, the neighbor at this place stays.
        Expr distance = exact(i, j, s), center = index(i, j, s);
        for (int n = 0; n < K; n++)
        {
            distance = select(place(i, n, s) == j, exact(i, n, s), distance);
            center = select(place(i, n, s) == j, index(i, n, s), center);
        }
        sorted(i, s, j) = Tuple(distance, center);
    }

    void setLayout()
    {
        setPanels(bank, panelWidth);
        setPanels(norms, panelWidth);
        phi.dim(0).set_min(0);
        phi.dim(1).set_min(0);
        centers.dim(0).set_min(0);
        centers.dim(1).set_min(0);
        for (int dimension = 0; dimension < 2; dimension++)
            Func(nearest).output_buffers()[0].dim(dimension).set_min(0);
    }
};

} // namespace

HALIDE_REGISTER_GENERATOR(NearestCenters, nearest_centers)
