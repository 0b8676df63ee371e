// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_CSV_HPP
#define ANOMALY_SAMPLES_CSV_HPP

#include <string>
#include <vector>

/** The rows of a CSV file (RFC 4180). Fields are found by the names of columns in the first row.

Programs write CSV in different ways: with commas, semicolons, tabs or bars between fields, in UTF-8 or UTF-16, with
blanks around fields, or with empty rows at the end. All of these are read. Letter case and blanks in the names of
columns do not matter.
*/
class CsvFile
{
public:
    //! Reads a file. Throws if that fails, or if a row has another number of fields than the first row.
    explicit CsvFile(const std::string& file);
    //! Reads a text instead of a file. `name` stands for it in messages.
    CsvFile(const std::string& text, const std::string& name);

    const std::string& name() const { return file; }
    size_t rows() const { return fields.size(); }
    //! Names of the columns, unchanged.
    const std::vector<std::string>& columns() const { return names; }
    //! Whether there is such a column. Throws if there are two.
    bool has(const std::string& column) const;
    //! Throws unless there is exactly one such column.
    void require(const std::string& column) const;
    //! The field of a row. Throws unless there is exactly one such column.
    const std::string& at(size_t row, const std::string& column) const;

    /** The path of a file that a field names; empty if the field is.

    The name is looked up in the folder of the CSV file, then in the folder above, because some data sets keep lists in
    a folder of their own. Backslashes are taken as slashes unless there is a file whose name has them.
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
    std::vector<std::string> names, plainNames; // plainNames: results of plainColumn
    std::vector<std::vector<std::string>> fields;
};

//! Whether the name of a file says that it is a list: .csv, .tsv or .txt.
bool isListFile(const std::string& path);

//! A field for a row of CSV, in quotes if it needs them.
std::string csvField(const std::string& text);

//! A word in lower case and without blanks at its ends, so that words that people typed can be compared.
std::string plainWord(const std::string& text);

//! The plainWord of a column's name, with underscores instead of blanks and hyphens.
std::string plainColumn(const std::string& column);

#endif
