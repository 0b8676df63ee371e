// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Mahalanobis distances |L^-1 (x - m)| with a Gaussian for each position. 784 positions with d = 100 have 16 MB of
// matrices, of which each entry is used once. The kernel is limited by memory, so it reads each panel as one stream.
#include "automatic.hpp"
#include "panel.hpp"

using namespace Halide;

namespace {

class Mahalanobis : public Generator<Mahalanobis>
{
public:
    Input<Buffer<float, 2>> features{"features"};   // position, feature
    Input<Buffer<float, 2>> mean{"mean"};           // position, feature
    Input<Buffer<float, 3>> whitening{"whitening"}; // position of the panel, entry of L^-1 row by row, panel
    Output<Buffer<float, 1>> distances{"distances"};

    void generate()
    {
        const Expr positions = features.dim(0).extent(), length = features.dim(1).extent();
        Expr position = min(likely(panel * gaussianPanel + lane), positions - 1);
        centered(lane, i, panel) = features(position, i) - mean(position, i);

        column = RDom(0, length);
        column.where(column <= i);
        whitened(lane, i, panel) += whitening(lane, i * (i + 1) / 2 + column, panel) * centered(lane, column, panel);

        row = RDom(0, length);
        squares(lane, panel) += whitened(lane, row, panel) * whitened(lane, row, panel);
        distances(p) = sqrt(squares(p % gaussianPanel, p / gaussianPanel));
    }

    void schedule()
    {
        setPanels(whitening, gaussianPanel);
        for (int dimension = 0; dimension < 2; dimension++)
        {
            features.dim(dimension).set_min(0);
            mean.dim(dimension).set_min(0);
        }
        distances.dim(0).set_min(0);

        if (ANOMALY_IS_SCHEDULED_BY_HALIDE)
        {
            features.set_estimates({{0, 784}, {0, 100}});
            mean.set_estimates({{0, 784}, {0, 100}});
            whitening.set_estimates({{0, gaussianPanel}, {0, 5050}, {0, 49}});
            distances.set_estimates({{0, 784}});
            return;
        }
        const int lanes = natural_vector_size<float>();
        distances.split(p, panel, lane, gaussianPanel, TailStrategy::GuardWithIf)
            .parallel(panel);
        centered.compute_at(distances, panel)
            .bound(lane, 0, gaussianPanel)
            .vectorize(lane, lanes)
            .unroll(lane);
        squares.compute_at(distances, panel)
            .bound(lane, 0, gaussianPanel)
            .vectorize(lane, lanes)
            .unroll(lane)
            .update()
            .reorder(lane, row)
            .vectorize(lane, lanes)
            .unroll(lane);
        // The sums for one row of L^-1 stay in registers.
        whitened.compute_at(squares, row)
            .bound(lane, 0, gaussianPanel)
            .vectorize(lane, lanes)
            .unroll(lane)
            .update()
            .reorder(lane, column)
            .vectorize(lane, lanes)
            .unroll(lane);
    }

private:
    Var p{"p"}, lane{"lane"}, i{"i"}, panel{"panel"};
    Func centered{"centered"}, whitened{"whitened"}, squares{"squares"};
    RDom column, row;
};

} // namespace

HALIDE_REGISTER_GENERATOR(Mahalanobis, mahalanobis)
