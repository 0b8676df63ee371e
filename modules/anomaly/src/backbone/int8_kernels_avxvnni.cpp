// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "int8_vectors_256.hpp"

namespace cv { namespace anomaly {

namespace {

//! One instruction multiplies 32 pairs of bytes.
struct AvxVnni : Vectors256
{
    typedef Int Words;
    static const int pixels = 6, panels = 1; // 12 sums, of 16 registers

    static Words words(const unsigned char* from) { return vectorAt(from); }
    static Words repeatedWord(const unsigned char* from) { return repeated(from); }
    static Words weights(const signed char* from) { return vectorAt(from); }
    static Words weightsOfRows(const signed char* from) { return vectorAt(from); }
    static Int addProducts(Int sum, Words values, Words weights)
    {
        return _mm256_dpbusd_avx_epi32(sum, values, weights);
    }
};

} // namespace

const Int8Kernels int8KernelsAvxVnni = {multiply<AvxVnni>, convolve<AvxVnni>, int8ToBytes,   int8ToValues,
                                        int8Panel,         int8Block,         pixelsTogether};

}} // namespace cv::anomaly
