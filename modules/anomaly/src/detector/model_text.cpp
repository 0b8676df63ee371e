// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "model_text.hpp"

#include <cstring>
#include <zlib.h>

namespace cv { namespace anomaly {

namespace {

// Matrices of random weights do not shrink to a tenth.
const size_t freeBytes = 1 << 20, mostUnpackedPerByte = 64;
// Its parsers call themselves for each level of nesting. A model has about 200 of these characters, twice as many in
// XML.
const size_t mostStructure = 2000;

const char* const xmlEnd = "</opencv_storage>";

//! Reads packed and plain files alike.
class PackedFile
{
public:
    explicit PackedFile(const String& name) : file(gzopen(name.c_str(), "rb"))
    {
        if (!file)
            CV_Error(Error::StsObjectNotFound, "it can not be opened");
    }
    ~PackedFile() { gzclose(file); }
    PackedFile(const PackedFile&) = delete;
    PackedFile& operator=(const PackedFile&) = delete;

    //! False at the end.
    bool appendTo(std::string& text)
    {
        char part[1 << 16];
        const int count = gzread(file, part, sizeof(part));
        int error = Z_OK;
        gzerror(file, &error);
        if (count < 0 || error != Z_OK)
            CV_Error(Error::StsParseError, "it can not be unpacked, so it is damaged or cut off");
        text.append(part, size_t(count));
        return count > 0;
    }

    size_t bytesOnDisk() const { return size_t(std::max<int64>(0, gzoffset(file))); }

private:
    gzFile file;
};

void checkSize(size_t size, size_t onDisk)
{
    if (size > mostTextBytes)
        CV_Error_(Error::StsOutOfRange, ("its text has more than %zu bytes, the most that is read", mostTextBytes));
    if (size > freeBytes + mostUnpackedPerByte * onDisk)
        CV_Error_(Error::StsOutOfRange,
                  ("it unpacks to more than %zu times its size, which no model does", mostUnpackedPerByte));
}

bool startsWith(const std::string& text, size_t at, const char* part)
{
    return at <= text.size() && text.compare(at, std::strlen(part), part) == 0;
}

void checkCharacters(const std::string& text)
{
    for (const char c : text)
        if (uchar(c) < ' ' && c != '\n' && c != '\r' && c != '\t')
            CV_Error_(Error::StsParseError, ("it is no text: it has a byte of value %d", int(uchar(c))));
}

// Whatever can open a map or a list in one of the formats. Closing ones are not taken off: they may stand within a
// text.
bool isStructure(char c, char next)
{
    return c == '[' || c == '{' || c == '<' || c == ':' || (c == '-' && next != '.' && !(next >= '0' && next <= '9'));
}

void checkNesting(const std::string& text)
{
    size_t count = 0;
    for (size_t i = 0; i + 1 < text.size(); i++)
        count += isStructure(text[i], text[i + 1]);
    if (count > mostStructure)
        CV_Error_(Error::StsOutOfRange,
                  ("it has %zu characters that open a map or a list, expected at most %zu", count, mostStructure));
}

// Whether a header of 24 characters in base64 stands there, of floats, doubles, bytes or 16-bit numbers: for an unknown
// one the parser may never return.
bool hasBinaryHeader(const std::string& text, size_t at)
{
    const char* const blanks = "ICAgICAgICAgICAgICAgICAgICAg"; // 21 of them
    // 1f, 1u, 1d, 1w; older: f, u, d, w
    for (const char* const type : {"MWYg", "MXUg", "MWQg", "MXcg", "ZiAg", "dSAg", "ZCAg", "dyAg"})
        if (startsWith(text, at, type) && startsWith(text, at + 4, blanks))
            return true;
    return false;
}

// marker: what announces binary data; after: what cv::FileStorage writes behind it.
void checkBinary(const std::string& text, const char* marker, const char* after, const char* blanks)
{
    for (size_t at = text.find(marker); at != std::string::npos; at = text.find(marker, at + 1))
    {
        const size_t behind = at + std::strlen(marker),
                     start = text.find_first_not_of(blanks, behind + std::strlen(after));
        if (!startsWith(text, behind, after) || start == std::string::npos || !hasBinaryHeader(text, start))
            CV_Error(Error::StsParseError,
                     "it has binary data that is not announced as float, double, byte or 16-bit number");
    }
}

void checkYaml(const std::string& text)
{
    for (const char* const marker : {"!binary", "^binary", ":binary>"})
        checkBinary(text, marker, " |", " \r\n");
}

void checkXml(const std::string& text)
{
    for (const char* const marker : {"\"binary\"", "'binary'"})
        checkBinary(text, marker, ">", " \t\r\n");
    // At an end within a tag the parser reads from a null pointer.
    const size_t last = text.find_last_not_of(" \t\r\n") + 1, length = std::strlen(xmlEnd);
    if (last < length || !startsWith(text, last - length, xmlEnd))
        CV_Error_(Error::StsParseError, ("it does not end in %s, so it is cut off", xmlEnd));
}

void checkFormat(const std::string& text)
{
    if (startsWith(text, 0, "%YAML"))
        checkYaml(text);
    else if (startsWith(text, 0, "<?xml"))
        checkXml(text);
    else if (startsWith(text, 0, "{"))
        checkBinary(text, "$base64$", "", "");
    else
        CV_Error(Error::StsParseError, "it is none of YAML, XML and JSON");
}

} // namespace

std::string readModelText(const String& filename)
{
    PackedFile file(filename);
    std::string text;
    while (file.appendTo(text))
        checkSize(text.size(), file.bytesOnDisk());
    return checkedModelText(std::move(text));
}

std::string checkedModelText(std::string text)
{
    if (startsWith(text, 0, "\xEF\xBB\xBF")) // the mark of UTF-8
        text.erase(0, 3);
    checkCharacters(text);
    checkNesting(text);
    checkFormat(text);
    text += '\n'; // the parsers look past the end of a last line without
    return text;
}

}} // namespace cv::anomaly
