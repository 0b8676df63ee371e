// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "csv.hpp"
#include "files.hpp"

#include "opencv2/core/utils/filesystem.hpp"

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace fs = cv::utils::fs;

namespace {

const std::string byteOrderMark = "\xef\xbb\xbf"; // of UTF-8; spreadsheet programs write it
const std::string delimiters = ",;\t|";

bool startsWith(const std::string& text, const std::string& start)
{
    return text.compare(0, start.size(), start) == 0;
}

void appendUtf8(unsigned code, std::string& text)
{
    if (code < 0x80)
        text += char(code);
    else if (code < 0x800)
        text += {char(0xc0 | code >> 6), char(0x80 | (code & 63))};
    else if (code < 0x10000)
        text += {char(0xe0 | code >> 12), char(0x80 | (code >> 6 & 63)), char(0x80 | (code & 63))};
    else
        text += {char(0xf0 | code >> 18), char(0x80 | (code >> 12 & 63)), char(0x80 | (code >> 6 & 63)),
                 char(0x80 | (code & 63))};
}

// Converts UTF-16 to UTF-8. highByte is the index of the high byte within a pair: 0 for big endian, 1 for little
// endian.
std::string fromUtf16(const std::string& bytes, size_t highByte)
{
    std::string text;
    unsigned high = 0; // the high surrogate that comes before a low one
    for (size_t i = 0; i + 1 < bytes.size(); i += 2)
    {
        const unsigned code =
            unsigned((unsigned char)bytes[i + highByte]) << 8 | (unsigned char)bytes[i + 1 - highByte];
        if (code >= 0xd800 && code < 0xdc00)
            high = code;
        else if (code >= 0xdc00 && code < 0xe000)
            appendUtf8(0x10000 + ((high & 0x3ff) << 10 | (code & 0x3ff)), text);
        else
            appendUtf8(code, text);
    }
    return text;
}

// Recognizes UTF-16 even without a byte order mark: the column names in the first row begin with an ASCII letter, whose
// high byte is 0.
std::string toUtf8(const std::string& bytes)
{
    const bool isPair = bytes.size() > 1;
    if (startsWith(bytes, "\xff\xfe") || (isPair && bytes[0] && !bytes[1]))
        return fromUtf16(bytes, 1);
    if (startsWith(bytes, "\xfe\xff") || (isPair && !bytes[0] && bytes[1]))
        return fromUtf16(bytes, 0);
    return bytes;
}

std::string trimmed(const std::string& text)
{
    const char* const blanks = " \t";
    const size_t first = text.find_first_not_of(blanks);
    return first == std::string::npos ? std::string() : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// Returns the delimiter: the one that occurs most often in the first row outside of quotes.
char delimiterOf(const std::string& text, size_t at)
{
    std::vector<int> counts(delimiters.size());
    bool quoted = false;
    for (; at < text.size() && (quoted || (text[at] != '\n' && text[at] != '\r')); at++)
    {
        const size_t index = delimiters.find(text[at]);
        if (text[at] == '"')
            quoted = !quoted;
        else if (!quoted && index != std::string::npos)
            counts[index]++;
    }
    return delimiters[std::max_element(counts.begin(), counts.end()) - counts.begin()];
}

//! Reads a text row by row. Quoted fields may contain delimiters, line breaks and doubled quotes.
class RowReader
{
public:
    RowReader(const std::string& t, size_t start, char d) : text(t), delimiter(d), at(start) {}

    bool isAtEnd() const { return at >= text.size(); }

    // Reads the fields of one row, and the end of its line.
    std::vector<std::string> next()
    {
        std::vector<std::string> row;
        do
            row.push_back(readField());
        while (at < text.size() && text[at++] == delimiter);
        if (at < text.size() && text[at - 1] == '\r' && text[at] == '\n')
            at++;
        return row;
    }

private:
    bool endsField() const { return text[at] == delimiter || text[at] == '\n' || text[at] == '\r'; }

    // Reads a field. Blanks around it are removed, except those inside quotes.
    std::string readField()
    {
        std::string field;
        size_t ownLength = 0;
        bool quoted = false;
        for (; at < text.size() && (quoted || !endsField()); at++)
        {
            const bool isQuote = text[at] == '"',
                       isDoubled = isQuote && quoted && at + 1 < text.size() && text[at + 1] == '"';
            if (!isQuote || isDoubled)
                field += text[at];
            else
            {
                if (!quoted && ownLength == 0)
                    field = trimmed(field);
                quoted = !quoted;
                ownLength = field.size();
            }
            at += isDoubled;
        }
        return ownLength ? field.substr(0, ownLength) + trimmed(field.substr(ownLength)) : trimmed(field);
    }

    const std::string& text;
    const char delimiter;
    size_t at;
};

} // namespace

std::string plainColumn(const std::string& column)
{
    std::string name = plainWord(column);
    std::replace_if(
        name.begin(), name.end(), [](char c) { return c == ' ' || c == '-'; }, '_');
    return name;
}

std::string plainWord(const std::string& text)
{
    std::string word = trimmed(text);
    std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return char(std::tolower(c)); });
    return word;
}

