// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Computes lower bounds of the distances from patches to each center of a group, for a list of pairs of patch and group
// that group_bounds could not rule out.
#include "automatic.hpp"
#include "panel.hpp"

using namespace Halide;

namespace {

class CenterBounds : public Generator<CenterBounds>
{
public:
    Input<Buffer<int, 2>> pairs{"pairs"};           // (patch, group), pair
    Input<Buffer<float, 2>> shortened{"shortened"}; // this and the next two are those of group_bounds
    Input<Buffer<float, 3>> bank{"bank"};
    Input<Buffer<float, 2>> norms{"norms"};
    // Bound of the squared distance, minus |phi - mean|^2: center of the group, pair (a multiple of pairsAtOnce)
    Output<Buffer<float, 2>> lowest{"lowest"};

    void generate()
    {
        Expr patch = clamp(pairs(0, e), 0, shortened.dim(0).extent() - 1),
             group = clamp(pairs(1, e), 0, bank.dim(2).extent() - 1);
        coordinate = RDom(0, bank.dim(1).extent());
        bound(c, e) = norms(c, group);
        bound(c, e) += shortened(patch, coordinate) * bank(c, coordinate, group);
        lowest(c, e) = bound(c, e);
    }

    void schedule()
    {
        Var ei{"ei"};
        setPanels(pairs, 2);
        setPanels(bank, groupWidth);
        setPanels(norms, groupWidth);
        for (int dimension = 0; dimension < 2; dimension++)
            shortened.dim(dimension).set_min(0);
        setPanels(lowest, groupWidth);

        if (ANOMALY_IS_SCHEDULED_BY_HALIDE)
        {
            pairs.set_estimates({{0, 2}, {0, 400}});
            shortened.set_estimates({{0, 64}, {0, 18}});
            bank.set_estimates({{0, groupWidth}, {0, 17}, {0, 392}});
            norms.set_estimates({{0, groupWidth}, {0, 392}});
            lowest.set_estimates({{0, groupWidth}, {0, 400}});
            return;
        }
        // pairsAtOnce pairs are computed together, for the reason given there.
        lowest.split(e, e, ei, pairsAtOnce, TailStrategy::RoundUp)
            .reorder(c, ei, e)
            .vectorize(c, groupWidth)
            .unroll(ei);
        bound.compute_at(lowest, e)
            .vectorize(c, groupWidth)
            .unroll(e);
        bound.update().reorder(c, e, coordinate).vectorize(c, groupWidth).unroll(e);
    }

private:
    Var c{"c"}, e{"e"};
    Func bound{"bound"};
    RDom coordinate;
};

} // namespace

HALIDE_REGISTER_GENERATOR(CenterBounds, center_bounds)
