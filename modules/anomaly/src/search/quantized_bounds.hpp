// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_QUANTIZED_BOUNDS_HPP
#define OPENCV_ANOMALY_QUANTIZED_BOUNDS_HPP

#include "../kernels/kernel_sizes.hpp"

// The form of QuantizedSearch's products for one instruction set. The files that include this header are compiled for
// that set alone, so they call no inline function of another header: the linker keeps one copy of such a function for all
// files, which might be theirs.

namespace cv { namespace anomaly {

//! A tile of patches y and a bank of centers z as whole numbers, y = scale * q + rest, and what bounds |y - z|^2 - |y|^2
//! from below. A word is 32 bits of consecutive values of a row: 4 as bytes or 2 as 16-bit numbers.
struct QuantizedTile
{
    int words, panels;
    const int* patches;        // words x quantizedTile
    const int* centers;        // panels x words x panelWidth
    const int* starts;         // what each center's sum of products starts from
    const float* squaredNorms; // of each center, |z|^2; the largest float where a panel has no center
    const float* scales;       // of each center
    const float* restLengths;  // of each center, |z - scale * q|
    const float* lengths;      // of each center, |scale * q| or more
    const float* terms;        // of the patches: QUANTIZED_TERMS x quantizedTile
};

//! Bounds of all pairs: (panels * panelWidth) x quantizedTile. Of the centers whose index is s modulo `slots`, the
//! lowest bound's center comes into promising(s, patch): slots x quantizedTile.
struct QuantizedBounds
{
    float* bounds;
    int* promising;
    int slots; // 1, shortList or longList
};

//! How an instruction set multiplies.
struct QuantizedKernel
{
    int valuesInWord; // 4 or 2
    int patchOffset;  // what is added to a patch's values
    void (*bound)(const QuantizedTile& tile, const QuantizedBounds& result);
};

// Each in a file of its own; only for processors that have the instructions.
extern const QuantizedKernel quantizedKernelAvx2, quantizedKernelAvx512Vnni;

}} // namespace cv::anomaly

#endif
