// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_CSV_HPP
#define ANOMALY_SAMPLES_CSV_HPP

#include <string>
#include <vector>

/** The rows of a CSV file (RFC 4180), found by the names in its first row.

Spreadsheets write it in many ways: commas, semicolons, tabs or bars between fields, UTF-8 or UTF-16, blanks around
fields, empty rows at the end. All of them are read. Case and blanks of the names in the first row do not matter.
*/
class CsvFile
{
public:
    //! Throws when the file cannot be read, or a row has another number of fields than the first.
    explicit CsvFile(const std::string& file);
    //! The same for a text; `name` is for messages.
    CsvFile(const std::string& text, const std::string& name);

    const std::string& name() const { return file; }
    size_t rows() const { return fields.size(); }
    //! The names in the first row, as they stand there.
    const std::vector<std::string>& columns() const { return names; }
    //! Throws when there are two of that name.
    bool has(const std::string& column) const;
    //! Throws when there is no such column.
    void require(const std::string& column) const;
    //! The same.
    const std::string& at(size_t row, const std::string& column) const;

    /** A file that a row names; empty where the field is.

    It is looked for beside the CSV file, then from the folder above, as lists in a folder of their own mean it.
    Backslashes separate folders where no file's name holds them.
    */
    std::string path(size_t row, const std::string& column) const;

private:
    void parse(const std::string& text);
    void addRow(const std::vector<std::string>& row, int line);
    size_t find(const std::string& column) const;
    std::string beside(const std::string& name, const std::string& folder) const;

    std::string file;
    char delimiter;
    std::vector<std::string> names, plainNames; // plainNames: as plainColumn has them
    std::vector<std::vector<std::string>> fields;
};

//! Whether a file's name says that it is a list: .csv, .tsv or .txt.
bool isListFile(const std::string& path);

//! A field as it stands in a row, in quotes where it needs them.
std::string csvField(const std::string& text);

//! In small letters and without blanks at the ends, to compare what people type.
std::string plainWord(const std::string& text);

//! The same for the name of a column, with underscores in place of blanks and hyphens.
std::string plainColumn(const std::string& column);

//! The path with slashes in place of backslashes.
std::string withSlashes(std::string path);

#endif
