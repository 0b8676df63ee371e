// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_TEST_ANOMALY_CHANGED_FIELDS_HPP
#define OPENCV_TEST_ANOMALY_CHANGED_FIELDS_HPP

// Model files in which one field differs from what save wrote.
#include "test_precomp.hpp"

#include <functional>
#include <limits>
#include <sstream>

namespace opencv_test {

struct Format
{
    const char* extension;
    int flag;
};
const Format yaml = {".yml", FileStorage::FORMAT_YAML}, xml = {".xml", FileStorage::FORMAT_XML},
             json = {".json", FileStorage::FORMAT_JSON};
const Format formats[] = {yaml, xml, json};

//! How one field is changed.
struct Change
{
    String path;                             // "settings.K", "models.0.W.rows"
    std::function<void(FileStorage&)> write; // writes the new field; an empty function leaves it out
};

//! Copies a node with one change. Matrices are written as plain numbers.
class Copy
{
public:
    Copy(const Format& format, const Change& c)
        : file(format.extension, FileStorage::WRITE | FileStorage::MEMORY | format.flag),
          change(c)
    {}

    String of(const FileNode& root)
    {
        for (const FileNode& node : root)
            write(node, node.name(), "");
        return file.releaseAndGetString();
    }

private:
    void write(const FileNode& node, const String& key, const String& path)
    {
        const bool changed = path == change.path;
        if (changed && !change.write)
            return;
        if (node.isNamed())
            file << key;
        if (changed)
            change.write(file);
        else if (node.isMap() || node.isSeq())
            writeCollection(node, path);
        else if (node.isInt())
            file << int(node);
        else if (node.isReal())
            file << double(node);
        else
            file << node.string();
    }

    void writeCollection(const FileNode& node, const String& path)
    {
        const bool ofNumbers = node.isSeq() && node.size() > 0 && !(*node.begin()).isMap();
        file << (node.isMap() ? "{" : ofNumbers ? "[:" : "[");
        int index = 0;
        for (const FileNode& part : node)
        {
            const String name = node.isMap() ? part.name() : std::to_string(index++);
            write(part, name, path.empty() ? name : path + "." + name);
        }
        file << (node.isMap() ? "}" : "]");
    }

    FileStorage file;
    const Change& change;
};

//! Returns the paths of all fields, and of the first element of each list.
inline void listFields(const FileNode& node, const String& path, std::vector<String>& fields)
{
    int index = 0;
    for (const FileNode& part : node)
    {
        const String name = node.isMap() ? part.name() : std::to_string(index++);
        if (!node.isMap() && index > 1)
            return;
        const String field = path.empty() ? name : path + "." + name;
        fields.push_back(field);
        if (part.isMap() || part.isSeq())
            listFields(part, field, fields);
    }
}

inline bool isElement(const String& path)
{
    return std::isdigit(path.back()) && path != "models.0";
}

inline bool isCollection(const String& value)
{
    return value == "list" || value == "map";
}

inline bool isWithin(const String& part, const String& text)
{
    return text.find(part) != String::npos;
}

//! Whether an error names the field, or the map or matrix that contains it.
inline bool names(const String& error, const String& path)
{
    std::istringstream parts(path);
    for (String part; std::getline(parts, part, '.');)
        if (!std::isdigit(part[0]) && (isWithin("'" + part + "'", error) || isWithin("Parameter " + part + " ", error)))
            return true;
    // Values in matrices and settings that would be valid are detected by the file's checksums.
    return isWithin("'checksum'", error) || (isWithin("backbone.", path) && isWithin("ackbone '", error)) ||
           (path == "method" && isWithin("method '", error)) ||
           (path == "version" && isWithin("format version", error));
}

//! Replacements for a field, with their names for messages.
inline std::vector<std::pair<const char*, std::function<void(FileStorage&)>>> replacements()
{
    const double nan = std::numeric_limits<double>::quiet_NaN();
    return {{"nothing", nullptr},
            {"0", [](FileStorage& file) { file << 0; }},
            {"-1", [](FileStorage& file) { file << -1; }},
            {"2^31", [](FileStorage& file) { file << 2147483648.; }},
            {"1e308", [](FileStorage& file) { file << 1e308; }},
            {"NaN", [nan](FileStorage& file) { file << nan; }},
            {"text", [](FileStorage& file) { file << "many"; }},
            {"list",
             [](FileStorage& file) {
                 file << "[" << 1 << "x"
                      << "]";
             }},
            {"map", [](FileStorage& file) {
                 file << "{"
                      << "rows" << 1000000 << "cols" << 1000000 << "dt"
                      << "f"
                      << "data" << 1 << "}";
             }}};
}

} // namespace opencv_test

#endif
