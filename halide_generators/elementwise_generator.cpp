// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// On a GPU: operations of a network on each number by itself.
#include "Halide.h"

using namespace Halide;

namespace {

constexpr int numbersPerBlock = 256;

//! Clips numbers to a range.
class ClipMap : public Generator<ClipMap>
{
public:
    Input<Buffer<float, 1>> map{"map"};
    Input<float> lowest{"lowest"}, highest{"highest"};
    Output<Buffer<float, 1>> clipped{"clipped"};

    void generate() { clipped(i) = clamp(map(i), lowest, highest); }

    void schedule()
    {
        Var block{"block"}, thread{"thread"};
        map.dim(0).set_min(0);
        clipped.dim(0).set_min(0);
        clipped.gpu_tile(i, block, thread, numbersPerBlock, TailStrategy::GuardWithIf);
    }

private:
    Var i{"i"};
};

//! Adds two arrays, then clips the sums to a range.
class AddMaps : public Generator<AddMaps>
{
public:
    Input<Buffer<float, 1>> one{"one"}, other{"other"};
    Input<float> lowest{"lowest"}, highest{"highest"};
    Output<Buffer<float, 1>> sum{"sum"};

    void generate() { sum(i) = clamp(one(i) + other(i), lowest, highest); }

    void schedule()
    {
        Var block{"block"}, thread{"thread"};
        one.dim(0).set_min(0);
        other.dim(0).set_min(0);
        sum.dim(0).set_min(0);
        sum.gpu_tile(i, block, thread, numbersPerBlock, TailStrategy::GuardWithIf);
    }

private:
    Var i{"i"};
};

} // namespace

HALIDE_REGISTER_GENERATOR(ClipMap, clip_map)
HALIDE_REGISTER_GENERATOR(AddMaps, add_maps)