bool isListFile(const std::string& path)
{
    const std::string ending = extension(path);
    return ending == "csv" || ending == "tsv" || ending == "txt";
}

CsvFile::CsvFile(const std::string& f) : file(f), delimiter(',')
{
    parse(toUtf8(readFile(file)));
}

CsvFile::CsvFile(const std::string& text, const std::string& name) : file(name), delimiter(',')
{
    parse(text);
}

void CsvFile::parse(const std::string& text)
{
    if (text.find('\0') != std::string::npos)
        throw std::runtime_error(
            "'" + file + "' is no text, or in an encoding other than UTF-8 and UTF-16: save it as CSV in UTF-8");
    size_t at = startsWith(text, byteOrderMark) ? byteOrderMark.size() : 0;
    at = std::min(text.find_first_not_of("\r\n", at), text.size());
    const bool isNamed =
        plainWord(text.substr(at, 4)) == "sep=" && at + 4 < text.size(); // as Excel notes its delimiter
    delimiter = isNamed ? text[at + 4] : delimiterOf(text, at);
    if (isNamed)
        at = std::min(text.find_first_of("\r\n", at), text.size());
    RowReader reader(text, at, delimiter);
    for (int line = 1; !reader.isAtEnd(); line++)
        addRow(reader.next(), line);
}

void CsvFile::addRow(const std::vector<std::string>& row, int line)
{
    if (std::all_of(row.begin(), row.end(), [](const std::string& field) { return field.empty(); }))
        return;
    if (names.empty())
    {
        names = row;
        for (const std::string& name : names)
            plainNames.push_back(plainColumn(name));
    }
    else if (row.size() == names.size())
        fields.push_back(row);
    else
        throw std::runtime_error(cv::format(
            "'%s' has %zu fields in row %d, expected %zu as in its first row, separated by '%s'", file.c_str(),
            row.size(), line, names.size(), delimiter == '\t' ? "tab" : std::string(1, delimiter).c_str()));
}

bool CsvFile::has(const std::string& column) const
{
    return find(column) < names.size();
}

size_t CsvFile::find(const std::string& column) const
{
    const auto found = std::find(plainNames.begin(), plainNames.end(), column);
    if (found != plainNames.end() && std::find(found + 1, plainNames.end(), column) != plainNames.end())
        throw std::runtime_error("'" + file + "' has two columns '" + column +
                                 "' in its first row: rename or remove one of them");
    return found - plainNames.begin();
}

void CsvFile::require(const std::string& column) const
{
    if (!has(column))
        throw std::runtime_error("'" + file + "' has no column '" + column + "' in its first row, which names " +
                                 (names.empty() ? "nothing" : quoted(names)));
}

const std::string& CsvFile::at(size_t row, const std::string& column) const
{
    require(column);
    return fields[row][find(column)];
}

std::string CsvFile::beside(const std::string& name, const std::string& folder) const
{
    return isAbsolute(name) || folder.empty() ? name : joined(folder, name);
}

std::string CsvFile::path(size_t row, const std::string& column) const
{
    const std::string& name = at(row, column);
    if (name.empty())
        return name;
    const std::string folder = fs::getParent(file), above = folder.empty() ? ".." : joined(folder, "..");
    for (const std::string& spelling : {name, withSlashes(name)})
        for (const std::string& start : {folder, above})
            if (fs::exists(beside(spelling, start)))
                return beside(spelling, start);
    return beside(name, folder);
}

std::string csvField(const std::string& text)
{
    if (text.find_first_of(",\"\r\n") == std::string::npos && trimmed(text) == text)
        return text;
    std::string inside;
    for (const char c : text)
        inside += c == '"' ? std::string("\"\"") : std::string(1, c);
    return "\"" + inside + "\"";
}
