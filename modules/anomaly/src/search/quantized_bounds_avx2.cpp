// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "quantized_vectors_256.hpp"

namespace cv { namespace anomaly {

namespace {

//! Two 16-bit numbers in a word: one instruction multiplies 16 pairs, and a multiply-add of floats only 8.
struct Avx2 : Vectors256
{
    static Int addProducts(Int sum, Int a, Int b) { return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b)); }
};

} // namespace

const QuantizedKernel quantizedKernelAvx2 = {2, 0, boundTile<Avx2>};

}} // namespace cv::anomaly
