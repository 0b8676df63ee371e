// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// The descriptor for one scale, at that scale's resolution: the 3x3 average of the map times the scale's columns of W,
// plus the terms of row, column and bias.
#include "automatic.hpp"
#include "coordinate.hpp"
#include "panel.hpp"

using namespace Halide;

namespace {

class Project : public Generator<Project>
{
public:
    GeneratorParam<bool> averages{"averages", true}; // false: the map is already averaged

    Input<Buffer<float, 2>> map{"map"};         // patch, channel
    Input<int> width{"width"};                  // length of the map's rows
    Input<Buffer<float, 3>> weights{"weights"}; // row of W in the panel, channel, panel; zeros after the last row
    Input<Buffer<float, 3>> terms{"terms"};     // row of W in the panel; weight of row, of column, bias; panel
    Output<Buffer<float, 2>> phi{"phi"};        // patch, row of W

    void generate()
    {
        strip = stripWidth(get_target());
        const Expr patches = map.dim(0).extent();
        definePlaces(patches / width);

        const Expr here = s * strip + i;
        const Func padded = BoundaryConditions::constant_exterior(map, 0.f, {{0, patches}, {Expr(), Expr()}});
        packed(i, c, s) = averages ? averageAt(here) : padded(here, c);

        product = RDom(0, weights.dim(1).extent());
        sums(i, r, s, panel) =
            terms(r, 0, panel) * atRow(here) + terms(r, 1, panel) * atColumn(here) + terms(r, 2, panel);
        sums(i, r, s, panel) += packed(i, product, s) * weights(r, product, panel);

        phi(p, d) = sums(p % strip, d % panelWidth, p / strip, d / panelWidth);
    }

    void schedule()
    {
        const int lanes = natural_vector_size<float>();
        Var t{"t"}, inner{"inner"};
        setLayout();

        if (ANOMALY_IS_SCHEDULED_BY_HALIDE)
        {
            map.set_estimates({{0, 784}, {0, 240}});
            width.set_estimate(28);
            weights.set_estimates({{0, panelWidth}, {0, 240}, {0, 22}});
            terms.set_estimates({{0, panelWidth}, {0, 3}, {0, 22}});
            phi.set_estimates({{0, 784}, {0, 264}});
            return;
        }
        // At least 16 tasks, so that two threads finish together: a map of 14 x 14 has only 13 strips of 16 patches.
        Expr stripsPerTask = clamp(map.dim(0).extent() / (16 * strip), 1, stripsPerTile);
        phi.split(p, s, i, strip, TailStrategy::GuardWithIf)
            .split(s, t, inner, stripsPerTask, TailStrategy::GuardWithIf);
        phi.split(d, panel, r, panelWidth, TailStrategy::GuardWithIf)
            .reorder(i, r, inner, panel, t)
            .vectorize(i, lanes)
            .parallel(t);

        for (Func place : {hasLeft, hasRight, atRow, atColumn})
            place.compute_root();
        if (averages)
        {
            bordered.compute_root();
            for (int part : {0, 1, 2})
                bordered.update(part).vectorize(bordered.rvars(part)[0], lanes, TailStrategy::GuardWithIf);
            bordered.update(1).parallel(c); // the part inside
        }
        // The average is computed while a strip is packed, so that no averaged map is written and read again.
        packed.compute_at(phi, t)
            .reorder(i, s, c)
            .vectorize(i, lanes)
            .unroll(i);
        scheduleProduct(sums, phi, panel, product, i, r, s, get_target());
    }

private:
    Var p{"p"}, d{"d"}, i{"i"}, s{"s"}, c{"c"}, r{"r"}, panel{"panel"};
    Func hasLeft{"hasLeft"}, hasRight{"hasRight"}, atRow{"atRow"}, atColumn{"atColumn"}, bordered{"bordered"},
        column{"column"}, packed{"packed"}, sums{"sums"};
    RDom product;
    int strip = 0;

    //! The 3x3 average. Rows are adjacent in memory, so the neighbors of patch p are p - 1, p + 1, p - width and p +
    //! width. Maps of any size then consist of whole vectors. The zeros around the map are memory too: to ask of each
    //! vector where it lies took half of the time of a map of 14 x 14.
    Expr averageAt(Expr here)
    {
        const Expr patches = map.dim(0).extent();
        const RDom before(-width - 1, width + 1), inside(0, patches), after(patches, width + 1 + strip);
        bordered(p, c) = undef<float>();
        bordered(before, c) = 0.f;
        bordered(inside, c) = map(inside, c);
        bordered(after, c) = 0.f;
        column(p, c) = bordered(p - width, c) + bordered(p, c) + bordered(p + width, c);
        return (column(here, c) + select(hasLeft(here) != 0, column(here - 1, c), 0.f) +
                select(hasRight(here) != 0, column(here + 1, c), 0.f)) *
               (1.f / 9);
    }

    //! The place of each patch. It is computed once in a call, because a division for each patch and channel would take
    //! longer than the average.
    void definePlaces(Expr height)
    {
        hasLeft(p) = cast<int>(p % width > 0);
        hasRight(p) = cast<int>(p % width < width - 1);
        atRow(p) = coordinate(p / width, height);
        atColumn(p) = coordinate(p % width, width);
    }

    void setLayout()
    {
        map.dim(0).set_min(0);
        map.dim(1).set_min(0);
        setPanels(weights, panelWidth);
        setPanels(terms, panelWidth);
        terms.dim(1).set_extent(3);
        phi.dim(0).set_min(0);
        phi.dim(1).set_min(0);
    }
};

} // namespace

HALIDE_REGISTER_GENERATOR(Project, project)
