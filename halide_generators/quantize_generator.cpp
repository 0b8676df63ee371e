// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Rounds a tile of patches, or of centers, less the bank's mean, to whole numbers of 8 bits: y = scale * q + rest.
// Packs them in words of 32 bits, and computes the terms that bound the errors of their products.
#include "automatic.hpp"
#include "Halide.h"
#include "kernel_sizes.hpp"

using namespace Halide;
using namespace cv::anomaly;

namespace {

class Quantize : public Generator<Quantize>
{
public:
    GeneratorParam<int> valuesInWord{"valuesInWord", 4}; // values of a word: 4 bytes or 2 16-bit numbers

    Input<Buffer<float, 2>> phi{"phi"};        // patch, feature
    Input<Buffer<float, 1>> mean{"mean"};      // feature; the mean of the bank
    Input<int> offset{"offset"};               // added to each whole number, so that bytes may be unsigned
    Output<Buffer<int32_t, 2>> words{"words"}; // patch (beyond the last one, the last one is repeated), word
    Output<Buffer<float, 2>> terms{"terms"};   // patch, term (see QuantizedTerms)

    void generate()
    {
        const Expr features = phi.dim(1).extent(), patches = phi.dim(0).extent();
        centered(p, f) = select(f < features,
                                phi(min(p, patches - 1), min(f, features - 1)) - mean(min(f, features - 1)), 0.f);
        feature = RDom(0, features);
        greatest(p) = 1e-30f; // not 0, so that its inverse is finite
        greatest(p) = max(greatest(p), abs(centered(p, feature)));
        energy(p) += centered(p, feature) * centered(p, feature);

        whole(p, f) = cast<int>(round(centered(p, f) * (greatestWhole / greatest(p))));
        scale(p) = greatest(p) / greatestWhole;
        const Expr left = centered(p, feature) - scale(p) * whole(p, feature);
        rest(p) += left * left;
        sum(p) += whole(p, feature);

        words(p, w) = packed();
        terms(p, w) = mux(w, {2 * scale(p), 2 * sqrt(energy(p)), 2 * sqrt(rest(p)), energy(p), cast<float>(sum(p))});
    }

    void schedule()
    {
        const int lanes = natural_vector_size<float>();
        mean.dim(0).set_min(0);
        for (int dimension = 0; dimension < 2; dimension++)
        {
            phi.dim(dimension).set_min(0);
            words.dim(dimension).set_min(0);
        }
        terms.dim(0).set_min(0);
        terms.dim(1).set_bounds(0, QUANTIZED_TERMS);

        if (ANOMALY_IS_SCHEDULED_BY_HALIDE)
        {
            phi.set_estimates({{0, quantizedTile}, {0, 264}});
            mean.set_estimates({{0, 264}});
            words.set_estimates({{0, quantizedTile}, {0, 66}});
            terms.set_estimates({{0, quantizedTile}, {0, QUANTIZED_TERMS}});
            return;
        }
        for (Func total : {greatest, energy, rest, sum})
            total.compute_root()
                .vectorize(p, lanes)
                .update()
                .reorder(p, feature)
                .vectorize(p, lanes);
        centered.compute_root().vectorize(p, lanes);
        whole.compute_root().vectorize(p, lanes);
        words.vectorize(p, lanes);
        terms.vectorize(p, lanes);
    }

private:
    const float greatestWhole = 127;
    Var p{"p"}, f{"f"}, w{"w"};
    Func centered{"centered"}, greatest{"greatest"}, energy{"energy"}, whole{"whole"}, scale{"scale"}, rest{"rest"},
        sum{"sum"};
    RDom feature;

    Expr packed()
    {
        const int bits = 32 / valuesInWord;
        const uint32_t mask = uint32_t((uint64_t(1) << bits) - 1);
        Expr word = cast<uint32_t>(0);
        for (int n = 0; n < valuesInWord; n++)
            word = word | (cast<uint32_t>(whole(p, w * valuesInWord + n) + offset) & mask) << (bits * n);
        return reinterpret<int32_t>(word);
    }
};

} // namespace

HALIDE_REGISTER_GENERATOR(Quantize, quantize)
