// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_KERNEL_SIZES_HPP
#define OPENCV_ANOMALY_KERNEL_SIZES_HPP

// Sizes that the kernels and the code that calls them must agree on. The generators in halide_generators include this
// header too, so it knows neither OpenCV nor Halide.

namespace cv { namespace anomaly {

// Centers or descriptor rows that lie side by side in a packed matrix. 12 = 2 x 6: one packed form for all targets,
// which the caller need not know apart. With 16 registers (AVX2, SSE) 2 vectors x 6 accumulators, 2 vectors of patches
// and a broadcast use 15; with 32 (AVX-512, arm) 2 x 12 accumulators, 2 and 1 use 27.
constexpr int panelWidth = 12;

// Centers that the pruned search rules out or looks at together: one AVX2 vector of them.
constexpr int groupWidth = 8;

// center_bounds takes pairs of a patch and a group in fours: one sum alone would wait 4 cycles for each multiply-add.
constexpr int pairsAtOnce = 4;

// nearest_centers computes the distances that it reports in this many partial sums, on every target.
constexpr int exactLanes = 8;

// exact_distances adds in this many partial sums, so that the order is the same on every target, and folds them to
// `lastSums` before it adds those one by one. 32 are four AVX2 or two AVX-512 vectors, enough to hide a multiply-add's
// 4 cycles.
constexpr int partialSums = 32, lastSums = 8;

// Patches that QuantizedSearch bounds together: two vectors of AVX-512, or two times two of AVX2. The bounds of 4,000
// centers then take 512 KB, which stay in the level 2 cache until they are read.
constexpr int quantizedTile = 32;

// What quantize tells of each row y beside its whole numbers q, a row of its result for each: y = scale * q + rest.
enum QuantizedTerms
{
    TWICE_SCALE,
    TWICE_LENGTH, // 2 |y|
    TWICE_REST,   // 2 |rest|
    ENERGY,       // |y|^2
    SUM_OF_WHOLE, // of q's values
    QUANTIZED_TERMS
};

// The list kernels come in two lengths: 3 neighbors are predict's, 6 = K + J are fit's.
constexpr int shortList = 3, longList = 6;

// Positions whose whitening matrices lie side by side for mahalanobis: one AVX-512 vector of floats, two of AVX2, and
// one line of the cache, so that a panel is read as one stream.
constexpr int gaussianPanel = 16;

//! The length of the shortest list that holds k neighbors. Only k of up to `longList` have one.
inline int listLength(int k)
{
    return k <= shortList ? shortList : longList;
}

//! Whether the list kernels can search `count` centers for k neighbors: every place of the list must find a center.
inline bool listKernelsHold(int k, int count)
{
    return k <= longList && listLength(k) <= count;
}

}} // namespace cv::anomaly

#endif
