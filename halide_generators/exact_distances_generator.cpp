// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Squared distances for a list of pairs of patch and center, as sums of squared differences: never negative, and exact
// for integers.
#include "automatic.hpp"
#include "panel.hpp"

using namespace Halide;

namespace {

class ExactDistances : public Generator<ExactDistances>
{
public:
    //! Whether each product and each sum is rounded by itself, as in C++ without fused multiply-adds, so that all
    //! targets and the plain implementation of a greedy coreset get the same bits. Otherwise the compiler may fuse
    //! them, which is faster.
    GeneratorParam<bool> strict{"strict", false};

    Input<Buffer<int, 2>> pairs{"pairs"};       // (patch, center), pair
    Input<Buffer<float, 2>> patches{"patches"}; // feature (padded with zeros to a multiple of partialSums), patch
    Input<Buffer<float, 2>> centers{"centers"}; // feature (padded in the same way), center
    Output<Buffer<float, 1>> distances{"distances"};

    void generate()
    {
        Expr patch = clamp(pairs(0, e), 0, patches.dim(1).extent() - 1),
             center = clamp(pairs(1, e), 0, centers.dim(1).extent() - 1);
        chunk = RDom(0, patches.dim(0).extent() / partialSums);
        Expr feature = chunk * partialSums + lane, difference = patches(feature, patch) - centers(feature, center);
        partial(lane, e) = 0.f;
        partial(lane, e) = rounded(partial(lane, e) + rounded(difference * difference));
        Expr sum = partial(lane, e);
        for (int n = lastSums; n < partialSums; n += lastSums)
            sum = rounded(sum + partial(lane + n, e));
        folded(lane, e) = sum;
        Expr total = folded(0, e);
        for (int n = 1; n < lastSums; n++)
            total = rounded(total + folded(n, e));
        distances(e) = total;
    }

    void schedule()
    {
        setPanels(pairs, 2);
        for (int dimension = 0; dimension < 2; dimension++)
        {
            patches.dim(dimension).set_min(0);
            centers.dim(dimension).set_min(0);
        }
        distances.dim(0).set_min(0);

        if (ANOMALY_IS_SCHEDULED_BY_HALIDE)
        {
            pairs.set_estimates({{0, 2}, {0, 2000}});
            patches.set_estimates({{0, 288}, {0, 64}});
            centers.set_estimates({{0, 288}, {0, 3136}});
            distances.set_estimates({{0, 2000}});
            return;
        }
        folded.compute_at(distances, e)
            .bound(lane, 0, lastSums)
            .vectorize(lane);
        partial.compute_at(distances, e)
            .bound(lane, 0, partialSums)
            .vectorize(lane, natural_vector_size<float>())
            .unroll(lane);
        partial.update().reorder(lane, chunk).vectorize(lane, natural_vector_size<float>()).unroll(lane);
    }

private:
    Var e{"e"}, lane{"lane"};
    Func partial{"partial"}, folded{"folded"};
    RDom chunk;

    Expr rounded(Expr value) const { return strict ? strict_float(value) : value; }
};

} // namespace

HALIDE_REGISTER_GENERATOR(ExactDistances, exact_distances)
