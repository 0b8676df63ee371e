// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// The operations for which a GPU uses cuBLAS and cuDNN, as simple kernels for the OpenCL build, which tests GPU code on
// a processor.
#include "Halide.h"

using namespace Halide;

namespace {

//! A batch of matrix products.
class PlainProduct : public Generator<PlainProduct>
{
public:
    GeneratorParam<bool> bfloat{"bfloat", false}; // a and b hold the bits of bfloat16

    Input<Buffer<>> a{"a", 3}; // row, k, product
    Input<Buffer<>> b{"b", 3}; // k, column, product
    Input<float> factor{"factor"};
    Output<Buffer<float, 3>> out{"out"}; // row, column, product

    void generate()
    {
        RDom k(0, a.dim(1).extent());
        sum(i, j, n) += valueOf(a(i, k, n)) * valueOf(b(k, j, n));
        out(i, j, n) = factor * sum(i, j, n);
    }

    void schedule()
    {
        Var block{"block"}, thread{"thread"};
        for (int dimension = 0; dimension < 3; dimension++)
        {
            a.dim(dimension).set_min(0);
            b.dim(dimension).set_min(0);
            out.dim(dimension).set_min(0);
        }
        out.split(i, block, thread, 64, TailStrategy::GuardWithIf)
            .reorder(thread, block, j, n)
            .gpu_blocks(block, j, n)
            .gpu_threads(thread);
        sum.compute_at(out, thread);
    }

private:
    Var i{"i"}, j{"j"}, n{"n"};
    Func sum{"sum"};

    Expr valueOf(Expr number) const { return bfloat ? reinterpret<float>(cast<uint32_t>(number) << 16) : number; }
};

//! A convolution with bias, groups, dilation and an optional sum.
class PlainConvolution : public Generator<PlainConvolution>
{
public:
    Input<Buffer<float, 4>> maps{"maps"};       // column, row, channel, image
    Input<Buffer<float, 4>> weights{"weights"}; // column, row, channel of the group, output
    Input<Buffer<float, 1>> bias{"bias"};       // output
    Input<Buffer<float, 4>> added{"added"};     // column, row, output, image
    Input<bool> adds{"adds"};                   // whether `added` is added to the result
    Input<int> stride{"stride"}, dilation{"dilation"}, padX{"padX"}, padY{"padY"}, groups{"groups"};
    Input<float> lowest{"lowest"};
    Output<Buffer<float, 4>> result{"result"}; // column, row, output, image

    void generate()
    {
        const Expr width = maps.dim(0).extent(), height = maps.dim(1).extent(), perGroup = weights.dim(2).extent();
        RDom k(0, weights.dim(0).extent(), 0, weights.dim(1).extent(), 0, perGroup);
        Expr atX = x * stride + k.x * dilation - padX, atY = y * stride + k.y * dilation - padY,
             group = o / (weights.dim(3).extent() / groups);
        Expr value = maps(clamp(atX, 0, width - 1), clamp(atY, 0, height - 1),
                          clamp(group * perGroup + k.z, 0, maps.dim(2).extent() - 1), n);
        sum(x, y, o, n) = bias(o) + select(adds, added(x, y, o, n), 0.f);
        sum(x, y, o, n) +=
            select(atX >= 0 && atX < width && atY >= 0 && atY < height, value, 0.f) * weights(k.x, k.y, k.z, o);
        result(x, y, o, n) = max(sum(x, y, o, n), lowest);
    }

    void schedule()
    {
        Var block{"block"}, thread{"thread"}, p{"p"};
        for (int dimension = 0; dimension < 4; dimension++)
        {
            maps.dim(dimension).set_min(0);
            weights.dim(dimension).set_min(0);
            added.dim(dimension).set_min(0);
            result.dim(dimension).set_min(0);
        }
        bias.dim(0).set_min(0);
        result.fuse(x, y, p)
            .split(p, block, thread, 64, TailStrategy::GuardWithIf)
            .reorder(thread, o, block, n)
            .gpu_blocks(o, block, n)
            .gpu_threads(thread);
        sum.compute_at(result, thread);
    }

private:
    Var x{"x"}, y{"y"}, o{"o"}, n{"n"};
    Func sum{"sum"};
};

} // namespace

HALIDE_REGISTER_GENERATOR(PlainProduct, plain_product)
HALIDE_REGISTER_GENERATOR(PlainConvolution, plain_convolution)
