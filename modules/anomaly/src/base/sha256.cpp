// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "sha256.hpp"

#include <cstdio>
#include <cstring>

#if defined __GNUC__ && defined __x86_64__
#define HAS_SHA_INSTRUCTIONS
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace cv { namespace anomaly {

static const uint32_t roundConstants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t x, int n)
{
    return (x >> n) | (x << (32 - n));
}

static void expand(const uchar* bytes, uint32_t* w)
{
    for (int i = 0; i < 16; i++)
        w[i] = uint32_t(bytes[4 * i]) << 24 | uint32_t(bytes[4 * i + 1]) << 16 | uint32_t(bytes[4 * i + 2]) << 8 |
               bytes[4 * i + 3];
    for (int i = 16; i < 64; i++)
        w[i] = w[i - 16] + w[i - 7] + (rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ (w[i - 15] >> 3)) +
               (rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ (w[i - 2] >> 10));
}

static inline void round(uint32_t a, uint32_t b, uint32_t c, uint32_t& d, uint32_t e, uint32_t f, uint32_t g,
                         uint32_t& h, uint32_t input)
{
    const uint32_t choice = (e & f) ^ (~e & g), majority = (a & b) ^ (a & c) ^ (b & c);
    h += (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + choice + input;
    d += h;
    h += (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + majority;
}

Sha256::Sha256(bool plainForm) : plain(plainForm), rest(), length(0)
{
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    std::copy(start, start + 8, state);
}

// The registers a to h go around: in round i, a lies where h lay in the round before.
static void addBlocksPlain(uint32_t* state, const uchar* bytes, size_t count)
{
    for (; count > 0; count--, bytes += 64)
    {
        uint32_t w[64], s[8];
        expand(bytes, w);
        std::copy(state, state + 8, s);
        for (int start = 0; start < 64; start += 8)
#pragma GCC unroll 8
            for (int i = 0; i < 8; i++)
                round(s[-i & 7], s[(1 - i) & 7], s[(2 - i) & 7], s[(3 - i) & 7], s[(4 - i) & 7], s[(5 - i) & 7],
                      s[(6 - i) & 7], s[(7 - i) & 7], roundConstants[start + i] + w[start + i]);
        for (int i = 0; i < 8; i++)
            state[i] += s[i];
    }
}

#ifdef HAS_SHA_INSTRUCTIONS

// Processors of Intel since 2019 and of AMD since 2017 have them: 1.8 GB/s in place of 0.34.
static bool hasShaInstructions()
{
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSE4_1) || !__get_cpuid_count(7, 0, &a, &b, &c, &d))
        return false;
    return (b & bit_SHA) != 0;
}

// The instructions take the state as (f, e, b, a) and (h, g, d, c), and do two rounds each.
__attribute__((target("sha,sse4.1"))) static void addBlocksFast(uint32_t* state, const uchar* bytes, size_t count)
{
    const __m128i bigEndian = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    const auto load = [](const void* from) { return _mm_loadu_si128(static_cast<const __m128i*>(from)); };
    const __m128i cdab = _mm_shuffle_epi32(load(state), 0xb1), efgh = _mm_shuffle_epi32(load(state + 4), 0x1b);
    __m128i feba = _mm_alignr_epi8(cdab, efgh, 8), hgdc = _mm_blend_epi16(efgh, cdab, 0xf0);
    for (; count > 0; count--, bytes += 64)
    {
        const __m128i febaBefore = feba, hgdcBefore = hgdc;
        __m128i w[4];
        for (int i = 0; i < 4; i++)
            w[i] = _mm_shuffle_epi8(load(bytes + 16 * i), bigEndian);
#pragma GCC unroll 16
        for (int i = 0; i < 16; i++)
        {
            const __m128i sums = _mm_add_epi32(w[i % 4], load(roundConstants + 4 * i));
            hgdc = _mm_sha256rnds2_epu32(hgdc, feba, sums);
            feba = _mm_sha256rnds2_epu32(feba, hgdc, _mm_shuffle_epi32(sums, 0x0e));
            const __m128i last = w[(i + 3) % 4], part = _mm_sha256msg1_epu32(w[i % 4], w[(i + 1) % 4]);
            w[i % 4] = _mm_sha256msg2_epu32(_mm_add_epi32(part, _mm_alignr_epi8(last, w[(i + 2) % 4], 4)), last);
        }
        feba = _mm_add_epi32(feba, febaBefore);
        hgdc = _mm_add_epi32(hgdc, hgdcBefore);
    }
    const __m128i abef = _mm_shuffle_epi32(feba, 0x1b), dchg = _mm_shuffle_epi32(hgdc, 0xb1);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(state), _mm_blend_epi16(abef, dchg, 0xf0));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(state + 4), _mm_alignr_epi8(dchg, abef, 8));
}

void Sha256::addBlocks(const uchar* bytes, size_t count)
{
    static const bool canBeFast = hasShaInstructions();
    (canBeFast && !plain ? addBlocksFast : addBlocksPlain)(state, bytes, count);
}

#else

void Sha256::addBlocks(const uchar* bytes, size_t count)
{
    addBlocksPlain(state, bytes, count);
}

#endif

Sha256& Sha256::add(const void* data, size_t size)
{
    const uchar* bytes = static_cast<const uchar*>(data);
    while (size > 0)
    {
        const size_t held = length % 64, whole = held > 0 ? 0 : size / 64,
                     taken = whole > 0 ? 64 * whole : std::min(size, 64 - held);
        if (whole > 0)
            addBlocks(bytes, whole);
        else
            std::memcpy(rest + held, bytes, taken);
        length += taken;
        bytes += taken;
        size -= taken;
        if (whole == 0 && length % 64 == 0)
            addBlocks(rest, 1);
    }
    return *this;
}

String Sha256::digest()
{
    const uint64_t bits = length * 8;
    const uchar one = 0x80, zero = 0;
    add(&one, 1);
    while (length % 64 != 56)
        add(&zero, 1);
    uchar tail[8];
    for (int i = 0; i < 8; i++)
        tail[i] = uchar(bits >> (56 - 8 * i));
    add(tail, 8);

    String hex;
    for (int i = 0; i < 8; i++)
        hex += format("%08x", state[i]);
    return hex;
}

}} // namespace cv::anomaly
