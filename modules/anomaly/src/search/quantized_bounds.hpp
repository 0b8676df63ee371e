// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_QUANTIZED_BOUNDS_HPP
#define OPENCV_ANOMALY_QUANTIZED_BOUNDS_HPP

#include "../kernels/kernel_sizes.hpp"

// The products of QuantizedSearch, written in C++ for one instruction set in each file. A file that includes this
// header is compiled for that instruction set alone, so that it must not call inline functions of other headers: the
// linker keeps one copy of such a function for the whole library, and might keep the one with these instructions.

namespace cv { namespace anomaly {

//! A tile of patches y and a bank of centers z as whole numbers, y = scale * q + rest, with the terms of the lower
//! bounds of |y - z|^2 - |y|^2. A word of 32 bits has consecutive values of a row: four bytes, or two 16-bit numbers.
struct QuantizedTile
{
    int words, panels;
    const int* patches;        // words x quantizedTile
    const int* centers;        // panels x words x panelWidth
    const int* starts;         // initial value of each center's sum of products
    const float* squaredNorms; // |z|^2 of each center, or the largest float where a panel has no center
    const float* scales;       // scale of each center
    const float* restLengths;  // |z - scale * q| of each center
    const float* lengths;      // |scale * q| of each center, or more
    const float* terms;        // terms of the patches, QUANTIZED_TERMS x quantizedTile
};

//! The results. `bounds` has the lower bounds of all pairs, (panels * panelWidth) x quantizedTile. promising(s, patch)
//! is the center with the lowest bound among those whose index is s modulo `slots`: slots x quantizedTile.
struct QuantizedBounds
{
    float* bounds;
    int* promising;
    int slots; // 1, shortList or longList
};

//! The code for an instruction set, and the form of whole numbers that it multiplies.
struct QuantizedKernel
{
    int valuesInWord; // 4 or 2
    int patchOffset;  // added to the values of patches, to make them unsigned
    void (*bound)(const QuantizedTile& tile, const QuantizedBounds& result);
};

// Each is defined in a file of its own, and must only be called on processors that have the instructions.
extern const QuantizedKernel quantizedKernelAvx2, quantizedKernelAvxVnni, quantizedKernelAvx512Vnni;

}} // namespace cv::anomaly

#endif
