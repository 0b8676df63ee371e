// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "csv.hpp"
#include "files.hpp"

#include "opencv2/core/utils/filesystem.hpp"

#include <algorithm>
#include <stdexcept>

namespace {

// One row from `at` on, which moves behind it. Quotes may hold commas, line breaks and doubled quotes.
std::vector<std::string> readRow(const std::string& text, size_t& at)
{
    std::vector<std::string> row(1);
    bool quoted = false;
    for (; at < text.size(); at++)
    {
        const char c = text[at];
        if (quoted && c == '"' && at + 1 < text.size() && text[at + 1] == '"')
            row.back() += text[++at];
        else if (c == '"')
            quoted = !quoted;
        else if (quoted || (c != ',' && c != '\n' && c != '\r'))
            row.back() += c;
        else if (c == ',')
            row.push_back(std::string());
        else if (c == '\n')
            break;
    }
    at++;
    return row;
}

} // namespace

CsvFile::CsvFile(const std::string& f) : file(f)
{
    parse(readFile(file));
}

CsvFile::CsvFile(const std::string& text, const std::string& name) : file(name)
{
    parse(text);
}

void CsvFile::parse(const std::string& text)
{
    const std::string mark = "\xef\xbb\xbf"; // of UTF-8, which spreadsheets write
    size_t at = text.compare(0, mark.size(), mark) == 0 ? mark.size() : 0;
    for (int line = 1; at < text.size(); line++)
    {
        const std::vector<std::string> row = readRow(text, at);
        if (row.size() == 1 && row[0].empty())
            continue;
        if (names.empty())
            names = row;
        else if (row.size() == names.size())
            fields.push_back(row);
        else
            throw std::runtime_error(cv::format("'%s' has %zu fields in row %d, expected %zu as in its first row", file.c_str(), row.size(), line, names.size()));
    }
}

bool CsvFile::has(const std::string& column) const
{
    return find(column) < names.size();
}

size_t CsvFile::find(const std::string& column) const
{
    return std::find(names.begin(), names.end(), column) - names.begin();
}

const std::string& CsvFile::at(size_t row, const std::string& column) const
{
    const size_t field = find(column);
    if (field == names.size())
        throw std::runtime_error("'" + file + "' has no column '" + column + "' in its first row");
    return fields[row][field];
}

std::string CsvFile::path(size_t row, const std::string& column) const
{
    const std::string& name = at(row, column);
    const bool isAbsolute = !name.empty() && (name[0] == '/' || name[0] == '\\' || name.find(':') == 1);
    const std::string folder = cv::utils::fs::getParent(file);
    return name.empty() || isAbsolute || folder.empty() ? name : cv::utils::fs::join(folder, name);
}

std::string csvField(const std::string& text)
{
    if (text.find_first_of(",\"\r\n") == std::string::npos)
        return text;
    std::string inside;
    for (const char c : text)
        inside += c == '"' ? std::string("\"\"") : std::string(1, c);
    return "\"" + inside + "\"";
}
