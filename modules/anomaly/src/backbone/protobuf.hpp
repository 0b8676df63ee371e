// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_PROTOBUF_HPP
#define OPENCV_ANOMALY_PROTOBUF_HPP

/** @file
Reads and rewrites protocol buffers field by field, without knowing their messages. Every access is checked against the
end of the bytes: bytes that are no protocol buffer cause a cv::Exception.
*/

#include "opencv2/core.hpp"

#include <string>
#include <vector>

namespace cv { namespace anomaly {

//! A part of the file, which is not copied: a message, a text or packed numbers.
struct Bytes
{
    const uchar* begin;
    const uchar* end;

    std::string text() const { return std::string(begin, end); }
    bool empty() const { return begin == end; }
    size_t size() const { return size_t(end - begin); }
};

inline Bytes bytesOf(const std::vector<uchar>& all)
{
    const Bytes bytes = {all.data(), all.data() + all.size()};
    return bytes;
}

//! Reads a number of variable length, 7 bits a byte, and moves `from` behind it.
inline uint64 takeVarint(Bytes& from)
{
    uint64 value = 0;
    for (int shift = 0; shift < 64; shift += 7)
    {
        CV_Assert(!from.empty());
        const uchar byte = *from.begin++;
        value |= uint64(byte & 127) << shift;
        if (byte < 128)
            return value;
    }
    CV_Error(Error::StsParseError, "A number in an ONNX file has more than 64 bits");
}

//! A field of a message. Only the members that its kind has are set.
struct Field
{
    int number;
    uint64 value;  // value of a field that is a number
    Bytes payload; // contents of any other field
    Bytes all;     // the whole field, with its tag and length
    bool isNumber, hasLength;

    // A reader that knows a field skips it if it has another kind than it should have. So would cv::dnn's, and see
    // another file than is checked here, so that such a file is refused.
    uint64 number64() const { return checked(isNumber).value; }
    std::string text() const { return checked(hasLength).payload.text(); }
    const Bytes& message() const { return checked(hasLength).payload; }

private:
    const Field& checked(bool isExpected) const
    {
        if (!isExpected)
            CV_Error_(Error::StsParseError,
                      ("Field %d of a message in an ONNX file is of another kind than ONNX's is", number));
        return *this;
    }
};

//! Reads the next field of a message and moves `message` behind it.
inline Field takeField(Bytes& message)
{
    enum
    {
        VARINT,
        FIXED_64,
        LENGTH,
        FIXED_32 = 5
    };
    Field field = Field();
    field.all.begin = message.begin;
    const uint64 key = takeVarint(message);
    field.number = int(key >> 3);
    const int kind = int(key & 7);
    field.isNumber = kind == VARINT;
    field.hasLength = kind == LENGTH;
    if (kind == VARINT)
        field.value = takeVarint(message);
    else
    {
        CV_Assert(kind == FIXED_64 || kind == LENGTH || kind == FIXED_32);
        const uint64 length = kind == LENGTH ? takeVarint(message) : kind == FIXED_64 ? 8 : 4;
        CV_Assert(length <= uint64(message.end - message.begin));
        field.payload.begin = message.begin;
        field.payload.end = message.begin += length;
    }
    field.all.end = message.begin;
    return field;
}

template <typename Action> void forEachField(Bytes message, const Action& action)
{
    while (!message.empty())
        action(takeField(message));
}

//! Calls action(field) for each field that has a length, which excludes plain numbers.
template <typename Action> void forEachPayload(Bytes message, const Action& action)
{
    forEachField(message, [&action](const Field& field) {
        if (field.hasLength)
            action(field);
    });
}

//! Appends the integers of a repeated field, of which each occurrence holds one, or several packed ones.
inline void appendNumbers(const Field& field, std::vector<int64>& numbers)
{
    if (!field.hasLength)
        numbers.push_back(int64(field.number64()));
    for (Bytes packed = field.payload; field.hasLength && !packed.empty();)
        numbers.push_back(int64(takeVarint(packed)));
}

inline void append(std::vector<uchar>& to, const Bytes& bytes)
{
    to.insert(to.end(), bytes.begin, bytes.end);
}

inline void appendVarint(std::vector<uchar>& to, uint64 value)
{
    for (; value >= 128; value >>= 7)
        to.push_back(uchar(value) | 128);
    to.push_back(uchar(value));
}

//! Appends the tag and length of a field whose `size` bytes of contents follow.
inline void appendFieldStart(std::vector<uchar>& to, int number, uint64 size)
{
    appendVarint(to, uint64(number) << 3 | 2);
    appendVarint(to, size);
}

inline void appendField(std::vector<uchar>& to, int number, const uchar* data, size_t size)
{
    appendFieldStart(to, number, size);
    to.insert(to.end(), data, data + size);
}

inline void appendField(std::vector<uchar>& to, int number, const std::vector<uchar>& message)
{
    appendField(to, number, message.data(), message.size());
}

inline void appendText(std::vector<uchar>& to, int number, const std::string& text)
{
    appendField(to, number, reinterpret_cast<const uchar*>(text.data()), text.size());
}

//! Appends a field that is an integer.
inline void appendNumber(std::vector<uchar>& to, int number, int64 value)
{
    appendVarint(to, uint64(number) << 3);
    appendVarint(to, uint64(value));
}

//! Rewrites a message. For each field that has a length, `change` sets its new contents and returns true, or returns
//! false to keep it.
template <typename Change> std::vector<uchar> rewriteFields(Bytes message, const Change& change)
{
    std::vector<uchar> out, payload;
    out.reserve(message.size());
    forEachField(message, [&](const Field& field) {
        payload.clear();
        if (field.hasLength && change(field, payload))
            appendField(out, field.number, payload.data(), payload.size());
        else
            append(out, field.all);
    });
    return out;
}

//! The same for the fields with one number only.
template <typename Change> std::vector<uchar> rewrite(Bytes message, int number, const Change& change)
{
    return rewriteFields(message, [&](const Field& field, std::vector<uchar>& payload) {
        return field.number == number && change(field.payload, payload);
    });
}

}} // namespace cv::anomaly

#endif
