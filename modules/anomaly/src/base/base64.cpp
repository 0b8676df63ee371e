// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "base64.hpp"

#include <algorithm>
#include <cstring>

namespace cv { namespace anomaly {

namespace {

//! The six bits of each character, at each of its four places in a group of 24 bits.
struct Bits
{
    static const uint32_t none = 1u << 24; // what is no character of base64 sets this bit

    Bits()
    {
        const char* const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        for (int place = 0; place < 4; place++)
        {
            std::fill_n(of[place], 256, none);
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
        while (wholeGroups(), at < end && *at != '=')
            oneCharacter();
        finish();
        return size_t(to - start);
    }

private:
    // Groups without blanks between their characters. Lines that cv::FileStorage writes have 16 of them.
    void wholeGroups()
    {
        if (held > 0)
            return;
        for (uint32_t group; end - at >= 4 && (group = bits().group(at)) < Bits::none; at += 4)
            put(group, 3);
    }

    void oneCharacter()
    {
        const char c = *at++;
        if (isBlank(c))
            return;
        const uint32_t value = bits().of[3][uchar(c)];
        if (value == Bits::none)
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
