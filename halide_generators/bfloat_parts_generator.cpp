// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// On a GPU: splits descriptors into sums of two bfloat16, whose products tensor cores compute eight times as fast as
// those of float32. With phi - m = high + low, the product with a center is high * high' + high * low' + low * high',
// with an error of 2^-17 of its size. The parts are written as high | high | low, three times as long as phi, so that
// one product with high' | low' | high' gives the sum.
#include "Halide.h"

using namespace Halide;

namespace {

class BfloatParts : public Generator<BfloatParts>
{
public:
    Input<Buffer<float, 2>> phi{"phi"};         // patch, feature
    Input<Buffer<float, 1>> mean{"mean"};       // feature; subtracting it makes the products and their errors smaller
    Output<Buffer<uint16_t, 3>> parts{"parts"}; // patch, feature, part; with up to 7 patches of padding

    void generate()
    {
        Expr whole = phi(min(p, phi.dim(0).extent() - 1), f) - mean(f);
        Expr high = rounded(whole);
        Expr low = rounded(whole - reinterpret<float>(high));
        parts(p, f, part) = cast<uint16_t>(select(part < 2, high, low) >> 16);
    }

    void schedule()
    {
        Var block{"block"}, i{"i"};
        for (int dimension = 0; dimension < 2; dimension++)
            phi.dim(dimension).set_min(0);
        mean.dim(0).set_min(0);
        for (int dimension = 0; dimension < 3; dimension++)
            parts.dim(dimension).set_min(0);
        parts.dim(2).set_extent(3);
        parts.bound(part, 0, 3)
            .split(p, block, i, 128, TailStrategy::GuardWithIf)
            .reorder(part, i, f, block)
            .gpu_blocks(f, block)
            .gpu_threads(i)
            .unroll(part);
    }

private:
    Var p{"p"}, f{"f"}, part{"part"};

    //! The nearest bfloat16 (ties to even) as the bits of a float: 16 significant bits, then 16 zeros.
    static Expr rounded(Expr value)
    {
        Expr bits = reinterpret<uint32_t>(value);
        const Expr half = Internal::make_const(UInt(32), 0x7fff),
                   odd = (bits >> 16) & Internal::make_const(UInt(32), 1);
        return (bits + half + odd) & Internal::make_const(UInt(32), 0xffff0000);
    }
};

} // namespace

HALIDE_REGISTER_GENERATOR(BfloatParts, bfloat_parts)
