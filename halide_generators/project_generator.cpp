// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// One scale of the descriptor at its own resolution: phi = W p for all patches.
#include "panel.hpp"

using namespace Halide;

namespace {

class Project : public Generator<Project>
{
public:
    Input<Buffer<float, 2>> pooled{"pooled"};   // patch, channel
    Input<Buffer<float, 3>> weights{"weights"}; // row of W in the panel, channel, panel; zeros past the last row
    Output<Buffer<float, 2>> phi{"phi"};        // patch, row of W

    void generate()
    {
        strip = stripWidth(get_target());
        packed(i, c, s) = pooled(min(likely(s * strip + i), pooled.dim(0).extent() - 1), c);

        product = RDom(0, weights.dim(1).extent(), 0, 1);
        sums(i, r, s, panel) += packed(i, product.x, s) * weights(r, product.x + product.y, panel);

        phi(p, d) = sums(p % strip, d % panelWidth, p / strip, d / panelWidth);
    }

    void schedule()
    {
        const int lanes = natural_vector_size<float>();
        Var t{"t"}, inner{"inner"};
        setLayout();

        phi.split(p, s, i, strip, TailStrategy::GuardWithIf).split(s, t, inner, stripsPerTask, TailStrategy::GuardWithIf);
        phi.split(d, panel, r, panelWidth, TailStrategy::GuardWithIf).reorder(i, r, inner, panel, t).vectorize(i, lanes).parallel(t);

        packed.compute_at(phi, t).vectorize(i, lanes).unroll(i);
        scheduleProduct(sums, phi, panel, product, i, r, s, get_target());
    }

private:
    Var p{"p"}, d{"d"}, i{"i"}, s{"s"}, c{"c"}, r{"r"}, panel{"panel"};
    Func packed{"packed"}, sums{"sums"};
    RDom product;
    int strip = 0;

    // A 14 x 14 map has 13 strips of 16 patches: 7 tasks of 2 keep two threads busy, 2 tasks of 7 leave one with a third of the work idle.
    static constexpr int stripsPerTask = 2;

    void setLayout()
    {
        pooled.dim(0).set_min(0);
        pooled.dim(1).set_min(0);
        weights.dim(0).set_bounds(0, panelWidth);
        weights.dim(1).set_min(0).set_stride(panelWidth);
        weights.dim(2).set_min(0);
        phi.dim(0).set_min(0);
        phi.dim(1).set_min(0);
    }
};

} // namespace

HALIDE_REGISTER_GENERATOR(Project, project)
