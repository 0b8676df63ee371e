// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "int8_kernels_form.hpp"

namespace cv { namespace anomaly {

namespace {

//! One instruction multiplies 64 pairs of bytes. 14 pixels x 2 panels of a product are 28 sums, of 32 registers, and
//! maps of an input of 224x224 are multiples of 14. In depthwise convolutions each half of a vector belongs to a row.
struct Avx512Vnni
{
    typedef __m512i Int;
    typedef __m512i Words;
    typedef __m512 Float;
    static const int lanes = 16, packed = 4, pixels = 14, panels = 2, rows = 2;
    static const size_t vectorBytes = 64;

    static Int load(const int* from) { return _mm512_loadu_si512(from); }
    static Float load(const float* from) { return _mm512_loadu_ps(from); }
    static void store(float* to, Float value) { _mm512_storeu_ps(to, value); }
    static Float toFloat(Int value) { return _mm512_cvtepi32_ps(value); }
    static Float multiply(Float a, Float b) { return _mm512_mul_ps(a, b); }
    static Float add(Float a, Float b) { return _mm512_add_ps(a, b); }
    static Int subtract(Int a, int b) { return _mm512_sub_epi32(a, _mm512_set1_epi32(b)); }
    static Int bytes(const unsigned char* from)
    {
        return _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
    }

    static __m256i halfAt(const void* from) { return _mm256_loadu_si256(static_cast<const __m256i*>(from)); }
    static Words words(const unsigned char* from) { return _mm512_loadu_si512(from); }
    static Words repeatedWord(const unsigned char* from)
    {
        int word;
        std::memcpy(&word, from, sizeof(word));
        return _mm512_set1_epi32(word);
    }
    static Words weights(const signed char* from) { return _mm512_loadu_si512(from); }
    static Int addProducts(Int sum, Words values, Words weights) { return _mm512_dpbusd_epi32(sum, values, weights); }

    //! The same in both halves.
    static Int loadRows(const int* from) { return _mm512_broadcast_i64x4(halfAt(from)); }
    static Float loadRows(const float* from) { return _mm512_broadcast_f32x8(_mm256_loadu_ps(from)); }
    static Words weightsOfRows(const signed char* from) { return _mm512_broadcast_i64x4(halfAt(from)); }

    static Int row(const unsigned char* const* from)
    {
        return _mm512_inserti64x4(_mm512_castsi256_si512(halfAt(from[0])), halfAt(from[1]), 1);
    }

    //! Makes words of four rows of the kernel: a byte of each in every word.
    static void interleave(Int row0, Int row1, Int row2, Int row3, unsigned char* to, size_t step)
    {
        const Int low01 = _mm512_unpacklo_epi8(row0, row1), low23 = _mm512_unpacklo_epi8(row2, row3),
                  high01 = _mm512_unpackhi_epi8(row0, row1), high23 = _mm512_unpackhi_epi8(row2, row3);
        _mm512_storeu_si512(to, _mm512_unpacklo_epi16(low01, low23));
        _mm512_storeu_si512(to + step, _mm512_unpackhi_epi16(low01, low23));
        _mm512_storeu_si512(to + 2 * step, _mm512_unpacklo_epi16(high01, high23));
        _mm512_storeu_si512(to + 3 * step, _mm512_unpackhi_epi16(high01, high23));
    }

    //! Rounds values to bytes and stores them. Instructions that clip to 16 and to 8 bits clip far values.
    class Bytes
    {
    public:
        explicit Bytes(const Int8Rounding& r)
            : zero(_mm512_set1_epi16(short(r.zero))),
              lowest(_mm512_set1_epi8(char(r.lowest))),
              highest(_mm512_set1_epi8(char(r.highest)))
        {}

        //! Stores four panels, of a vector each.
        void storePanels(unsigned char* to, const size_t* at, const Float* y) const
        {
            const Int order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
            const Int panels = _mm512_permutexvar_epi32(order, packed(y[0], y[1], y[2], y[3]));
            _mm_storeu_si128(reinterpret_cast<__m128i*>(to + at[0]), _mm512_castsi512_si128(panels));
            _mm_storeu_si128(reinterpret_cast<__m128i*>(to + at[1]), _mm512_extracti32x4_epi32(panels, 1));
            _mm_storeu_si128(reinterpret_cast<__m128i*>(to + at[2]), _mm512_extracti32x4_epi32(panels, 2));
            _mm_storeu_si128(reinterpret_cast<__m128i*>(to + at[3]), _mm512_extracti32x4_epi32(panels, 3));
        }

