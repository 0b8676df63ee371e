// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// On a GPU: a convolution with one kernel for each channel, as in EfficientNet, with padding of zeros. It also applies
// the activations before and after it, which costs no time here.
#include "gpu_strips.hpp"

using namespace Halide;

namespace {

class GpuDepthwise : public Generator<GpuDepthwise>
{
public:
    GeneratorParam<int> kernel{"kernel", 3};
    GeneratorParam<int> stride{"stride", 1};

    Input<Buffer<float, 3>> maps{"maps"};       // column, row, channel (those of all images, one image after the other)
    Input<Buffer<float, 3>> weights{"weights"}; // column, row, channel
    Input<Buffer<float, 1>> bias{"bias"};       // channel
    Input<int> left{"left"}, top{"top"};        // padding in pixels
    Input<float> lowestBefore{"lowestBefore"}, highestBefore{"highestBefore"}, lowest{"lowest"}, highest{"highest"};
    Output<Buffer<float, 3>> result{"result"}; // column, row, channel (as in maps)

    void generate()
    {
        const Expr width = maps.dim(0).extent(), height = maps.dim(1).extent();
        Expr channel = c % bias.dim(0).extent(), sum = bias(channel);
        for (int row = 0; row < kernel; row++)
            for (int column = 0; column < kernel; column++)
            {
                Expr atX = x * stride + column - left, atY = y * stride + row - top;
                Expr value =
                    clamp(maps(clamp(atX, 0, width - 1), clamp(atY, 0, height - 1), c), lowestBefore, highestBefore);
                sum += select(atX >= 0 && atX < width && atY >= 0 && atY < height, value, 0.f) *
                       weights(column, row, channel);
            }
        sums(x, y, c) = clamp(sum, lowest, highest);
        result(x, y, c) = sums(x, y, c);
    }

    void schedule()
    {
        for (int dimension = 0; dimension < 3; dimension++)
        {
            maps.dim(dimension).set_min(0);
            result.dim(dimension).set_min(0);
        }
        const int size = kernel;
        weights.dim(0).set_bounds(0, size);
        weights.dim(1).set_bounds(0, size).set_stride(size);
        weights.dim(2).set_min(0).set_stride(size * size);
        bias.dim(0).set_min(0);
        scheduleStrips(result, result.dim(1).extent(), sums, x, y, c);
    }

private:
    Var x{"x"}, y{"y"}, c{"c"};
    Func sums{"sums"};
};

} // namespace

HALIDE_REGISTER_GENERATOR(GpuDepthwise, gpu_depthwise)
