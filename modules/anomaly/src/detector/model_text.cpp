// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "model_text.hpp"
#include "../base/gzip_parts.hpp"

#include "opencv2/core/utils/filesystem.hpp"

#include <cctype>
#include <cstring>
#include <fstream>
#include <sys/stat.h>
#include <zlib.h>

namespace cv { namespace anomaly {

namespace {

// Matrices of random weights do not shrink to a tenth.
const size_t freeBytes = 1 << 20, mostUnpackedPerByte = 64;
// Base64 in lines of YAML or XML unpacks to 1.6 times as much.
const size_t unpackedTenths = 17;
// Its parsers call themselves for each level of nesting. A model has about 200 of these characters, twice as many in
// XML.
const size_t mostStructure = 2000;

const char* const xmlEnd = "</opencv_storage>";

bool isPlausible(size_t size, size_t onDisk)
{
    return size <= mostTextBytes && size <= freeBytes + mostUnpackedPerByte * onDisk;
}

void checkSize(size_t size, size_t onDisk)
{
    if (size > mostTextBytes)
        CV_Error_(Error::StsOutOfRange, ("its text has more than %zu bytes, the most that is read", mostTextBytes));
    if (!isPlausible(size, onDisk))
        CV_Error_(Error::StsOutOfRange,
                  ("it unpacks to more than %zu times its size, which no model does", mostUnpackedPerByte));
}

//! Reads packed and plain files alike.
class PackedFile
{
public:
    explicit PackedFile(const String& name) : file(gzopen(name.c_str(), "rb"))
    {
        if (!file)
            CV_Error(Error::StsObjectNotFound, "it cannot be opened");
        if (utils::fs::isDirectory(name)) // which can be opened on Linux
            CV_Error(Error::StsObjectNotFound, "it is a folder");
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
            CV_Error(Error::StsParseError, "it cannot be unpacked, so it is damaged or cut off");
        text.append(part, size_t(count));
        return count > 0;
    }

    size_t bytesOnDisk() const { return size_t(std::max<int64>(0, gzoffset(file))); }

private:
    gzFile file;
};

//! Bytes of a file; 0 for a folder, and where there is nothing, which is told when it is opened. Throws for others,
//! such as a pipe: to open it can wait without end.
size_t bytesOfFile(const String& filename)
{
    struct stat status;
    if (stat(filename.c_str(), &status) != 0 || (status.st_mode & S_IFMT) == S_IFDIR)
        return 0;
    if ((status.st_mode & S_IFMT) != S_IFREG)
        CV_Error(Error::StsObjectNotFound,
                 "it is no ordinary file, and a model is read more than once: give the name of a "
                 "file, or read the bytes and call loadDetectorFromMemory");
    return size_t(status.st_size);
}

//! The bytes of a packed file of that size; empty for other files.
std::string readPacked(const String& filename, size_t size)
{
    std::ifstream file(filename.c_str(), std::ios::binary);
    if (size > mostTextBytes || file.get() != 0x1f || file.get() != 0x8b)
        return std::string();
    std::string packed(size, '\0');
    file.seekg(0);
    file.read(&packed[0], std::streamsize(size));
    return file ? packed : std::string();
}

//! Unpacks a file in memory by several threads. Empty where the file is not packed, or not as it should be: zlib says
//! what is wrong with it.
std::string unpackAtOnce(const String& filename, size_t size)
{
    const std::string packed = readPacked(filename, size);
    const std::vector<GzipPart> parts = gzipParts(packed);
    return isPlausible(textBytes(parts), packed.size()) ? unpackParts(packed, parts) : std::string();
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

// Whether a line from there on has nothing but blanks and a comment.
bool isBlankLine(const std::string& text, size_t at)
{
    const size_t first = std::min(text.find_first_not_of(" \r", at), text.size());
    return first == text.size() || text[first] == '\n' || text[first] == '#';
}

// The parser never returns when a line that starts with a minus sign follows what it takes for the end of a document:
// "...", or a line that is indented less than the first one. A model is one document, a map without indentation.
void checkOneDocument(const std::string& text)
{
    bool isAtStart = true;
    for (size_t line = text.find('\n') + 1; line > 0; line = text.find('\n', line) + 1)
    {
        if (isBlankLine(text, line))
            continue;
        if (isAtStart && startsWith(text, line, "---") && isBlankLine(text, line + 3))
            continue;
        const bool isKey = std::isalpha(uchar(text[line])) || text[line] == '_';
        if (isAtStart ? !isKey : text[line] == '-' || text[line] == '.')
            CV_Error(Error::StsParseError, "its YAML is no model's: expected one document that is a map of names "
                                           "without indentation");
        isAtStart = false;
    }
}

// At an end within a tag the parser reads from a null pointer.
void checkEndOfXml(const std::string& text)
{
    const size_t last = text.find_last_not_of(" \t\r\n") + 1, length = std::strlen(xmlEnd);
    if (last < length || !startsWith(text, last - length, xmlEnd))
        CV_Error_(Error::StsParseError, ("it does not end in %s, so it is cut off", xmlEnd));
}

TextFormat formatOf(const std::string& text)
{
    if (startsWith(text, 0, "%YAML"))
        return TEXT_YAML;
    if (startsWith(text, 0, "<?xml"))
        return TEXT_XML;
    if (startsWith(text, 0, "{"))
        return TEXT_JSON;
    if (startsWith(text, 0, "\x1f\x8b"))
        CV_Error(Error::StsParseError, "it is packed by gzip, which only files may be: unpack it first");
    CV_Error(Error::StsParseError, "it is none of YAML, XML and JSON");
}

} // namespace

ModelText readModelText(const String& filename)
{
    const size_t size = bytesOfFile(filename);
    std::string text = unpackAtOnce(filename, size);
    if (!text.empty())
        return checkedModelText(std::move(text));
    PackedFile file(filename);
    text.reserve(std::min(size / 10 * unpackedTenths, mostTextBytes));
    while (file.appendTo(text))
        checkSize(text.size(), file.bytesOnDisk());
    return checkedModelText(std::move(text));
}

ModelText checkedModelText(std::string text)
{
    if (startsWith(text, 0, "\xEF\xBB\xBF")) // the mark of UTF-8
        text.erase(0, 3);
    const TextFormat format = formatOf(text);
    std::vector<Mat> binary = takeBinary(text, format);
    checkCharacters(text);
    checkNesting(text);
    if (format == TEXT_YAML)
        checkOneDocument(text);
    if (format == TEXT_XML)
        checkEndOfXml(text);
    text += '\n'; // the parsers look past the end of a last line without
    return {std::move(text), std::move(binary)};
}

}} // namespace cv::anomaly