        //! Stores a block of 32 channels of one row, or also of a second one, if that is some bytes further.
        void storeBlock(unsigned char* to, size_t toSecond, const Float* y) const
        {
            const Int rows = packed(y[0], y[1], y[2], y[3]);
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm512_castsi512_si256(rows));
            if (toSecond)
                _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + toSecond), _mm512_extracti64x4_epi64(rows, 1));
        }

    private:
        Int packed(Float a, Float b, Float c, Float d) const
        {
            const Int low = _mm512_packs_epi32(_mm512_cvtps_epi32(a), _mm512_cvtps_epi32(b)),
                      high = _mm512_packs_epi32(_mm512_cvtps_epi32(c), _mm512_cvtps_epi32(d));
            const Int all = _mm512_packus_epi16(_mm512_adds_epi16(low, zero), _mm512_adds_epi16(high, zero));
            return _mm512_min_epu8(_mm512_max_epu8(all, lowest), highest);
        }

        const Int zero, lowest, highest;
    };
};

const int tile = 16; // pixels and channels that are converted together

__m128i bytesAt(const unsigned char* from)
{
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}

// The bytes of 16 channels of four pixels.
__m512i fourPixels(const unsigned char* from, size_t step)
{
    const __m512i first = _mm512_castsi128_si512(bytesAt(from)),
                  two = _mm512_inserti32x4(first, bytesAt(from + step), 1),
                  three = _mm512_inserti32x4(two, bytesAt(from + 2 * step), 2);
    return _mm512_inserti32x4(three, bytesAt(from + 3 * step), 3);
}

// Stores the values of four channels of 16 pixels, whose bytes are the words of all lanes.
void storeChannels(__m512i words, const Int8Conversion& form, const float* scales, float* values)
{
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15),
                  zero = _mm512_set1_epi32(form.zero), channels = _mm512_permutexvar_epi32(order, words);
    const __m128i bytes[] = {_mm512_castsi512_si128(channels), _mm512_extracti32x4_epi32(channels, 1),
                             _mm512_extracti32x4_epi32(channels, 2), _mm512_extracti32x4_epi32(channels, 3)};
    for (int c = 0; c < 4; c++)
    {
        const __m512i steps = _mm512_sub_epi32(_mm512_cvtepu8_epi32(bytes[c]), zero);
        _mm512_storeu_ps(values + c * form.step, _mm512_mul_ps(_mm512_cvtepi32_ps(steps), _mm512_set1_ps(scales[c])));
    }
}

// Converts 16 channels of 16 pixels. Each lane of a vector has another pixel.
void convertTile(const Int8Conversion& form, const unsigned char* bytes, const float* scales, float* values)
{
    const size_t step = form.channels;
    const __m512i a = fourPixels(bytes, 4 * step), b = fourPixels(bytes + step, 4 * step),
                  c = fourPixels(bytes + 2 * step, 4 * step), d = fourPixels(bytes + 3 * step, 4 * step);
    const __m512i lowAb = _mm512_unpacklo_epi8(a, b), lowCd = _mm512_unpacklo_epi8(c, d),
                  highAb = _mm512_unpackhi_epi8(a, b), highCd = _mm512_unpackhi_epi8(c, d);
    storeChannels(_mm512_unpacklo_epi16(lowAb, lowCd), form, scales, values);
    storeChannels(_mm512_unpackhi_epi16(lowAb, lowCd), form, scales + 4, values + 4 * form.step);
    storeChannels(_mm512_unpacklo_epi16(highAb, highCd), form, scales + 8, values + 8 * form.step);
    storeChannels(_mm512_unpackhi_epi16(highAb, highCd), form, scales + 12, values + 12 * form.step);
}

