// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "image_list.hpp"
#include "files.hpp"
#include "masks.hpp"

#include "opencv2/core/utils/filesystem.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <stdexcept>

namespace {

const char* const goodLabels = "good, ok, normal, pass, 0 or false";

bool isOneOf(const std::string& word, const std::set<std::string>& words)
{
    return words.count(word) > 0;
}

// Returns "0" for "0.0" and "1" for "1.0": programs such as pandas write whole numbers so if a column has gaps.
std::string withoutFraction(const std::string& word)
{
    char* end = NULL;
    const double number = std::strtod(word.c_str(), &end);
    return !word.empty() && !*end && (number == 0 || number == 1) ? (number == 0 ? "0" : "1") : word;
}

// A field, or an empty text if the list lacks the column.
std::string fieldOf(const CsvFile& csv, size_t row, const std::string& column)
{
    return csv.has(column) ? csv.at(row, column) : std::string();
}

std::string maskColumn(const CsvFile& csv)
{
    return csv.has("mask_path") ? "mask_path" : "mask";
}

// Throws if a row has a label_index that says neither good nor defective, as that of another numbering does.
void checkIndex(const CsvFile& csv, const std::string& index, const std::string& image)
{
    static const std::set<std::string> known = {"", "0", "1", "false", "true"};
    if (!isOneOf(withoutFraction(plainWord(index)), known))
        throw std::runtime_error("'" + csv.name() + "' has label_index '" + index + "' for '" + image +
                                 "', expected 0 for a good image or 1 for a defective one");
}

// Returns the defect type of a row, or "good". Throws if the row has no label, or two that contradict each other.
std::string typeOf(const CsvFile& csv, size_t row)
{
    const std::string label = fieldOf(csv, row, "label"), index = fieldOf(csv, row, "label_index"),
                      type = typeOfLabel(label);
    if (!csv.has("label") && !csv.has("label_index"))
        return "good";
    const std::string& image = csv.at(row, imageColumn(csv));
    checkIndex(csv, index, image);
    if (label.empty() && index.empty())
        throw std::runtime_error("'" + csv.name() + "' has no label for '" + image + "'");
    if (label.empty() || index.empty())
        return typeOfLabel(label + index);
    if ((typeOfLabel(index) == "good") != (type == "good"))
        throw std::runtime_error("'" + csv.name() + "' has label '" + label + "' but label_index '" + index +
                                 "' for '" + image + "'");
    return type;
}

std::string splitOf(const CsvFile& csv, size_t row)
{
    const std::string split = plainWord(fieldOf(csv, row, "split"));
    return split == "training" ? "train" : split == "testing" ? "test" : split;
}

// Returns counts by label, such as "3 good, 2 'hole', 1 'NG'", in alphabetical order.
std::string countsOf(const std::map<std::string, int>& counts)
{
    std::string text;
    for (const std::pair<const std::string, int>& count : counts)
        text += (text.empty() ? "" : ", ") + std::to_string(count.second) + " " +
                (count.first == "good" ? "good" : "'" + count.first + "'");
    return text.empty() ? "none" : text;
}

} // namespace

std::string imageColumn(const CsvFile& list)
{
    return !list.has("image_path") && list.has("image") ? "image" : "image_path";
}

std::string typeOfLabel(const std::string& label)
{
    static const std::set<std::string> good = {"good",   "ok",    "okay", "normal",    "pass",
                                               "passed", "false", "0",    "no defect", "no_defect"};
    const std::string word = withoutFraction(plainWord(label));
    if (isOneOf(word, good))
        return "good";
    return word == "1" || word == "true" ? "defective" : label;
}

ImageList::ImageList(const std::string& f, const std::string& object) : file(f)
{
    const CsvFile csv(file);
    csv.require(imageColumn(csv));
    hasSplit = csv.has("split");
    checkObject(csv, object);
    noteUnknownColumns(csv);
    readRows(csv, object);
    checkUnlabeled(csv);
}

// Throws if the list has several categories and none was chosen.
void ImageList::checkObject(const CsvFile& csv, const std::string& object) const
{
    if (!object.empty() || !csv.has("object"))
        return;
    std::set<std::string> objects;
    for (size_t row = 0; row < csv.rows(); row++)
        objects.insert(csv.at(row, "object"));
    if (objects.size() > 1)
        throw std::runtime_error(
            "'" + file + "' lists " + std::to_string(objects.size()) + " categories in its column object (" +
            quoted(std::vector<std::string>(objects.begin(), objects.end())) +
            "), each of which needs a model of its own: give the folder of one of them, or a list of its rows");
}

