// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "model_binary.hpp"
#include "../base/base64.hpp"

#include <cstring>

namespace cv { namespace anomaly {

namespace {

//! How a language announces binary data, and what it gets in its place.
struct Announcement
{
    const char* marker;              // what cv::FileStorage writes in front of the data
    const char* before;              // the name's quotation mark, and what was part of the marker
    const char* after;               // the name's quotation mark, and what was part of the data
    const char* blanks;              // what may stand between the marker and the data
    std::vector<const char*> others; // what only the parser takes for such a marker
};

const Announcement& announcementOf(TextFormat format)
{
    static const Announcement announcements[] = {
        {"!!binary |", "\"", "\"\n", " \r\n", {"!binary", "^binary", ":binary>"}},
        {"type_id=\"binary\">", ">\"", "\"", " \t\r\n", {"\"binary\"", "'binary'"}},
        {"$base64$", "", "", "", {"$base64$"}}};
    return announcements[format];
}

String nameOf(size_t piece)
{
    return format("binary data %zu", piece);
}

// A model has less than 100; each takes some 200 bytes however short it is.
const size_t mostPieces = 2000;

// The 24 bytes in front of the numbers are their type and blanks, 32 characters of base64.
const size_t headerLength = 32;

// The type of the numbers behind the header that starts there.
int typeOfHeader(const std::string& text, size_t at)
{
    const char* const blanks = "ICAgICAgICAgICAgICAgICAgICAg"; // 21 of them
    // "1f ", "1u ", "1d ", "1w "; older: "f  ", "u  ", "d  ", "w  "
    static const std::pair<const char*, int> types[] = {{"MWYg", CV_32F}, {"MXUg", CV_8U},  {"MWQg", CV_64F},
                                                        {"MXcg", CV_16U}, {"ZiAg", CV_32F}, {"dSAg", CV_8U},
                                                        {"ZCAg", CV_64F}, {"dyAg", CV_16U}};
    for (const auto& type : types)
        if (text.compare(at, 4, type.first) == 0 && text.compare(at + 4, headerLength - 4, blanks) == 0)
            return type.second;
    CV_Error(Error::StsParseError, "it has binary data that is not announced as float, double, byte or 16-bit number");
}

// In YAML, data ends before the first line that is indented less.
size_t endOfIndented(const std::string& text, size_t start)
{
    size_t line = text.rfind('\n', start) + 1;
    const size_t indentation = start - line;
    do
    {
        line = text.find('\n', line) + 1;
    } while (line > 0 && text.find_first_not_of(' ', line) >= line + indentation);
    return line > 0 ? line : text.size();
}

size_t endOfData(const std::string& text, size_t start, TextFormat format)
{
    if (format == TEXT_YAML)
        return endOfIndented(text, start);
    return std::min(text.find(format == TEXT_XML ? '<' : '"', start), text.size());
}

Mat decode(const std::string& text, size_t start, size_t end)
{
    const int type = typeOfHeader(text, start);
    const size_t first = start + headerLength, width = CV_ELEM_SIZE(type);
    if (end < first)
        CV_Error(Error::StsParseError, "it has binary data that ends within its header");
    Mat numbers(1, int(mostBytesOfBase64(end - first) / width + 1), type);
    const size_t bytes = decodeBase64(text.data() + first, text.data() + end, numbers.data);
    if (bytes % width != 0)
        CV_Error_(Error::StsParseError,
                  ("it has %zu bytes of binary data, expected a multiple of the %zu of a number", bytes, width));
    return numbers.colRange(0, int(bytes / width));
}

void checkNoneIsLeft(const std::string& text, const Announcement& announcement)
{
    for (const char* other : announcement.others)
        if (text.find(other) != std::string::npos)
            CV_Error_(Error::StsParseError, ("it has binary data that is announced in another way than "
                                             "cv::FileStorage does it: '%s'",
                                             other));
}

} // namespace

std::vector<Mat> takeBinary(std::string& text, TextFormat format)
{
    const Announcement& announcement = announcementOf(format);
    std::vector<Mat> all;
    std::string rest;
    size_t done = 0;
    for (size_t at; (at = text.find(announcement.marker, done)) != std::string::npos;)
    {
        if (all.size() == mostPieces)
            CV_Error_(Error::StsOutOfRange, ("it has more than %zu pieces of binary data", mostPieces));
        const size_t behind = at + std::strlen(announcement.marker),
                     start = std::min(text.find_first_not_of(announcement.blanks, behind), text.size()),
                     end = endOfData(text, start, format);
        rest.append(text, done, at - done) += announcement.before + nameOf(all.size()) + announcement.after;
        all.push_back(decode(text, start, end));
        done = end;
    }
    rest.append(text, done, std::string::npos);
    checkNoneIsLeft(rest, announcement);
    text = std::move(rest);
    return all;
}

std::vector<ModelNode> ModelNode::elements() const
{
    std::vector<ModelNode> all;
    for (const FileNode& element : *this)
        all.push_back(ModelNode(element, binaryData));
    return all;
}

const Mat* ModelNode::binary() const
{
    if (!binaryData || !isString())
        return nullptr;
    const String name = string();
    for (size_t i = 0; i < binaryData->size(); i++)
        if (name == nameOf(i))
            return &(*binaryData)[i];
    return nullptr;
}

}} // namespace cv::anomaly
