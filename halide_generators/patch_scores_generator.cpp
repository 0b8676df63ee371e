// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// On a GPU: scores of patches from the squared distances to their nearest centers.
#include "Halide.h"

using namespace Halide;

namespace {

class PatchScores : public Generator<PatchScores>
{
public:
    Input<Buffer<float, 2>> distances{"distances"}; // squared: patch, neighbor
    Input<bool> certainty{"certainty"};             // true: Eq. 5 of the CFA paper; false: Eq. 4, the smallest distance
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
