// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "base64.hpp"

#include <algorithm>
#include <cstring>

#if defined __GNUC__ && defined __x86_64__
#define HAS_BYTE_SHUFFLES
#include <immintrin.h>
#endif

namespace cv { namespace anomaly {

namespace {

const uint32_t noBits = 1u << 24; // set by what is no character of base64

//! The six bits of each character, at each of its four places in a group of 24 bits.
struct Bits
{
    Bits()
    {
        const char* const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        for (int place = 0; place < 4; place++)
        {
            std::fill_n(of[place], 256, noBits);
            for (uint32_t value = 0; value < 64; value++)
                of[place][uchar(alphabet[value])] = value << (18 - 6 * place);
        }
    }

    uint32_t group(const char* text) const
    {
        return of[0][uchar(text[0])] | of[1][uchar(text[1])] | of[2][uchar(text[2])] | of[3][uchar(text[3])];
    }

    uint32_t of[4][256];
};

#ifdef HAS_BYTE_SHUFFLES

/* Decodes 16 characters to 12 bytes at a time (Mula and Lemire, Faster Base64 Encoding and Decoding using AVX2
Instructions, 2018). The upper half of a character's byte, 2 to 7, tells what is to be added for its six bits; '/' is
the only exception. For each half there is a set of bits, which have none in common where it is a character of base64.
Returns at the first group with another character, or where less than 24 are left: 16 bytes are written at a time. */
__attribute__((target("ssse3"))) const char* decodeVectors(const char* text, const char* end, uchar*& bytes)
{
    const __m128i ofLower = _mm_setr_epi8(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1a, 0x1b,
                                          0x1b, 0x1b, 0x1a),
                  ofUpper = _mm_setr_epi8(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10,
                                          0x10, 0x10, 0x10),
                  added = _mm_setr_epi8(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0),
                  order = _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1),
                  slash = _mm_set1_epi8('/'), toTwelve = _mm_set1_epi32(0x01400140), to24 = _mm_set1_epi32(0x00011000);
    for (; end - text >= 24; text += 16, bytes += 12)
    {
        const __m128i characters = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text)),
                      upper = _mm_and_si128(_mm_srli_epi32(characters, 4), slash),
                      lower = _mm_and_si128(characters, slash),
                      common = _mm_and_si128(_mm_shuffle_epi8(ofLower, lower), _mm_shuffle_epi8(ofUpper, upper));
        if (_mm_movemask_epi8(_mm_cmpeq_epi8(common, _mm_setzero_si128())) != 0xffff)
            break;
        const __m128i which = _mm_add_epi8(_mm_cmpeq_epi8(characters, slash), upper),
                      sixes = _mm_add_epi8(characters, _mm_shuffle_epi8(added, which)),
                      groups = _mm_madd_epi16(_mm_maddubs_epi16(sixes, toTwelve), to24);
        _mm_storeu_si128(reinterpret_cast<__m128i*>(bytes), _mm_shuffle_epi8(groups, order));
    }
    return text;
}

bool hasByteShuffles()
{
    static const bool has = __builtin_cpu_supports("ssse3");
    return has;
}

#endif

bool isBlank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

class Decoder
{
public:
    Decoder(const char* text, const char* textEnd, uchar* bytes) : at(text), end(textEnd), to(bytes) {}

    size_t decode()
    {
        const uchar* const start = to;
        for (wholeGroups(); at < end && *at != '='; wholeGroups())
            isBlank(*at) ? skipBlanks() : oneCharacter();
        finish();
        return size_t(to - start);
    }

private:
    // Groups without blanks between their characters. Lines that cv::FileStorage writes have 16 of them.
    void wholeGroups()
    {
        if (held > 0)
            return;
#ifdef HAS_BYTE_SHUFFLES
        if (isFast)
            at = decodeVectors(at, end, to);
#endif
        for (uint32_t group; end - at >= 4 && (group = bits().group(at)) < noBits; at += 4)
            put(group, 3);
    }

    void skipBlanks()
    {
        while (at < end && isBlank(*at))
            at++;
    }

    void oneCharacter()
    {
        const char c = *at++;
        const uint32_t value = bits().of[3][uchar(c)];
        if (value == noBits)
            CV_Error_(Error::StsParseError, ("it has a character of value %d within base64 data", int(uchar(c))));
        partial = partial << 6 | value;
        if (++held < 4)
            return;
        put(partial, 3);
        held = 0;
        partial = 0;
    }

    // The last group may have one or two bytes less, and equals signs for them, which some writers leave out.
    void finish()
    {
        int padding = 0;
        for (; at < end; at++)
            if (*at == '=')
                padding++;
            else if (!isBlank(*at))
                CV_Error(Error::StsParseError, "it has base64 data that goes on after its end, an equals sign");
        if (held == 1 || (padding > 0 && (held == 0 || held + padding != 4)))
            CV_Error_(Error::StsParseError,
                      ("it has base64 data that ends with %d characters and %d equals signs, expected a group of four",
                       held, padding));
        if (held > 1)
            put(partial << (6 * (4 - held)), held - 1);
    }

    void put(uint32_t group, int count)
    {
        for (int i = 0; i < count; i++)
            *to++ = uchar(group >> (16 - 8 * i));
    }

    static const Bits& bits()
    {
        static const Bits table;
        return table;
    }

#ifdef HAS_BYTE_SHUFFLES
    const bool isFast = hasByteShuffles();
#endif
    const char* at;
    const char* const end;
    uchar* to;
    uint32_t partial = 0; // the characters of a group with blanks within
    int held = 0;         // how many of them
};

} // namespace

size_t decodeBase64(const char* text, const char* end, uchar* bytes)
{
    return Decoder(text, end, bytes).decode();
}

}} // namespace cv::anomaly
