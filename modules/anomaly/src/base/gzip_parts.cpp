// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "gzip_parts.hpp"

#include <algorithm>
#include <memory>
#include <new>
#include <zlib.h>

#ifdef HAVE_ANOMALY_LIBDEFLATE
#include <libdeflate.h>
#endif

namespace cv { namespace anomaly {

namespace {

const size_t textBytesOfPart = 1 << 20;
const int level = 3; // as cv::FileStorage packs
const int gzipFormat = MAX_WBITS + 16;
const uchar unknownSystem = 255; // else the bytes would tell where they were written

// Head: 10 bytes of gzip, 2 for the length of all fields, and the field: two letters, its length, and the size.
const uchar fixedHead[] = {0x1f, 0x8b, Z_DEFLATED};
const size_t flagsAt = 3, fieldAt = 10, packedSizeAt = 16, headBytes = 20, endBytes = 8;
const size_t fewestBytes = 10 + endBytes; // of any gzip file
const uchar hasField = 4;
const size_t lengthBytes = 2;
const uchar fieldHead[] = {8, 0, 'C', 'V', 4, 0};

void putNumber(uchar* to, size_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = uchar(value >> (8 * i));
}

size_t numberAt(const std::string& bytes, size_t at)
{
    size_t value = 0;
    for (size_t i = 4; i-- > 0;)
        value = value << 8 | uchar(bytes[at + i]);
    return value;
}

//! A stream of zlib that packs.
struct Packer
{
    Packer() : stream()
    {
        if (deflateInit2(&stream, level, Z_DEFLATED, gzipFormat, 8, Z_DEFAULT_STRATEGY) != Z_OK)
            throw std::bad_alloc();
    }
    ~Packer() { deflateEnd(&stream); }
    Packer(const Packer&) = delete;
    Packer& operator=(const Packer&) = delete;

    z_stream stream;
};

// One member.
std::string packed(const char* text, size_t size)
{
    Packer packer;
    z_stream& stream = packer.stream;
    uchar field[headBytes - fieldAt - lengthBytes] = {}; // its size is written when it is known
    std::copy(fieldHead + lengthBytes, std::end(fieldHead), field);
    gz_header head = gz_header();
    head.os = unknownSystem;
    head.extra = field;
    head.extra_len = sizeof(field);
    deflateSetHeader(&stream, &head);
    std::string part(deflateBound(&stream, uLong(size)), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text));
    stream.avail_in = uInt(size);
    stream.next_out = reinterpret_cast<Bytef*>(&part[0]);
    stream.avail_out = uInt(part.size());
    CV_Assert(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    part.resize(stream.total_out);
    putNumber(reinterpret_cast<uchar*>(&part[packedSizeAt]), part.size());
    return part;
}

bool holds(const std::string& bytes, size_t at, const uchar* expected, size_t count)
{
    return bytes.size() - at >= count && std::equal(expected, expected + count, bytes.begin() + std::ptrdiff_t(at),
                                                    [](uchar a, char b) { return a == uchar(b); });
}

// Of the part that starts there; 0 if it is not one of packInParts, or cut off.
size_t packedBytes(const std::string& file, size_t start)
{
    const size_t left = file.size() - start;
    if (left < headBytes + endBytes || !holds(file, start, fixedHead, sizeof(fixedHead)) ||
        uchar(file[start + flagsAt]) != hasField || !holds(file, start + fieldAt, fieldHead, sizeof(fieldHead)))
        return 0;
    const size_t size = numberAt(file, start + packedSizeAt);
    return headBytes + endBytes <= size && size <= left ? size : 0;
}

GzipPart partOf(const std::string& file, size_t start, size_t size, size_t textStart)
{
    return {start, size, textStart, numberAt(file, start + size - 4)};
}

#ifdef HAVE_ANOMALY_LIBDEFLATE

// It takes half of zlib's time.
bool unpack(const char* from, size_t fromBytes, char* to, size_t bytes)
{
    const std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)> unpacker(
        libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
    size_t taken = 0;
    return unpacker &&
           libdeflate_gzip_decompress_ex(unpacker.get(), from, fromBytes, to, bytes, &taken, nullptr) == 0 &&
           taken == fromBytes;
}

#else

bool unpack(const char* from, size_t fromBytes, char* to, size_t bytes)
{
    z_stream stream = z_stream();
    if (inflateInit2(&stream, gzipFormat) != Z_OK)
        return false;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(from));
    stream.avail_in = uInt(fromBytes);
    stream.next_out = reinterpret_cast<Bytef*>(to);
    stream.avail_out = uInt(bytes);
    const bool isWhole = inflate(&stream, Z_FINISH) == Z_STREAM_END && !stream.avail_in && !stream.avail_out;
    inflateEnd(&stream);
    return isWhole;
}

#endif

} // namespace

std::string packInParts(const std::string& text)
{
    std::vector<std::string> parts(std::max<size_t>(1, (text.size() + textBytesOfPart - 1) / textBytesOfPart));
    parallel_for_(Range(0, int(parts.size())), [&](const Range& range) {
        for (size_t i = size_t(range.start); i < size_t(range.end); i++)
        {
            const size_t start = i * textBytesOfPart;
            parts[i] = packed(text.data() + start, std::min(textBytesOfPart, text.size() - start));
        }
    });
    std::string all;
    for (const std::string& part : parts)
        all += part;
    return all;
}

std::vector<GzipPart> gzipParts(const std::string& file)
{
    std::vector<GzipPart> parts;
    if (file.size() < fewestBytes || !holds(file, 0, fixedHead, sizeof(fixedHead)))
        return parts;
    size_t start = 0;
    for (size_t size; start < file.size() && (size = packedBytes(file, start)) > 0; start += size)
        parts.push_back(partOf(file, start, size, textBytes(parts)));
    if (start < file.size())
        parts.assign(1, partOf(file, 0, file.size(), 0));
    return parts;
}

size_t textBytes(const std::vector<GzipPart>& parts)
{
    return parts.empty() ? 0 : parts.back().textStart + parts.back().textBytes;
}

std::string unpackParts(const std::string& file, const std::vector<GzipPart>& parts)
{
    std::string text(textBytes(parts), '\0');
    std::vector<uchar> isWhole(parts.size());
    parallel_for_(Range(0, int(parts.size())), [&](const Range& range) {
        for (size_t i = size_t(range.start); i < size_t(range.end); i++)
        {
            const GzipPart& part = parts[i];
            isWhole[i] = unpack(file.data() + part.start, part.packedBytes, &text[part.textStart], part.textBytes);
        }
    });
    const bool areWhole = std::all_of(isWhole.begin(), isWhole.end(), [](uchar whole) { return whole != 0; });
    return areWhole ? std::move(text) : std::string();
}

}} // namespace cv::anomaly
