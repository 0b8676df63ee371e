// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_CSV_HPP
#define ANOMALY_SAMPLES_CSV_HPP

#include <string>
#include <vector>

//! The rows of a CSV file (RFC 4180), found by the names in its first row.
class CsvFile
{
public:
    //! Throws when the file cannot be read, or a row has another number of fields than the first.
    explicit CsvFile(const std::string& file);
    //! The same for a text; `name` is for messages.
    CsvFile(const std::string& text, const std::string& name);

    const std::string& name() const { return file; }
    size_t rows() const { return fields.size(); }
    bool has(const std::string& column) const;
    //! Throws when there is no such column.
    const std::string& at(size_t row, const std::string& column) const;
    //! A file that a row names, relative to the folder of the CSV file; empty where the field is.
    std::string path(size_t row, const std::string& column) const;

private:
    void parse(const std::string& text);
    size_t find(const std::string& column) const;

    std::string file;
    std::vector<std::string> names;
    std::vector<std::vector<std::string> > fields;
};

//! A field as it stands in a row, in quotes where it needs them.
std::string csvField(const std::string& text);

#endif
