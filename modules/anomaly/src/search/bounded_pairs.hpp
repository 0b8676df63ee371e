// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_BOUNDED_PAIRS_HPP
#define OPENCV_ANOMALY_BOUNDED_PAIRS_HPP

#include "../kernels/halide_buffers.hpp"

#include "opencv2/core/hal/intrin.hpp"

#include <vector>

// Operations on pairs of a patch and a center, for searches that rule out most pairs by lower bounds of their
// distances.

namespace cv { namespace anomaly {

//! Pairs of a patch and a group, or of a patch and a center, as the buffer that kernels read. There must be a pair.
inline Halide::Runtime::Buffer<int> viewOfPairs(const std::vector<Vec2i>& pairs)
{
    const halide_dimension_t shape[] = {{0, 2, 1}, {0, int(pairs.size()), 2}};
    return Halide::Runtime::Buffer<int>(const_cast<int*>(pairs[0].val), 2, shape);
}

// OpenCV 4.9 and later have the function v_le instead of the operator.
inline v_float32x4 isAtMost(const v_float32x4& a, const v_float32x4& b)
{
#if CV_VERSION_MAJOR > 4 || (CV_VERSION_MAJOR == 4 && CV_VERSION_MINOR >= 9)
    return v_le(a, b);
#else
    return a <= b;
#endif
}

//! Compares 16 values with their limits. Bit i is set if value i is at most its limit.
inline unsigned atMost(const float* values, const float* limits)
{
    v_uint32x4 smaller[4];
    for (int n = 0; n < 4; n++)
        smaller[n] = v_reinterpret_as_u32(isAtMost(v_load(values + 4 * n), v_load(limits + 4 * n)));
    return v_signmask(v_pack_b(smaller[0], smaller[1], smaller[2], smaller[3]));
}

//! Compares 8 values with one limit. Bit i is set if value i is at most the limit.
inline unsigned atMost(const float* values, float limit)
{
    const v_float32x4 bound = v_setall_f32(limit);
    return v_signmask(isAtMost(v_load(values), bound)) | v_signmask(isAtMost(v_load(values + 4), bound)) << 4;
}

//! Calls action(i) for each bit i that is set.
template <typename Action> void forEachBit(unsigned bits, const Action& action)
{
    for (; bits; bits &= bits - 1)
        action(trailingZeros32(bits));
}

//! Copies patches, features x patches, into the first rows of a tile: `tileWidth` rows of `columns` values, with zeros
//! behind the features up to whole vectors.
void copyToRows(const Mat& phi, int tileWidth, int columns, Mat& rows);

//! Computes the squared distances of pairs. Patches and centers are rows, padded with zeros to whole vectors.
void measurePairs(const std::vector<Vec2i>& pairs, const Mat& patches, const Mat& centers,
                  std::vector<float>& distances);

//! Finds the k nearest of each patch's pairs. They become columns of squaredDistances, CV_32F, and of indices, CV_32S,
//! k x patches, nearest first. Of equal distances, the lower index comes first. Returns false and writes nothing if a
//! patch has fewer than k pairs, as happens with NaN.
bool writeNearest(const std::vector<Vec2i>& pairs, const std::vector<float>& distances, Mat squaredDistances,
                  Mat indices);

}} // namespace cv::anomaly

#endif
