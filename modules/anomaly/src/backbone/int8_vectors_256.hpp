// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_INT8_VECTORS_256_HPP
#define OPENCV_ANOMALY_INT8_VECTORS_256_HPP

#include "int8_kernels_form.hpp"

namespace cv { namespace anomaly { namespace {

//! Vectors of 256 bits with the operations that int8_kernels_form asks for, but for products of bytes. All of it is
//! local to the including file.
struct Vectors256
{
    typedef __m256i Int;
    typedef __m256 Float;
    static const int lanes = 8, packed = 4, rows = 1;
    static const size_t vectorBytes = 32;

    static Int load(const int* from) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)); }
    static Float load(const float* from) { return _mm256_loadu_ps(from); }
    static Int loadRows(const int* from) { return load(from); }
    static Float loadRows(const float* from) { return load(from); }
    static void store(float* to, Float value) { _mm256_storeu_ps(to, value); }
    static Float toFloat(Int value) { return _mm256_cvtepi32_ps(value); }
    static Float multiply(Float a, Float b) { return _mm256_mul_ps(a, b); }
    static Float add(Float a, Float b) { return _mm256_add_ps(a, b); }
    static Int subtract(Int a, int b) { return _mm256_sub_epi32(a, _mm256_set1_epi32(b)); }
    static Int bytes(const unsigned char* from)
    {
        return _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
    }

    static Int vectorAt(const void* from) { return _mm256_loadu_si256(static_cast<const __m256i*>(from)); }
    static Int repeated(const unsigned char* from)
    {
        int word;
        std::memcpy(&word, from, sizeof(word));
        return _mm256_set1_epi32(word);
    }
    static void storeVector(void* to, Int value) { _mm256_storeu_si256(static_cast<__m256i*>(to), value); }

    static Int row(const unsigned char* const* from) { return vectorAt(from[0]); }

    //! Makes words of four rows: a byte of each row in every word.
    static void interleave(Int row0, Int row1, Int row2, Int row3, unsigned char* to, size_t step)
    {
        const Int low01 = _mm256_unpacklo_epi8(row0, row1), low23 = _mm256_unpacklo_epi8(row2, row3),
                  high01 = _mm256_unpackhi_epi8(row0, row1), high23 = _mm256_unpackhi_epi8(row2, row3);
        storeVector(to, _mm256_unpacklo_epi16(low01, low23));
        storeVector(to + step, _mm256_unpackhi_epi16(low01, low23));
        storeVector(to + 2 * step, _mm256_unpacklo_epi16(high01, high23));
        storeVector(to + 3 * step, _mm256_unpackhi_epi16(high01, high23));
    }

    //! Rounds values to bytes and stores them. Instructions that clip to 16 and to 8 bits clip far values.
    class Bytes
    {
    public:
        explicit Bytes(const Int8Rounding& r)
            : zero(_mm256_set1_epi16(short(r.zero))),
              lowest(_mm256_set1_epi8(char(r.lowest))),
              highest(_mm256_set1_epi8(char(r.highest)))
        {}

        //! Stores two panels, of two vectors each.
        void storePanels(unsigned char* to, const size_t* at, const Float* y) const
        {
            const Int order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
            const Int panels = _mm256_permutevar8x32_epi32(packed(y[0], y[1], y[2], y[3]), order);
            _mm_storeu_si128(reinterpret_cast<__m128i*>(to + at[0]), _mm256_castsi256_si128(panels));
            _mm_storeu_si128(reinterpret_cast<__m128i*>(to + at[2]), _mm256_extracti128_si256(panels, 1));
        }

        //! Stores a block of 32 channels, whose order in the four vectors is that of `interleave`.
        void storeBlock(unsigned char* to, size_t, const Float* y) const
        {
            storeVector(to, packed(y[0], y[1], y[2], y[3]));
        }

    private:
        Int packed(Float a, Float b, Float c, Float d) const
        {
            const Int low = _mm256_packs_epi32(_mm256_cvtps_epi32(a), _mm256_cvtps_epi32(b)),
                      high = _mm256_packs_epi32(_mm256_cvtps_epi32(c), _mm256_cvtps_epi32(d));
            const Int all = _mm256_packus_epi16(_mm256_adds_epi16(low, zero), _mm256_adds_epi16(high, zero));
            return _mm256_min_epu8(_mm256_max_epu8(all, lowest), highest);
        }

        const Int zero, lowest, highest;
    };
};

}}} // namespace cv::anomaly

#endif
