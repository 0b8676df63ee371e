// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_HALIDE_PANEL_HPP
#define OPENCV_ANOMALY_HALIDE_PANEL_HPP

#include "Halide.h"
#include "kernel_sizes.hpp"

using namespace cv::anomaly;

// Common parts of the two kernels that multiply matrices: patches are in vectors, and the other side (centers, or rows
// of a descriptor) is packed in panels.

// 7 strips of 2 AVX2 vectors are 112 patches, of which 28 tiles make 56 x 56 patches. A panel (12 KiB with 264
// features) is read 7 times from L1, and the tile (115 KiB) stays in L2 for all panels. 4 and 14 strips were not
// faster.
constexpr int stripsPerTile = 7;

//! Whether the target has 32 vector registers, rather than 16.
inline bool hasManyRegisters(const Halide::Target& target)
{
    return target.arch == Halide::Target::ARM || target.has_feature(Halide::Target::AVX512_Skylake);
}

//! Sets the layout of a buffer that is packed in dense panels of `width`, the innermost dimension.
template <typename Buffer>
void setPanels(Buffer& panels, int width)
{
    panels.dim(0).set_bounds(0, width);
    panels.dim(1).set_min(0).set_stride(width);
    for (int dimension = 2; dimension < panels.dimensions(); dimension++)
        panels.dim(dimension).set_min(0);
}

//! Number of patches that are held in registers at a time.
inline int stripWidth(const Halide::Target& target)
{
    return 2 * target.natural_vector_size<float>();
}

//! Schedules sums(i, c, s, panel) += packed(i, r, s) * panels(c, r, panel) for all strips of a tile, at `level` of
//! `consumer`. The sums stay in registers until they are complete, and are written to memory once.
template <typename Level>
void scheduleProduct(Halide::Func sums, Halide::Func consumer, Level level, Halide::RDom r, Halide::Var i,
                     Halide::Var c, Halide::Var s, const Halide::Target& target)
{
    const int lanes = target.natural_vector_size<float>(),
              rows = hasManyRegisters(target) ? panelWidth : panelWidth / 2;
    Halide::Var ci("ci");
    Halide::Func stored = sums.in(consumer);
    stored.compute_at(consumer, level)
        .split(c, c, ci, rows)
        .reorder(i, ci, c, s)
        .vectorize(i, lanes)
        .unroll(i)
        .unroll(ci);
    sums.compute_at(stored, c)
        .vectorize(i, lanes)
        .unroll(i)
        .unroll(c);
    sums.update().reorder(i, c, r).vectorize(i, lanes).unroll(i).unroll(c);
}

#endif
