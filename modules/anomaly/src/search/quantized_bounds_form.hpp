// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_QUANTIZED_BOUNDS_FORM_HPP
#define OPENCV_ANOMALY_QUANTIZED_BOUNDS_FORM_HPP

#include "quantized_bounds.hpp"

#include <immintrin.h>

// The code that all instruction sets share. `Set` provides vectors of int and float with their operations, the number
// of vectors of patches, and the number of centers that are multiplied together. All of it is local to the including
// file.

namespace cv { namespace anomaly { namespace {

// The loops over sums must be unrolled, so that the sums stay in registers. GCC 12 otherwise keeps them in memory,
// which takes more than twice as long. Clang and MSVC unroll such loops by themselves.
#if defined __GNUC__ && !defined __clang__
#define ANOMALY_UNROLLED _Pragma("GCC unroll 12")
#define ANOMALY_NOT_INLINED __attribute__((noinline))
#elif defined _MSC_VER
#define ANOMALY_UNROLLED
#define ANOMALY_NOT_INLINED __declspec(noinline)
#else
#define ANOMALY_UNROLLED _Pragma("unroll")
#define ANOMALY_NOT_INLINED __attribute__((noinline))
#endif

//! Computes the sums of products of Set::rows centers with a strip of patches, beginning with `starts`: Set::rows x
//! quantizedTile. Each word of a center is loaded once, and the sums stay in registers. The function is not inlined,
//! because the registers of its caller would push them out.
template <class Set>
ANOMALY_NOT_INLINED void sumProducts(int words, const int* patches, const int* centers, const int* starts, int* sums)
{
    typename Set::Int sum[Set::rows][Set::vectors];
    ANOMALY_UNROLLED
    for (int c = 0; c < Set::rows; c++)
        for (int v = 0; v < Set::vectors; v++)
            sum[c][v] = Set::repeat(starts[c]);
    for (int w = 0; w < words; w++)
    {
        typename Set::Int patch[Set::vectors];
        for (int v = 0; v < Set::vectors; v++)
            patch[v] = Set::load(patches + w * quantizedTile + v * Set::lanes);
        ANOMALY_UNROLLED
        for (int c = 0; c < Set::rows; c++)
        {
            const typename Set::Int center = Set::repeat(centers[w * panelWidth + c]);
            for (int v = 0; v < Set::vectors; v++)
                sum[c][v] = Set::addProducts(sum[c][v], patch[v], center);
        }
    }
    ANOMALY_UNROLLED
    for (int c = 0; c < Set::rows; c++)
        for (int v = 0; v < Set::vectors; v++)
            Set::store(sums + c * quantizedTile + v * Set::lanes, sum[c][v]);
}

//! One vector of patches: their terms of the bounds, and their most promising centers so far.
template <class Set, int slots> struct Column
{
    typename Set::Float scale, length, rest, lowest[slots];
    typename Set::Int promising[slots];

    void start(const QuantizedTile& tile, int first)
    {
        scale = Set::load(tile.terms + TWICE_SCALE * quantizedTile + first);
        length = Set::load(tile.terms + TWICE_LENGTH * quantizedTile + first);
        rest = Set::load(tile.terms + TWICE_REST * quantizedTile + first);
        for (int s = 0; s < slots; s++)
        {
            lowest[s] = Set::repeat(3.402823466e+38f);
            promising[s] = Set::repeat(s);
        }
    }

    //! The lower bound of |y - z|^2 - |y|^2, which is |z|^2 - 2 y.z:
    //! |z|^2 - 2 (scales * products + |y| |rest of z| + |rest of y| |z as whole numbers|).
    typename Set::Float bound(const QuantizedTile& tile, int center, typename Set::Int products) const
    {
        const typename Set::Float scales = Set::multiply(scale, Set::repeat(tile.scales[center]));
        typename Set::Float value = Set::repeat(tile.squaredNorms[center]);
        value = Set::subtractProduct(value, scales, Set::toFloat(products));
        value = Set::subtractProduct(value, length, Set::repeat(tile.restLengths[center]));
        return Set::subtractProduct(value, rest, Set::repeat(tile.lengths[center]));
    }

    //! Keeps the center if its bound is the lowest of its slot.
    void keep(int slot, int center, typename Set::Float value)
    {
        promising[slot] = Set::whereLess(value, lowest[slot], Set::repeat(center), promising[slot]);
        lowest[slot] = Set::minimum(value, lowest[slot]);
    }
};

//! Bounds the distances of a vector of patches to Set::rows centers whose sums of products are known.
template <class Set, int slots>
void boundCenters(const QuantizedTile& tile, int begin, const int* sums, float* bounds, Column<Set, slots>& column)
{
    ANOMALY_UNROLLED
    for (int c = 0; c < Set::rows; c++)
    {
        const typename Set::Float value = column.bound(tile, begin + c, Set::load(sums + c * quantizedTile));
        Set::store(bounds + c * quantizedTile, value);
        column.keep(c % slots, begin + c, value); // Set::rows is a multiple of `slots`
    }
}

//! Bounds the distances of a strip of patches, Set::vectors vectors, to all centers.
template <class Set, int slots> void boundStrip(const QuantizedTile& tile, const QuantizedBounds& result, int first)
{
    int sums[Set::rows * quantizedTile];
    Column<Set, slots> columns[Set::vectors];
    for (int v = 0; v < Set::vectors; v++)
        columns[v].start(tile, first + v * Set::lanes);
    for (int begin = 0; begin < tile.panels * panelWidth; begin += Set::rows)
    {
        const int* const panel = tile.centers + begin / panelWidth * panelWidth * tile.words;
        sumProducts<Set>(tile.words, tile.patches + first, panel + begin % panelWidth, tile.starts + begin, sums);
        for (int v = 0; v < Set::vectors; v++)
            boundCenters<Set, slots>(tile, begin, sums + v * Set::lanes,
                                     result.bounds + begin * quantizedTile + first + v * Set::lanes, columns[v]);
    }
    for (int s = 0; s < slots; s++)
        for (int v = 0; v < Set::vectors; v++)
            Set::store(result.promising + s * quantizedTile + first + v * Set::lanes, columns[v].promising[s]);
}

//! Bounds the distances of a whole tile.
template <class Set> void boundTile(const QuantizedTile& tile, const QuantizedBounds& result)
{
    for (int first = 0; first < quantizedTile; first += Set::lanes * Set::vectors)
        (result.slots == 1           ? boundStrip<Set, 1>
         : result.slots == shortList ? boundStrip<Set, shortList>
                                     : boundStrip<Set, longList>)(tile, result, first);
}

}}} // namespace cv::anomaly

#endif
