// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Shortens patches to a few coordinates and the length of the remaining part. The distance between two shortened
// vectors is never more than that between the vectors themselves.
#include "automatic.hpp"
#include "panel.hpp"

using namespace Halide;

namespace {

class Shorten : public Generator<Shorten>
{
public:
    Input<Buffer<float, 2>> phi{"phi"};   // patch, feature
    Input<Buffer<float, 1>> mean{"mean"}; // feature: mean of the bank
    Input<Buffer<float, 3>> axes{"axes"}; // axis of the panel, feature, panel: orthonormal
    // Patch, coordinate: first those along the axes, then the length of the rest, then |phi - mean|^2
    Output<Buffer<float, 2>> shortened{"shortened"};

    void generate()
    {
        strip = stripWidth(get_target());
        const Expr axisCount = axes.dim(2).extent() * groupWidth;

        centered(i, f, s) = phi(min(likely(s * strip + i), phi.dim(0).extent() - 1), f) - mean(f);
        feature = RDom(0, phi.dim(1).extent());
        energy(i, s) += centered(i, feature, s) * centered(i, feature, s);
        along(i, a, s, panel) = 0.f;
        along(i, a, s, panel) += centered(i, feature, s) * axes(a, feature, panel);
        coordinate(i, a, s) = along(i, a % groupWidth, s, a / groupWidth);

        axis = RDom(0, axisCount);
        covered(i, s) += coordinate(i, axis, s) * coordinate(i, axis, s);
        Expr inside = p % strip, at = p / strip;
        shortened(p, a) = select(a < axisCount, coordinate(inside, min(a, axisCount - 1), at), a == axisCount,
                                 sqrt(max(energy(inside, at) - covered(inside, at), 0.f)), energy(inside, at));
    }

    void schedule()
    {
        const int lanes = natural_vector_size<float>();
        mean.dim(0).set_min(0);
        setPanels(axes, groupWidth);
        for (int dimension = 0; dimension < 2; dimension++)
        {
            phi.dim(dimension).set_min(0);
            shortened.dim(dimension).set_min(0);
        }

        if (ANOMALY_IS_SCHEDULED_BY_HALIDE)
        {
            phi.set_estimates({{0, 64}, {0, 264}});
            mean.set_estimates({{0, 264}});
            axes.set_estimates({{0, groupWidth}, {0, 264}, {0, 2}});
            shortened.set_estimates({{0, 64}, {0, 18}});
            return;
        }
        shortened.split(p, s, i, strip, TailStrategy::GuardWithIf)
            .reorder(i, a, s)
            .vectorize(i, lanes);
        centered.compute_at(shortened, s)
            .vectorize(i, lanes)
            .unroll(i);
        energy.compute_at(shortened, s)
            .vectorize(i, lanes)
            .unroll(i)
            .update()
            .reorder(i, feature)
            .vectorize(i, lanes)
            .unroll(i);
        covered.compute_at(shortened, s)
            .vectorize(i, lanes)
            .unroll(i)
            .update()
            .reorder(i, axis)
            .vectorize(i, lanes)
            .unroll(i);

        const int rows = hasManyRegisters(get_target()) ? groupWidth : groupWidth / 2;
        Var ai{"ai"};
        coordinate.compute_at(shortened, s)
            .split(a, a, ai, rows)
            .reorder(i, ai, a)
            .vectorize(i, lanes)
            .unroll(i)
            .unroll(ai);
        along.compute_at(coordinate, a)
            .vectorize(i, lanes)
            .unroll(i)
            .unroll(a);
        along.update().reorder(i, a, feature).vectorize(i, lanes).unroll(i).unroll(a);
    }

private:
    Var p{"p"}, i{"i"}, s{"s"}, f{"f"}, a{"a"}, panel{"panel"};
    Func centered{"centered"}, energy{"energy"}, along{"along"}, coordinate{"coordinate"}, covered{"covered"};
    RDom feature, axis;
    int strip = 0;
};

} // namespace

HALIDE_REGISTER_GENERATOR(Shorten, shorten)
