// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "int8_vectors_256.hpp"

namespace cv { namespace anomaly {

namespace {

//! Bytes are widened to 16 bits, since the instruction that multiplies bytes (vpmaddubsw) clips its sums to 16 bits. A
//! word of four bytes becomes the pair of its even bytes and the pair of its odd bytes.
struct Avx2 : Vectors256
{
    struct Words
    {
        Int even, odd;
    };

    static const int pixels = 4, panels = 1; // 8 sums, of 16 registers

    static Words split(Int words)
    {
        return Words{_mm256_and_si256(words, _mm256_set1_epi16(255)), _mm256_srli_epi16(words, 8)};
    }
    static Words words(const unsigned char* from) { return split(vectorAt(from)); }
    static Words repeatedWord(const unsigned char* from) { return split(repeated(from)); }
    static Words weights(const signed char* from)
    {
        const Int words = vectorAt(from);
        return Words{_mm256_srai_epi16(_mm256_slli_epi16(words, 8), 8), _mm256_srai_epi16(words, 8)};
    }
    static Words weightsOfRows(const signed char* from) { return weights(from); }
    static Int addProducts(Int sum, const Words& values, const Words& weights)
    {
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(values.even, weights.even));
        return _mm256_add_epi32(sum, _mm256_madd_epi16(values.odd, weights.odd));
    }
};

} // namespace

const Int8Kernels int8KernelsAvx2 = {multiply<Avx2>, convolve<Avx2>, int8ToBytes,   int8ToValues,
                                     int8Panel,      int8Block,      pixelsTogether};

}} // namespace cv::anomaly
