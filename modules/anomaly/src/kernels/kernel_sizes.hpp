// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_KERNEL_SIZES_HPP
#define OPENCV_ANOMALY_KERNEL_SIZES_HPP

// Sizes that the kernels and the code that calls them must agree on. The generators in halide_generators include this
// header too, so it knows neither OpenCV nor Halide.

namespace cv { namespace anomaly {

// Number of centers, or of rows of a descriptor, that lie side by side in a packed matrix. 12 = 2 x 6 suits all
// targets, so that callers need not know the target. With 16 registers (AVX2, SSE), 2 vectors x 6 accumulators, 2
// vectors of patches and a broadcast use 15; with 32 (AVX-512, arm), 2 x 12 accumulators, 2 vectors and a broadcast use
// 27.
constexpr int panelWidth = 12;

// Number of centers that the pruned search rules out or looks at together: one vector of AVX2.
constexpr int groupWidth = 8;

// center_bounds takes four pairs of a patch and a group together, because a single sum would wait 4 cycles for each
// multiply-add.
constexpr int pairsAtOnce = 4;

// Number of partial sums in which nearest_centers computes the distances that it reports, on every target.
constexpr int exactLanes = 8;

// Number of partial sums in which exact_distances adds, so that the order is the same on every target. They are folded
// to `lastSums` sums before those are added one by one. 32 sums are four vectors of AVX2 or two of AVX-512, enough to
// hide the 4 cycles of a multiply-add.
constexpr int partialSums = 32, lastSums = 8;

// Number of patches that QuantizedSearch bounds together: two vectors of AVX-512, or two times two of AVX2. The bounds
// of 4,000 centers then take 512 KB, which stay in the level 2 cache until they are read.
constexpr int quantizedTile = 32;

// What the kernel quantize returns for each row y besides its whole numbers q, where y = scale * q + rest. Each is one
// row of its result.
enum QuantizedTerms
{
    TWICE_SCALE,
    TWICE_LENGTH, // 2 |y|
    TWICE_REST,   // 2 |rest|
    ENERGY,       // |y|^2
    SUM_OF_WHOLE, // the sum of the values of q
    QUANTIZED_TERMS
};

// The kernels with lists come in two lengths: 3 neighbors for predict, and 6 = K + J for fit.
constexpr int shortList = 3, longList = 6;

// Number of positions whose whitening matrices lie side by side for the kernel mahalanobis. 16 floats are one vector of
// AVX-512, two of AVX2, and one cache line, so that a panel is read as one stream.
constexpr int gaussianPanel = 16;

// Number of centers beyond the length of the list that a GPU measures exactly. It ranks them by products of bfloat16
// parts, which have an error of some 1e-5 of |phi||c|, so a neighbor may come a few places too late.
constexpr int spareOnGpu = 3;

//! Length of the shortest list that holds k neighbors, for k up to longList.
inline int listLength(int k)
{
    return k <= shortList ? shortList : longList;
}

//! Whether the kernels with lists can search `count` centers for k neighbors: every place of the list must be filled.
inline bool listKernelsHold(int k, int count)
{
    return k <= longList && listLength(k) <= count;
}

}} // namespace cv::anomaly

#endif
