// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// A convolution over all channels with any kernel size and stride, with bias and a clamp as activation.
#include "automatic.hpp"
#include "panel.hpp"

using namespace Halide;

namespace {

class Convolution : public Generator<Convolution>
{
public:
    Input<Buffer<float, 2>> map{"map"};         // pixel, channel; a row has `pitch` pixels with its border
    Input<Buffer<int, 1>> offsets{"offsets"};   // tap: distance from an output's pixel to the pixel that the tap reads
    Input<Buffer<float, 4>> weights{"weights"}; // output of the panel, tap, channel, panel
    Input<Buffer<float, 1>> bias{"bias"};       // output
    Input<int> farthest{"farthest"};            // largest of the offsets
    Input<int> pitch{"pitch"};
    Input<float> lowest{"lowest"}, highest{"highest"};
    Input<int> rowsPerTask{"rowsPerTask"}, panelsPerTask{"panelsPerTask"};
    Output<Buffer<float, 3>> result{"result"}; // column, row, output

    void generate()
    {
        product = RDom(0, offsets.dim(0).extent(), 0, weights.dim(2).extent());
        // Pixels have one index over all rows: the border of a row separates it from the next, so each tap is at the
        // same distance from all pixels.
        sums(q, o, panel) = 0.f;
        sums(q, o, panel) +=
            map(q + clamp(offsets(product.x), 0, farthest), product.y) * weights(o, product.x, product.y, panel);
        result(x, y, d) = clamp(sums(y * pitch + x, d % groupWidth, d / groupWidth) + bias(d), lowest, highest);
    }

    void schedule()
    {
        // 3 vectors of pixels x 8 outputs are 24 sums in 32 registers; x 4 outputs they are 12 sums in 16 registers. So
        // 11 or 7 loads serve 24 or 12 multiply-adds.
        const int lanes = natural_vector_size<float>(), strip = 3 * lanes,
                  rows = hasManyRegisters(get_target()) ? groupWidth : groupWidth / 2;
        for (int dimension = 0; dimension < 3; dimension++)
            result.dim(dimension).set_min(0);
        map.dim(1).set_min(0);
        offsets.dim(0).set_min(0);
        setPanels(weights, groupWidth);
        bias.dim(0).set_min(0);

        if (ANOMALY_IS_SCHEDULED_BY_HALIDE)
        {
            map.set_estimates({{0, 3600}, {0, 128}});
            offsets.set_estimates({{0, 9}});
            weights.set_estimates({{0, groupWidth}, {0, 9}, {0, 128}, {0, 16}});
            bias.set_estimates({{0, 128}});
            farthest.set_estimate(118);
            pitch.set_estimate(58);
            lowest.set_estimate(0);
            highest.set_estimate(6);
            rowsPerTask.set_estimate(8);
            panelsPerTask.set_estimate(4);
            result.set_estimates({{0, 56}, {0, 56}, {0, 128}});
            return;
        }
        Var part{"part"}, band{"band"}, task{"task"}, s{"s"}, oi{"oi"};
        result.split(d, panel, o, groupWidth, TailStrategy::GuardWithIf)
            .split(panel, part, panel, panelsPerTask, TailStrategy::GuardWithIf);
        result.split(y, band, y, rowsPerTask, TailStrategy::ShiftInwards)
            .reorder(x, y, o, panel, band, part)
            .vectorize(x, lanes, TailStrategy::GuardWithIf);
        result.fuse(band, part, task)
            .parallel(task);

        Func stored = sums.in(result);
        stored.compute_at(result, panel)
            .split(q, s, q, strip, TailStrategy::ShiftInwards)
            .split(o, o, oi, rows)
            .reorder(q, oi, o, s)
            .vectorize(q, lanes)
            .unroll(q)
            .unroll(oi);
        sums.compute_at(stored, o)
            .vectorize(q, lanes)
            .unroll(q)
            .unroll(o);
        sums.update().reorder(q, o, product.x, product.y).vectorize(q, lanes).unroll(q).unroll(o);
    }

private:
    Var x{"x"}, y{"y"}, d{"d"}, q{"q"}, o{"o"}, panel{"panel"};
    Func sums{"sums"};
    RDom product;
};

} // namespace

HALIDE_REGISTER_GENERATOR(Convolution, convolution)
