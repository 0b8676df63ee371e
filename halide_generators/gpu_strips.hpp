// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_HALIDE_GPU_STRIPS_HPP
#define OPENCV_ANOMALY_HALIDE_GPU_STRIPS_HPP

#include "Halide.h"

// Number of rows that one thread of a GPU computes. They share most of the pixels that windows of 3 or 5 rows load.
constexpr int rowsPerThread = 4;

//! Schedules result(x, y, c) = sums(x, y, c) for many planes c. The strips of a plane have consecutive indices without
//! gaps, so that maps of 14 columns fill a warp as well as maps of 112 columns. The last strip is moved up to end at
//! the map's last row. Planes are a grid's innermost dimension, because only that one may have more than 65535 blocks.
inline void scheduleStrips(Halide::Func result, Halide::Expr height, Halide::Func sums, Halide::Var x, Halide::Var y,
                           Halide::Var c)
{
    using namespace Halide;
    Var strip{"strip"}, yi{"yi"}, at{"at"}, block{"block"}, thread{"thread"};
    const auto inStrips = [&](Stage stage, int rows) {
        stage.split(y, strip, yi, rows, TailStrategy::ShiftInwards)
            .reorder(yi, x, strip, c)
            .fuse(x, strip, at)
            .split(at, block, thread, 128, TailStrategy::GuardWithIf);
        stage.reorder(yi, thread, c, block)
            .gpu_blocks(c, block)
            .gpu_threads(thread)
            .unroll(yi);
    };
    inStrips(result.specialize(height >= rowsPerThread), rowsPerThread);
    inStrips(result, 1);
    sums.compute_at(result, thread)
        .unroll(y);
}

#endif