// The last channels and pixels may be converted twice.
void toValues(const Int8Conversion& form, const unsigned char* bytes, float* values)
{
    if (form.pixels < tile || form.channels < tile)
        return int8ToValues(form, bytes, values);
    const int lastPixel = form.pixels - tile, lastChannel = form.channels - tile;
    for (int channel = 0; channel < form.channels; channel += tile)
        for (int pixel = 0; pixel < form.pixels; pixel += tile)
        {
            const size_t p = pixel < lastPixel ? pixel : lastPixel, c = channel < lastChannel ? channel : lastChannel;
            convertTile(form, bytes + p * form.channels + c, form.scales + c, values + c * form.step + p);
        }
}

// The bytes of 16 values.
__m128i bytesOf(const float* values, const Int8Conversion& form, __m512 factor)
{
    const __m512 limit = _mm512_set1_ps(512), steps = _mm512_mul_ps(_mm512_loadu_ps(values), factor);
    const __m512i rounded = _mm512_cvtps_epi32(_mm512_min_ps(_mm512_max_ps(steps, _mm512_set1_ps(-512)), limit));
    const __m512i shifted =
        _mm512_max_epi32(_mm512_add_epi32(rounded, _mm512_set1_epi32(form.zero)), _mm512_setzero_si512());
    return _mm512_cvtusepi32_epi8(shifted);
}

// The image of a camera has three channels. Of each 16 pixels, byte i of a third is that of channel i % 3.
void toBytes(const Int8Conversion& form, const float* values, unsigned char* bytes)
{
    if (form.channels != 3 || form.pixels < tile)
        return int8ToBytes(form, values, bytes);
    const __m128i orders[3][3] = {{_mm_setr_epi8(0, -1, -1, 1, -1, -1, 2, -1, -1, 3, -1, -1, 4, -1, -1, 5),
                                   _mm_setr_epi8(-1, 0, -1, -1, 1, -1, -1, 2, -1, -1, 3, -1, -1, 4, -1, -1),
                                   _mm_setr_epi8(-1, -1, 0, -1, -1, 1, -1, -1, 2, -1, -1, 3, -1, -1, 4, -1)},
                                  {_mm_setr_epi8(-1, -1, 6, -1, -1, 7, -1, -1, 8, -1, -1, 9, -1, -1, 10, -1),
                                   _mm_setr_epi8(5, -1, -1, 6, -1, -1, 7, -1, -1, 8, -1, -1, 9, -1, -1, 10),
                                   _mm_setr_epi8(-1, 5, -1, -1, 6, -1, -1, 7, -1, -1, 8, -1, -1, 9, -1, -1)},
                                  {_mm_setr_epi8(-1, 11, -1, -1, 12, -1, -1, 13, -1, -1, 14, -1, -1, 15, -1, -1),
                                   _mm_setr_epi8(-1, -1, 11, -1, -1, 12, -1, -1, 13, -1, -1, 14, -1, -1, 15, -1),
                                   _mm_setr_epi8(10, -1, -1, 11, -1, -1, 12, -1, -1, 13, -1, -1, 14, -1, -1, 15)}};
    const __m512 factor = _mm512_set1_ps(1 / form.scales[0]);
    for (int pixel = 0; pixel < form.pixels; pixel += tile)
    {
        const size_t p = pixel < form.pixels - tile ? pixel : form.pixels - tile;
        __m128i channels[3];
        for (int c = 0; c < 3; c++)
            channels[c] = bytesOf(values + c * form.step + p, form, factor);
        for (int third = 0; third < 3; third++)
        {
            __m128i mixed = _mm_setzero_si128();
            for (int c = 0; c < 3; c++)
                mixed = _mm_or_si128(mixed, _mm_shuffle_epi8(channels[c], orders[third][c]));
            _mm_storeu_si128(reinterpret_cast<__m128i*>(bytes + 3 * p + third * tile), mixed);
        }
    }
}

} // namespace

const Int8Kernels int8KernelsAvx512Vnni = {
    multiply<Avx512Vnni>, convolve<Avx512Vnni>, toBytes, toValues, int8Panel, int8Block, pixelsTogether};

}} // namespace cv::anomaly
