// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_INT8_KERNELS_FORM_HPP
#define OPENCV_ANOMALY_INT8_KERNELS_FORM_HPP

#include "int8_kernels.hpp"

#include <cstring>
#include <immintrin.h>

// The code that all instruction sets share. A `Set` provides vectors of 32-bit integers and floats with their
// operations. All of it is local to the including file.

namespace cv { namespace anomaly { namespace {

// Sums stay in registers only if all loops over them are unrolled and nothing takes their address. GCC 12 also has to
// be told that they are in registers: it stores each of them in each step otherwise, for those who read it afterwards.
#if defined __GNUC__ && !defined __clang__
#define ANOMALY_UNROLLED _Pragma("GCC unroll 32")
#define ANOMALY_INLINED inline __attribute__((always_inline))
#define ANOMALY_NOT_INLINED __attribute__((noinline))
#define ANOMALY_IN_REGISTER(vector) __asm__("" : "+v"(vector))
#elif defined _MSC_VER
#define ANOMALY_UNROLLED
#define ANOMALY_INLINED __forceinline
#define ANOMALY_NOT_INLINED __declspec(noinline)
#define ANOMALY_IN_REGISTER(vector)
#else
#define ANOMALY_UNROLLED _Pragma("unroll")
#define ANOMALY_INLINED inline __attribute__((always_inline))
#define ANOMALY_NOT_INLINED __attribute__((noinline))
#define ANOMALY_IN_REGISTER(vector)
#endif

//! What becomes of sums.
enum Finish
{
    FINISH_BYTES,
    FINISH_BYTES_OF_SUM, // another map is added
    FINISH_EXTREMES
};

// The values y that Int8Rounding defines.
template <class Set> ANOMALY_INLINED typename Set::Float valueOf(typename Set::Int sum, typename Set::Float factor)
{
    return Set::multiply(Set::toFloat(sum), factor);
}

// Widens the extremes of outputs by the values of a vector.
template <class Set> void widen(Int8Extremes* extremes, typename Set::Float values)
{
    float y[Set::lanes];
    Set::store(y, values);
    for (int i = 0; i < Set::lanes; i++)
    {
        extremes[i].lowest = y[i] < extremes[i].lowest ? y[i] : extremes[i].lowest;
        extremes[i].highest = y[i] > extremes[i].highest ? y[i] : extremes[i].highest;
    }
}

// ---- products

//! Where some panels of a product begin.
template <int panels> struct PanelPlaces
{
    PanelPlaces(const Int8Product& product, int panel)
    {
        const size_t panelBytes = size_t(product.words) * int8Panel * int8Word;
        for (int i = 0; i < panels; i++)
        {
            const int first = (panel + i) * int8Panel, last = product.outputs - int8Panel;
            output[i] = first < last ? first : last;
            weights[i] = product.weights + (panel + i) * panelBytes;
        }
        term = panel * int8Panel;
    }

    int output[panels];
    const signed char* weights[panels];
    int term; // place of the first start and factor
};

// The values of a vector of sums: vector v of a panel whose terms begin at `term`, and whose first result is number
// `at`.
template <class Set, Finish finish>
ANOMALY_INLINED typename Set::Float valuesOf(const Int8Product& product, typename Set::Int sum, int term, size_t at,
                                             int v)
{
    const int first = v * Set::lanes;
    const typename Set::Float y = valueOf<Set>(sum, Set::load(product.factors + term + first));
    if (finish == FINISH_BYTES || (finish == FINISH_EXTREMES && !product.added))
        return y;
    const typename Set::Int added = Set::subtract(Set::bytes(product.added + at + first), product.rounding.addedZero);
    return Set::add(y, Set::multiply(Set::toFloat(added), Set::load(product.addedFactors + term + first)));
}

// Computes some panels of some pixels. The sums stay in registers, so that the function is not inlined.
template <class Set, Finish finish, int pixels, int panels>
ANOMALY_NOT_INLINED void multiplyTile(const Int8Product& product, const PanelPlaces<panels>& places, size_t pixel)
{
    const int vectorsOfPanel = int8Panel / Set::lanes, vectors = panels * vectorsOfPanel;
    typename Set::Int sum[pixels * vectors];
    ANOMALY_UNROLLED
    for (int s = 0; s < pixels * vectors; s++)
        sum[s] = Set::load(product.starts + places.term + s % vectors * Set::lanes);
    const unsigned char* const from = product.from + pixel * product.fromStep;
    for (int w = 0; w < product.words; w++)
    {
        typename Set::Words weights[vectors], values;
        ANOMALY_UNROLLED
        for (int v = 0; v < vectors; v++)
            weights[v] = Set::weights(places.weights[v / vectorsOfPanel] +
                                      (w * int8Panel + v % vectorsOfPanel * Set::lanes) * int8Word);
        ANOMALY_UNROLLED
        for (int s = 0; s < pixels * vectors; s++)
        {
            if (s % vectors == 0)
                values = Set::repeatedWord(from + s / vectors * product.fromStep + w * int8Word);
            sum[s] = Set::addProducts(sum[s], values, weights[s % vectors]);
            ANOMALY_IN_REGISTER(sum[s]);
        }
    }
    const typename Set::Bytes bytes(product.rounding);
    ANOMALY_UNROLLED
    for (int s = 0; s < pixels * vectors; s += Set::packed)
    {
        typename Set::Float y[Set::packed];
        size_t at[Set::packed];
        ANOMALY_UNROLLED
        for (int i = 0; i < Set::packed; i++)
        {
            // Where there are fewer sums than are packed together, the last one is packed again.
            const int each = s + i < pixels * vectors ? s + i : s + i % vectorsOfPanel;
            const int panel = each % vectors / vectorsOfPanel;
            at[i] = (pixel + each / vectors) * product.outputs + places.output[panel];
            y[i] = valuesOf<Set, finish>(product, sum[each], places.term + panel * int8Panel, at[i],
                                         each % vectorsOfPanel);
            if (finish == FINISH_EXTREMES)
                widen<Set>(product.extremes + places.output[panel] + each % vectorsOfPanel * Set::lanes, y[i]);
        }
        if (finish != FINISH_EXTREMES)
            bytes.storePanels(product.to, at, y);
    }
}

// Computes some panels of all pixels. The last pixels may be computed twice, since nothing is added to itself.
template <class Set, Finish finish, int panels> void multiplyPanels(const Int8Product& product, int panel)
{
    const PanelPlaces<panels> places(product, panel);
    if (product.pixels < Set::pixels)
    {
        for (int pixel = 0; pixel < product.pixels; pixel++)
            multiplyTile<Set, finish, 1>(product, places, pixel);
        return;
    }
    for (int pixel = 0; pixel < product.pixels; pixel += Set::pixels)
    {
        const int last = product.pixels - Set::pixels;
        multiplyTile<Set, finish, Set::pixels>(product, places, pixel < last ? pixel : last);
    }
}

template <class Set, Finish finish> void multiplyAndFinish(const Int8Product& product)
{
    const int panels = (product.outputs + int8Panel - 1) / int8Panel;
    int panel = 0;
    for (; panel + Set::panels <= panels; panel += Set::panels)
        multiplyPanels<Set, finish, Set::panels>(product, panel);
    for (; panel < panels; panel++)
        multiplyPanels<Set, finish, 1>(product, panel);
}

template <class Set> void multiply(const Int8Product& product)
{
    if (!product.to)
        multiplyAndFinish<Set, FINISH_EXTREMES>(product);
    else if (product.added)
        multiplyAndFinish<Set, FINISH_BYTES_OF_SUM>(product);
    else
        multiplyAndFinish<Set, FINISH_BYTES>(product);
}

// ---- depthwise convolutions

const int vectorsOfBlock = 4, pixelsTogether = 4;
const int wordsOfVector = int8Block / vectorsOfBlock;

//! A block of a row, or of two, with the columns of the map that it sees. Set::rows are computed together.
template <class Set> struct DepthwiseBlock
{
    DepthwiseBlock(const Int8Depthwise& d, int block, int row)
        : first(row),
          groups((d.kernelRows + int8Word - 1) / int8Word),
          seen((d.columns - 1) * d.stride + (d.kernelColumns - 1) * d.dilation + 1),
          channel(block * int8Block < d.channels - int8Block ? block * int8Block : d.channels - int8Block),
          starts(d.starts + block * int8Block),
          factors(d.factors + block * int8Block),
          weights(d.weights + size_t(block) * groups * d.kernelColumns * int8Block * int8Word)
    {}

    //! Interleaved words of one of the four vectors, one group of rows, and one column.
    size_t wordsAt(int vector, int group, int column) const
    {
        return ((size_t(vector) * groups + group) * seen + column) * Set::vectorBytes;
    }

    const int first, groups, seen, channel;
    const int* const starts;
    const float* const factors;
    const signed char* const weights;
};

//! The bytes that four rows of the kernel see in a column, for each of Set::rows.
template <class Set> struct ColumnOfRows
{
    ColumnOfRows(const Int8Depthwise& d, const DepthwiseBlock<Set>& block, int group)
    {
        for (int r = 0; r < Set::rows; r++)
            for (int i = 0; i < int8Word; i++)
            {
                const int row = group * int8Word + i, y = block.first + r < d.count ? block.first + r : block.first;
                const bool isThere = row < d.kernelRows; // the weights of other rows are zero
                rows[i][r] = (isThere ? d.rows[y * d.kernelRows + row] : d.padding) + block.channel;
                steps[i][r] = isThere ? d.rowSteps[y * d.kernelRows + row] : 0;
            }
    }

    void next()
    {
        for (int i = 0; i < int8Word; i++)
            for (int r = 0; r < Set::rows; r++)
                rows[i][r] += steps[i][r];
    }

    const unsigned char* rows[int8Word][Set::rows];
    size_t steps[int8Word][Set::rows];
};

// Interleaves the bytes of a group of rows for all columns.
template <class Set> void interleaveGroup(const Int8Depthwise& d, const DepthwiseBlock<Set>& block, int group)
{
    ColumnOfRows<Set> inside(d, block, group);
    const unsigned char* outside[Set::rows];
    for (int r = 0; r < Set::rows; r++)
        outside[r] = d.padding + block.channel;
    const typename Set::Int padding = Set::row(outside);
    const size_t step = block.groups * block.seen * Set::vectorBytes;
    unsigned char* to = d.scratch + block.wordsAt(0, group, 0);
    for (int x = -d.left; x < block.seen - d.left; x++, to += Set::vectorBytes)
        if (x < 0 || x >= d.columnsIn)
            Set::interleave(padding, padding, padding, padding, to, step);
        else
        {
            Set::interleave(Set::row(inside.rows[0]), Set::row(inside.rows[1]), Set::row(inside.rows[2]),
                            Set::row(inside.rows[3]), to, step);
            inside.next();
        }
}

// Computes four pixels of one vector of channels: the values y.
template <class Set>
ANOMALY_INLINED void convolveVector(const Int8Depthwise& d, const DepthwiseBlock<Set>& block, int x, int vector,
                                    typename Set::Float* values)
{
    typename Set::Int sum[pixelsTogether];
    ANOMALY_UNROLLED
    for (int p = 0; p < pixelsTogether; p++)
        sum[p] = Set::loadRows(block.starts + vector * wordsOfVector);
    for (int group = 0; group < block.groups; group++)
    {
        const signed char* weights =
            block.weights + ((group * d.kernelColumns) * int8Block + vector * wordsOfVector) * int8Word;
        const unsigned char* words = d.scratch + block.wordsAt(vector, group, x * d.stride);
        const size_t step = d.stride * Set::vectorBytes;
        for (int column = 0; column < d.kernelColumns; column++)
        {
            const typename Set::Words weight = Set::weightsOfRows(weights);
            ANOMALY_UNROLLED
            for (int p = 0; p < pixelsTogether; p++)
                sum[p] = Set::addProducts(sum[p], Set::words(words + p * step), weight);
            weights += int8Block * int8Word;
            words += d.dilation * Set::vectorBytes;
        }
    }
    const typename Set::Float factor = Set::loadRows(block.factors + vector * wordsOfVector);
    ANOMALY_UNROLLED
    for (int p = 0; p < pixelsTogether; p++)
        values[p * vectorsOfBlock + vector] = valueOf<Set>(sum[p], factor);
}

// Widens the extremes of channels by the values of a vector, whose order is that of `interleave`: four channels of the
// first half of a block, four of the second half, and so on for the second row.
template <class Set> void widenChannels(Int8Extremes* extremes, typename Set::Float values)
{
    const int half = int8Block / 2;
    Int8Extremes each[Set::lanes];
    for (int i = 0; i < Set::lanes; i++)
        each[i] = extremes[i / int8Word % 2 * half + i % int8Word];
    widen<Set>(each, values);
    for (int i = 0; i < Set::lanes; i++)
    {
        Int8Extremes& channel = extremes[i / int8Word % 2 * half + i % int8Word];
        channel.lowest = each[i].lowest < channel.lowest ? each[i].lowest : channel.lowest;
        channel.highest = each[i].highest > channel.highest ? each[i].highest : channel.highest;
    }
}

template <class Set, bool measures>
ANOMALY_NOT_INLINED void convolvePixels(const Int8Depthwise& d, const DepthwiseBlock<Set>& block, int x)
{
    typename Set::Float y[pixelsTogether * vectorsOfBlock];
    ANOMALY_UNROLLED
    for (int v = 0; v < vectorsOfBlock; v++)
        convolveVector<Set>(d, block, x, v, y);
    const typename Set::Bytes bytes(d.rounding);
    const size_t rowBytes = size_t(d.columns) * d.channels;
    for (int p = 0; p < pixelsTogether; p++)
        if (measures)
            for (int v = 0; v < vectorsOfBlock; v++)
                widenChannels<Set>(d.extremes + block.channel + v * int8Word, y[p * vectorsOfBlock + v]);
        else
            bytes.storeBlock(d.to + block.first * rowBytes + size_t(x + p) * d.channels + block.channel,
                             d.count - block.first > 1 ? rowBytes : 0, y + p * vectorsOfBlock);
}

template <class Set, bool measures> void convolveRows(const Int8Depthwise& d)
{
    for (int row = 0; row < d.count; row += Set::rows)
        for (int b = 0; b < (d.channels + int8Block - 1) / int8Block; b++)
        {
            const DepthwiseBlock<Set> block(d, b, row);
            for (int group = 0; group < block.groups; group++)
                interleaveGroup<Set>(d, block, group);
            for (int x = 0; x < d.columns; x += pixelsTogether) // the last pixels may be computed twice
                convolvePixels<Set, measures>(d, block,
                                              x < d.columns - pixelsTogether ? x : d.columns - pixelsTogether);
        }
}

template <class Set> void convolve(const Int8Depthwise& d)
{
    if (d.to)
        convolveRows<Set, false>(d);
    else
        convolveRows<Set, true>(d);
}

}}} // namespace cv::anomaly

#endif
