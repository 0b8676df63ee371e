// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Scores of patches from the squared distances of their nearest centers, where these lie on a GPU.
#include "Halide.h"

using namespace Halide;

namespace {

class PatchScores : public Generator<PatchScores>
{
public:
    Input<Buffer<float, 2>> distances{"distances"}; // squared: patch, neighbor
    Input<bool> certainty{"certainty"};             // Eq. 5 in place of Eq. 4
    Output<Buffer<float, 1>> scores{"scores"};      // patch

    void generate()
    {
        neighbor = RDom(0, distances.dim(1).extent());
        nearest(p) = sqrt(distances(p, 0));
        sum(p) += exp(nearest(p) - sqrt(distances(p, neighbor)));
        scores(p) = select(certainty, nearest(p) / sum(p), nearest(p));
    }

    void schedule()
    {
        Var block{"block"}, i{"i"};
        for (int dimension = 0; dimension < 2; dimension++)
            distances.dim(dimension).set_min(0);
        scores.dim(0).set_min(0);
        scores.gpu_tile(p, block, i, 64, TailStrategy::GuardWithIf);
        sum.compute_at(scores, i);
    }

private:
    Var p{"p"};
    Func nearest{"nearest"}, sum{"sum"};
    RDom neighbor;
};

} // namespace

HALIDE_REGISTER_GENERATOR(PatchScores, patch_scores)
