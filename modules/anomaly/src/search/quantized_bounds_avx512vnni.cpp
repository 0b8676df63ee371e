// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "quantized_bounds_form.hpp"

namespace cv { namespace anomaly {

namespace {

//! Four bytes in a word: one instruction multiplies 64 pairs, and a multiply-add of floats only 16. The bytes of
//! patches are unsigned, those of centers are signed. Halide 14 uses these instructions only on processors that also
//! have AMX.
struct Avx512Vnni
{
    typedef __m512i Int;
    typedef __m512 Float;
    static const int lanes = 16, vectors = 2, rows = panelWidth;

    static Int repeat(int value) { return _mm512_set1_epi32(value); }
    static Float repeat(float value) { return _mm512_set1_ps(value); }
    static Int load(const int* from) { return _mm512_loadu_si512(from); }
    static Float load(const float* from) { return _mm512_loadu_ps(from); }
    static void store(int* to, Int value) { _mm512_storeu_si512(to, value); }
    static void store(float* to, Float value) { _mm512_storeu_ps(to, value); }
    static Int addProducts(Int sum, Int a, Int b) { return _mm512_dpbusd_epi32(sum, a, b); }
    static Float toFloat(Int value) { return _mm512_cvtepi32_ps(value); }
    static Float multiply(Float a, Float b) { return _mm512_mul_ps(a, b); }
    static Float subtractProduct(Float sum, Float a, Float b) { return _mm512_fnmadd_ps(a, b, sum); }
    static Float minimum(Float a, Float b) { return _mm512_min_ps(a, b); }
    static Int whereLess(Float a, Float b, Int yes, Int no)
    {
        return _mm512_mask_mov_epi32(no, _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), yes);
    }
};

} // namespace

const QuantizedKernel quantizedKernelAvx512Vnni = {4, 128, boundTile<Avx512Vnni>};

}} // namespace cv::anomaly
