// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "quantized_vectors_256.hpp"

namespace cv { namespace anomaly {

namespace {

//! Four bytes in a word: one instruction multiplies 32 pairs. The bytes of patches are unsigned, those of centers are
//! signed.
struct AvxVnni : Vectors256
{
    static Int addProducts(Int sum, Int a, Int b) { return _mm256_dpbusd_avx_epi32(sum, a, b); }
};

} // namespace

const QuantizedKernel quantizedKernelAvxVnni = {4, 128, boundTile<AvxVnni>};

}} // namespace cv::anomaly
