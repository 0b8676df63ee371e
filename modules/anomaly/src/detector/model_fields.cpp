// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "model_fields.hpp"
#include "model_text.hpp"

namespace cv { namespace anomaly {

// Elements of lists have no name: the only list of maps is `models`.
static String nameOf(const FileNode& node)
{
    return node.isNamed() ? node.name() : String("models");
}

ModelNode child(const ModelNode& parent, const String& key)
{
    if (!parent.isMap())
        CV_Error_(Error::StsParseError, ("Model file has something else than a map as '%s', so it lacks '%s'",
                                         nameOf(parent).c_str(), key.c_str()));
    const ModelNode node = parent[key];
    if (node.empty())
        CV_Error_(Error::StsParseError, ("Model file lacks '%s' in '%s': it is damaged, or no model of this library",
                                         key.c_str(), nameOf(parent).c_str()));
    return node;
}

double number(const ModelNode& parent, const String& key, double low, double high)
{
    const FileNode node = child(parent, key);
    const double value = node.isInt() || node.isReal() ? double(node) : std::numeric_limits<double>::quiet_NaN();
    if (!(value >= low && value <= high))
        CV_Error_(Error::StsParseError,
                  ("Model file has %g as '%s', expected a number from %g to %g", value, key.c_str(), low, high));
    return value;
}

int integer(const ModelNode& parent, const String& key, int low, int high)
{
    const double value = number(parent, key, low, high);
    if (value != std::floor(value))
        CV_Error_(Error::StsParseError, ("Model file has %g as '%s', expected an integer", value, key.c_str()));
    return int(value);
}

String text(const ModelNode& parent, const String& key)
{
    const FileNode node = child(parent, key);
    if (!node.isString())
        CV_Error_(Error::StsParseError, ("Model file has no text as '%s'", key.c_str()));
    return node.string();
}

bool holdsNumbers(const ModelNode& list)
{
    // The end is asked for once: FileStorage steps through all its blocks to it, 1.4 us of 40 MB.
    const FileNodeIterator end = list.end();
    for (FileNodeIterator i = list.begin(); i != end; ++i)
        if (!(*i).isInt() && !(*i).isReal())
            return false;
    return true;
}

// cv::FileStorage's letter of a type.
static String letterOf(int type)
{
    return type == CV_32F ? "f" : type == CV_16U ? "w" : "u";
}

// cv::FileStorage allocates what the header says, so that is held against the numbers that are there first.
Mat matrix(const ModelNode& parent, const String& key, int type)
{
    const ModelNode node = child(parent, key);
    if (!node.isMap())
        CV_Error_(Error::StsParseError, ("Model file has no matrix as '%s'", key.c_str()));
    const double rows = node["rows"].isInt() ? int(node["rows"]) : 0,
                 cols = node["cols"].isInt() ? int(node["cols"]) : 0;
    const ModelNode data = node["data"];
    const Mat* const binary = data.binary();
    const size_t there = binary ? binary->total() : data.size();
    if (!binary && !holdsNumbers(data))
        CV_Error_(Error::StsParseError, ("Model file has something else than numbers in matrix '%s'", key.c_str()));
    Mat found;
    if (rows >= 1 && cols >= 1 && rows * cols == double(there) && text(node, "dt") == letterOf(type))
    {
        if (binary)
            found = binary->reshape(1, int(rows));
        else
            node >> found;
    }
    if (found.rows != rows || found.cols != cols || found.type() != type)
        CV_Error_(
            Error::StsParseError,
            ("Model file has matrix '%s' of %g x %g with %zu elements, expected rows x columns elements of type %s",
             key.c_str(), rows, cols, there, typeToString(type).c_str()));
    return found;
}

void expectSize(const Mat& matrix, const char* key, int rows, int64 cols)
{
    if (matrix.rows != rows || matrix.cols != cols)
        CV_Error_(Error::StsParseError, ("Model file has matrix '%s' of %d x %d, expected %d x %.0f", key, matrix.rows,
                                         matrix.cols, rows, double(cols)));
    if (!checkRange(matrix))
        CV_Error_(Error::StsParseError, ("Model file has NaN or infinity in matrix '%s'", key));
}

std::vector<int> readChannels(const ModelNode& node, size_t scales)
{
    const FileNode list = child(node, "channels");
    std::vector<int> channels;
    for (FileNodeIterator i = list.begin(); i != list.end(); ++i)
        channels.push_back((*i).isInt() ? int(*i) : 0);
    if (channels.size() != scales || *std::min_element(channels.begin(), channels.end()) < 1 ||
        *std::max_element(channels.begin(), channels.end()) > (1 << 20))
        CV_Error_(Error::StsParseError, ("Model file has no list of %zu channel counts from 1 to 2^20, one for each "
                                         "of 'outputs', as 'channels'",
                                         scales));
    return channels;
}

void writeChannels(FileStorage& file, const std::vector<int>& channels)
{
    file << "channels"
         << "[:";
    for (const int count : channels)
        file << count;
    file << "]";
}

std::vector<int> readIntegers(const ModelNode& parent, const String& key)
{
    const FileNode list = child(parent, key);
    std::vector<int> values;
    for (FileNodeIterator i = list.begin(); i != list.end(); ++i)
        values.push_back((*i).isInt() ? int(*i) : -1);
    return values;
}

std::vector<double> readDoubles(const ModelNode& parent, const String& key)
{
    const ModelNode list = child(parent, key);
    const Mat* const binary = list.binary();
    if (binary ? binary->type() != CV_64F : !holdsNumbers(list))
        CV_Error_(Error::StsParseError, ("Model file has no list of numbers as '%s'", key.c_str()));
    std::vector<double> values;
    if (binary)
        values.assign(binary->begin<double>(), binary->end<double>());
    else
        list >> values;
    return values;
}

void writeIntegers(FileStorage& file, const String& key, const std::vector<int>& values)
{
    file << key << "[:";
    for (const int value : values)
        file << value;
    file << "]";
}

static String tooLarge(size_t matrixBytes, const char* instead)
{
    const double mebibyte = 1 << 20;
    return format("The model takes %.0f MiB, but a model file holds %.0f MiB: %s", double(matrixBytes) / mebibyte,
                  double(mostMatrixBytes) / mebibyte, instead);
}

void checkFitsIntoFile(size_t matrixBytes, const char* instead)
{
    if (matrixBytes > mostMatrixBytes)
        CV_Error(Error::StsOutOfRange, tooLarge(matrixBytes, instead));
}

void warnIfTooLargeForFile(size_t matrixBytes, const char* instead)
{
    if (matrixBytes > mostMatrixBytes)
        CV_LOG_WARNING(NULL, "anomaly: " << tooLarge(matrixBytes, instead) << ". It can be used, but not saved");
}

}} // namespace cv::anomaly