// Notes unknown columns. Without any known label column they are an error, because a misspelled "label" would make
// every image good.
void ImageList::noteUnknownColumns(const CsvFile& csv)
{
    static const std::set<std::string> known = {"image_path", "image",  "label", "label_index", "mask_path", "mask",
                                                "split",      "object", ""};
    std::vector<std::string> unknown;
    for (const std::string& name : csv.columns())
        if (!isOneOf(plainColumn(name), known))
            unknown.push_back(name);
    if (unknown.empty())
        return;
    const bool isLabeled = csv.has("label") || csv.has("label_index");
    const std::string named = "'" + file + "' has columns that are not known: " + quoted(unknown);
    if (!isLabeled)
        throw std::runtime_error(named + ", and no column label that says which images are good: rename the one that "
                                         "does, or remove them if all are good");
    notes.push_back(named);
}

void ImageList::readRows(const CsvFile& csv, const std::string& object)
{
    const std::string image = imageColumn(csv), mask = maskColumn(csv);
    for (size_t row = 0; row < csv.rows(); row++)
    {
        if (!object.empty() && csv.at(row, "object") != object)
            continue;
        Row read = {{csv.path(row, image), typeOf(csv, row), std::vector<std::string>()}, splitOf(csv, row)};
        if (!fieldOf(csv, row, mask).empty())
            read.image.masks.push_back(csv.path(row, mask));
        rows.push_back(read);
    }
}

// Throws if the list has no labels, which makes all images good, but a mask marks a defect.
void ImageList::checkUnlabeled(const CsvFile& csv) const
{
    if (csv.has("label") || csv.has("label_index"))
        return;
    for (const Row& row : rows)
        for (const std::string& mask : row.image.masks)
            if (cv::countNonZero(readMask(mask)) > 0)
                throw std::runtime_error("'" + file + "' has no column label or label_index, but the mask '" + mask +
                                         "' marks a defect: add one that says which images are good");
}

bool ImageList::isOf(const Row& row, const std::string& split) const
{
    return !hasSplit || row.split == split;
}

// Describes for a message which labels a split has, and how many rows belong to other splits.
std::string ImageList::contents(const std::string& split) const
{
    std::map<std::string, int> types, others;
    for (const Row& row : rows)
        (isOf(row, split) ? types[row.image.type] : others[row.split])++;
    std::string text = hasSplit ? "images with split " + split + ": " + countsOf(types) : "images: " + countsOf(types);
    return others.empty() ? text : text + "; rows with another split: " + countsOf(others);
}

// Whether a mask marks a defect. A mask file that is missing is ignored here.
static bool marksDefect(const TestImage& image)
{
    return std::any_of(image.masks.begin(), image.masks.end(), [](const std::string& mask) {
        return cv::utils::fs::exists(mask) && cv::countNonZero(readMask(mask)) > 0;
    });
}

GoodImages ImageList::goodImages() const
{
    GoodImages good;
    std::vector<std::string> contradictory;
    for (const Row& row : rows)
        if (isOf(row, "train") && !row.image.isDefective())
        {
            good.files.push_back(row.image.file);
            if (marksDefect(row.image))
                contradictory.push_back(row.image.file);
        }
    if (good.files.empty())
        throw std::runtime_error("'" + file + "' has no good image to learn from; " + contents("train") +
                                 "; good ones have the label " + goodLabels);
    good.notes = notes;
    if (!contradictory.empty())
        good.notes.push_back(counted(contradictory.size(), "image is", "images are") +
                             " listed as good, but the mask marks a defect: " + quoted(contradictory));
    good.summary = "'" + file + "' is a list; " + contents("train") + "; the good ones are learned";
    return good;
}

TestSet ImageList::testSet() const
{
    TestSet set = TestSet();
    for (const Row& row : rows)
        if (isOf(row, "test"))
            set.images.push_back(row.image);
    std::stable_sort(set.images.begin(), set.images.end(), [](const TestImage& a, const TestImage& b) {
        return a.isDefective() != b.isDefective() ? b.isDefective() : a.isDefective() && a.type < b.type;
    });
    const bool hasGood = !set.images.empty() && !set.images.front().isDefective();
    if (!hasGood || !set.images.back().isDefective())
        throw std::runtime_error("'" + file + "' has no " + (hasGood ? "defective" : "good") + " image to test with; " +
                                 contents("test") + "; good ones have the label " + goodLabels);
    set.notes = notes;
    set.summary = "'" + file + "' is a list; " + contents("test");
    return set;
}
