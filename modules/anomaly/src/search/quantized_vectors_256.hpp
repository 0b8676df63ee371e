// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_QUANTIZED_VECTORS_256_HPP
#define OPENCV_ANOMALY_QUANTIZED_VECTORS_256_HPP

#include "quantized_bounds_form.hpp"

namespace cv { namespace anomaly { namespace {

//! Vectors of 256 bits with the operations that quantized_bounds_form asks for, but for products of whole numbers. The
//! sums of 2 vectors x 6 centers, 2 vectors of patches, a center and a product use all 16 registers. All of it is local
//! to the including file.
struct Vectors256
{
    typedef __m256i Int;
    typedef __m256 Float;
    static const int lanes = 8, vectors = 2, rows = panelWidth / 2;

    static Int repeat(int value) { return _mm256_set1_epi32(value); }
    static Float repeat(float value) { return _mm256_set1_ps(value); }
    static Int load(const int* from) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)); }
    static Float load(const float* from) { return _mm256_loadu_ps(from); }
    static void store(int* to, Int value) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), value); }
    static void store(float* to, Float value) { _mm256_storeu_ps(to, value); }
    static Float toFloat(Int value) { return _mm256_cvtepi32_ps(value); }
    static Float multiply(Float a, Float b) { return _mm256_mul_ps(a, b); }
    static Float subtractProduct(Float sum, Float a, Float b) { return _mm256_fnmadd_ps(a, b, sum); }
    static Float minimum(Float a, Float b) { return _mm256_min_ps(a, b); }
    static Int whereLess(Float a, Float b, Int yes, Int no)
    {
        const Float less = _mm256_cmp_ps(a, b, _CMP_LT_OQ);
        return _mm256_castps_si256(_mm256_blendv_ps(_mm256_castsi256_ps(no), _mm256_castsi256_ps(yes), less));
    }
};

}}} // namespace cv::anomaly

#endif
