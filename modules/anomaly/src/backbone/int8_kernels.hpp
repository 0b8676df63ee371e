// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_INT8_KERNELS_HPP
#define OPENCV_ANOMALY_INT8_KERNELS_HPP

#include <cstddef>

// The sums of products of a network in 8-bit whole numbers. There is a plain form, and one in C++ for each of some
// instruction sets. All give the same bits: sums of products are exact, and the few operations in single precision that
// follow are rounded one by one in the same order. Files that include this header are compiled without fused
// multiply-adds, and some of them for one instruction set, so that it must not have inline functions that are called:
// the linker keeps one copy of such a function for the whole library.

namespace cv { namespace anomaly {

const int int8Panel = 16; // outputs of a product that are computed together
const int int8Word = 4;   // values that one instruction multiplies and adds
const int int8Block = 32; // channels of a depthwise convolution that are computed together

//! Bytes that a kernel may read after the last value of a map, of its weights excepted.
const int int8Slack = 64;

/** @brief How a sum of products becomes a byte, with `factor` for each output.

y = float(sum) * factor, or float(sum) * factor + float(added - addedZero) * addedFactor if a map is added. Each
operation is rounded to single precision. The byte is y, rounded to the nearest whole number or to the even one of two,
plus `zero`, and then clipped to the range from `lowest` to `highest`. y lies within 2^31, so that it is an int.
*/
struct Int8Rounding
{
    int zero, addedZero;
    unsigned char lowest, highest;
};

//! The lowest and the highest y of an output. They widen with each call that measures.
struct Int8Extremes
{
    float lowest, highest;
};

/** @brief A product of matrices: pixels x inputs, unsigned, times inputs x outputs, signed.

Weights are packed as panels x words x int8Panel x int8Word, starts and factors as panels x int8Panel. Panel p begins
with output min(p * int8Panel, outputs - int8Panel), or with 0 if there are fewer outputs, so that each panel but that
one is full. Weights of missing inputs are zero, since a kernel reads whole words of a pixel.
*/
struct Int8Product
{
    int pixels, words, outputs;
    const unsigned char* from;
    size_t fromStep; // from a pixel to the next one
    const signed char* weights;
    const int* starts; // initial value of each sum
    const float* factors;
    const unsigned char* added; // pixels x outputs; null if nothing is added
    const float* addedFactors;  // as factors
    unsigned char* to;          // pixels x outputs; null: only `extremes` are updated
    Int8Extremes* extremes;     // of each output
    Int8Rounding rounding;
};

/** @brief One row, or two rows together, of a depthwise convolution.

Weights are packed as blocks x groups of int8Word rows x columns of the kernel x int8Block x int8Word, starts and
factors as blocks x int8Block. Block b begins with channel min(b * int8Block, channels - int8Block), or with 0 if there
are fewer. Within a block, channels lie as placeInBlock says.
*/
struct Int8Depthwise
{
    int count;             // of rows: 1 or 2
    int channels, columns; // of the result
    int kernelRows, kernelColumns, stride, dilation;
    const unsigned char* const* rows; // count x kernelRows: the row of the map that each row of the kernel sees
    const size_t* rowSteps;           // from a pixel to the next one; 0: the row is in the padding, all pixels are one
    int columnsIn, left;              // columns of the map, and of the padding before it
    const unsigned char* padding;     // a pixel in the padding
    const signed char* weights;
    const int* starts;
    const float* factors;
    unsigned char* to;      // count x columns x channels; null: only `extremes` are updated
    Int8Extremes* extremes; // of each channel
    Int8Rounding rounding;
    unsigned char* scratch; // int8ScratchOf bytes
};

//! Values in single precision and their bytes: value = (byte - zero) * scale of the channel. Bytes lie as pixels x
//! channels, values as channels x pixels.
struct Int8Conversion
{
    int pixels, channels;
    const float* scales; // of each channel
    int zero;
    size_t step; // of the values, from a channel to the next one
};

//! The code for an instruction set.
struct Int8Kernels
{
    void (*multiply)(const Int8Product& product);
    void (*convolve)(const Int8Depthwise& rows);
    //! Converts values to bytes: value * (1 / the first scale), rounded to the nearest whole number or to the even one
    //! of two, plus zero.
    void (*toBytes)(const Int8Conversion& form, const float* values, unsigned char* bytes);
    void (*toValues)(const Int8Conversion& form, const unsigned char* bytes, float* values);
    //! The smallest numbers of outputs, of channels, and of columns for which the first two can be called.
    int leastOutputs, leastChannels, leastColumns;
};

// The plain conversions, for instruction sets that have none of their own, or none for such maps.
void int8ToBytes(const Int8Conversion& form, const float* values, unsigned char* bytes);
void int8ToValues(const Int8Conversion& form, const unsigned char* bytes, float* values);

// Each is defined in a file of its own. All but the first must only be called on processors that have the instructions.
extern const Int8Kernels int8KernelsPlain, int8KernelsAvx2, int8KernelsAvxVnni, int8KernelsAvx512Vnni;

}} // namespace cv::anomaly

#endif
