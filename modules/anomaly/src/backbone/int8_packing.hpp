// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_INT8_PACKING_HPP
#define OPENCV_ANOMALY_INT8_PACKING_HPP

#include "int8_kernels.hpp"

#include "opencv2/core.hpp"

#include <algorithm>

// Where the weights that int8_kernels.hpp describes lie, and what becomes of sums. Files for one instruction set do not
// include this header.

namespace cv { namespace anomaly {

inline int wordsOf(int inputs)
{
    return (inputs + int8Word - 1) / int8Word;
}

inline int panelsOf(int outputs)
{
    return (outputs + int8Panel - 1) / int8Panel;
}

inline int firstOfPanel(int panel, int outputs)
{
    return std::max(std::min(panel * int8Panel, outputs - int8Panel), 0);
}

//! Number of words that hold the rows of a depthwise kernel.
inline int groupsOf(int kernelRows)
{
    return wordsOf(kernelRows);
}

inline int blocksOf(int channels)
{
    return (channels + int8Block - 1) / int8Block;
}

inline int firstOfBlock(int block, int channels)
{
    return std::max(std::min(block * int8Block, channels - int8Block), 0);
}

//! The place of a channel of a block, as vectors of 32 bytes have it that are interleaved: each vector of 8 words holds
//! four channels of the first half of the block, and four of the second half.
inline int placeInBlock(int channel)
{
    const int half = int8Block / 2, quarter = int8Word;
    return channel % half / quarter * 2 * quarter + channel / half * quarter + channel % quarter;
}

//! A sum with what is added to it; `added` may be null.
struct Int8Sum
{
    int sum;
    float factor;
    const uchar* added;
    float addedFactor;
};

//! The plain form of Int8Rounding: stores the byte of a sum, or updates the extremes if `to` is null.
void takeInt8Result(const Int8Rounding& rounding, const Int8Sum& result, uchar* to, Int8Extremes* extremes);

//! Bytes of the scratch memory for two rows of a depthwise convolution: all columns that they see, interleaved.
inline size_t int8ScratchOf(int columns, int kernelRows, int kernelColumns, int stride, int dilation)
{
    const int seen = (columns - 1) * stride + (kernelColumns - 1) * dilation + 1;
    return size_t(2) * seen * groupsOf(kernelRows) * int8Block * int8Word;
}

}} // namespace cv::anomaly

#endif
