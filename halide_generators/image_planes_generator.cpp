// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// On a GPU: converts 8-bit images with interleaved channels to the network's input, one plane for each channel: (x -
// mean) * scale.
#include "Halide.h"

using namespace Halide;

namespace {

class ImagePlanes : public Generator<ImagePlanes>
{
public:
    Input<Buffer<uint8_t, 3>> images{"images"};     // channel, pixel, image
    Input<float[3]> scale{"scale"}, shift{"shift"}; // for each channel of the network: scale, and -mean * scale
    Input<bool> swapped{"swapped"};                 // whether the network takes the channels in reverse order
    Output<Buffer<float, 3>> planes{"planes"};      // pixel, channel, image

    void generate()
    {
        planes(p, c, n) =
            cast<float>(images(select(swapped, 2 - c, c), p, n)) * mux(c, {scale[0], scale[1], scale[2]}) +
            mux(c, {shift[0], shift[1], shift[2]});
    }

    void schedule()
    {
        Var block{"block"}, i{"i"};
        images.dim(0).set_bounds(0, 3).set_stride(1);
        images.dim(1).set_stride(3);
        for (int dimension = 0; dimension < 3; dimension++)
            planes.dim(dimension).set_min(0);
        planes.split(p, block, i, 128, TailStrategy::GuardWithIf)
            .reorder(i, c, block, n)
            .bound(c, 0, 3)
            .gpu_blocks(c, block, n)
            .gpu_threads(i);
    }

private:
    Var p{"p"}, c{"c"}, n{"n"};
};

} // namespace

HALIDE_REGISTER_GENERATOR(ImagePlanes, image_planes)
