// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Computes lower bounds of the distances from each patch of a tile to the centers of each group, and selects the groups
// that promise the nearest centers.
#include "automatic.hpp"
#include "panel.hpp"

#include <limits>

using namespace Halide;

namespace {

class GroupBounds : public Generator<GroupBounds>
{
public:
    GeneratorParam<int> K{"K", 3};

    Input<Buffer<float, 2>> shortened{"shortened"}; // patch, coordinate
    Input<Buffer<float, 3>> bank{"bank"};           // -2 x shortened center: center of the group, coordinate, group
    // |c - mean|^2: center of the group, group; places without a center hold the largest float
    Input<Buffer<float, 2>> norms{"norms"};

    // Lowest bound of the squared distances to the group's centers, minus |phi - mean|^2: patch, group
    Output<Buffer<float, 2>> lowest{"lowest"};
    // The group with the lowest bound among those whose index is k modulo K: patch, k
    Output<Buffer<int, 2>> promising{"promising"};

    void generate()
    {
        coordinate = RDom(0, bank.dim(1).extent());
        bound(p, c, g) = norms(c, g);
        bound(p, c, g) += shortened(p, coordinate) * bank(c, coordinate, g);
        Expr least = bound(p, 0, g);
        for (int n = 1; n < groupWidth; n++)
            least = min(least, bound(p, n, g));
        lowest(p, g) = least;

        // K different groups have at least K centers, so the K-th neighbor is not farther than the farthest of these.
        Expr groups = bank.dim(2).extent();
        round = RDom(0, (groups + K - 1) / K);
        best(p, k) = Tuple(std::numeric_limits<float>::max(), k);
        Expr group = round * K + k, value = lowest(p, min(group, groups - 1));
        Expr better = value < best(p, k)[0] && group < groups;
        best(p, k) = Tuple(select(better, value, best(p, k)[0]), select(better, group, best(p, k)[1]));
        promising(p, k) = best(p, k)[1];
    }

    void schedule()
    {
        const int lanes = natural_vector_size<float>();
        // 8 centers x 1 vector of patches are 8 sums in 16 registers; x 2 vectors they are 16 sums in 32 registers.
        const int strip = hasManyRegisters(get_target()) ? 2 * lanes : lanes;
        setPanels(bank, groupWidth);
        setPanels(norms, groupWidth);
        for (int dimension = 0; dimension < 2; dimension++)
        {
            shortened.dim(dimension).set_min(0);
            Func(lowest).output_buffer().dim(dimension).set_min(0);
            Func(promising).output_buffer().dim(dimension).set_min(0);
        }

        if (ANOMALY_IS_SCHEDULED_BY_HALIDE)
        {
            shortened.set_estimates({{0, 64}, {0, 18}});
            bank.set_estimates({{0, groupWidth}, {0, 17}, {0, 392}});
            norms.set_estimates({{0, groupWidth}, {0, 392}});
            lowest.set_estimates({{0, 64}, {0, 392}});
            promising.set_estimates({{0, 64}, {0, K}});
            return;
        }
        Func(lowest).compute_root().split(p, s, p, strip).reorder(p, s, g).vectorize(p, lanes).unroll(p);
        bound.compute_at(lowest, s)
            .vectorize(p, lanes)
            .unroll(p)
            .unroll(c);
        bound.update().reorder(p, c, coordinate).vectorize(p, lanes).unroll(p).unroll(c);
        Func(promising).split(p, s, p, lanes).reorder(p, k, s).vectorize(p).unroll(k);
        Func(promising).bound(k, 0, K);
        best.compute_at(promising, s)
            .vectorize(p, lanes)
            .unroll(k)
            .update()
            .reorder(p, k, round)
            .vectorize(p, lanes)
            .unroll(k);
    }

private:
    Var p{"p"}, s{"s"}, c{"c"}, g{"g"}, k{"k"};
    Func bound{"bound"}, best{"best"};
    RDom coordinate, round;
};

} // namespace

HALIDE_REGISTER_GENERATOR(GroupBounds, group_bounds)
