// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "dataset.hpp"
#include "csv.hpp"
#include "files.hpp"

#include "opencv2/core/utils/filesystem.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>

namespace fs = cv::utils::fs;

static bool isCsv(const std::string& category)
{
    return extension(category) == "csv" && !fs::isDirectory(category);
}

static std::vector<std::string> goodImagesOfFolder(const std::string& folder)
{
    const std::string train = fs::join(fs::join(folder, "train"), "good");
    const std::string source = fs::isDirectory(train) ? train : folder;
    const std::vector<std::string> files = listImages(source);
    if (files.empty())
        throw std::runtime_error("there are no images in '" + source + "' (folders inside it are not searched)");
    return files;
}

// Without any label all images are good.
static std::string typeOf(const CsvFile& csv, size_t row)
{
    if (csv.has("label"))
    {
        const std::string& label = csv.at(row, "label");
        if (label.empty())
            throw std::runtime_error("'" + csv.name() + "' has no label for '" + csv.at(row, "image_path") + "'");
        return label == "normal" ? "good" : label;
    }
    return csv.has("label_index") && csv.at(row, "label_index") != "0" ? "defective" : "good";
}

static std::vector<TestImage> imagesOf(const CsvFile& csv, const std::string& split)
{
    std::vector<TestImage> images;
    for (size_t row = 0; row < csv.rows(); row++)
    {
        if (csv.has("split") && csv.at(row, "split") != split)
            continue;
        const TestImage image = {csv.path(row, "image_path"), typeOf(csv, row), csv.has("mask_path") ? csv.path(row, "mask_path") : ""};
        images.push_back(image);
    }
    return images;
}

static std::vector<std::string> goodImagesOfCsv(const std::string& file)
{
    std::vector<std::string> files;
    for (const TestImage& image : imagesOf(CsvFile(file), "train"))
        if (!image.isDefective())
            files.push_back(image.file);
    if (files.empty())
        throw std::runtime_error("'" + file + "' has no good image to learn from");
    return files;
}

std::vector<std::string> goodImages(const std::string& category)
{
    return isCsv(category) ? goodImagesOfCsv(category) : goodImagesOfFolder(category);
}

// Mask files by the name of their test image.
static std::map<std::string, std::string> masksOf(const std::string& folder)
{
    std::map<std::string, std::string> masks;
    if (!fs::isDirectory(folder))
        return masks;
    const std::string ending = "_mask";
    for (const std::string& file : listImages(folder))
    {
        const std::string name = withoutExtension(fileName(file));
        if (name.size() > ending.size() && name.compare(name.size() - ending.size(), ending.size(), ending) == 0)
            masks[name.substr(0, name.size() - ending.size())] = file;
    }
    return masks;
}

static void addType(const std::string& category, const std::string& type, std::vector<TestImage>& images)
{
    std::map<std::string, std::string> masks = masksOf(fs::join(fs::join(category, "ground_truth"), type));
    for (const std::string& file : listImages(fs::join(fs::join(category, "test"), type)))
    {
        const TestImage image = {file, type, type == "good" ? "" : masks[withoutExtension(fileName(file))]};
        images.push_back(image);
    }
}

// Without a mask where others have one, pixel figures would count a defect as good.
static bool checkMasks(const std::string& category, const std::vector<TestImage>& images)
{
    const TestImage* without = NULL;
    bool hasMasks = false;
    for (const TestImage& image : images)
    {
        hasMasks |= !image.mask.empty();
        if (image.isDefective() && image.mask.empty() && !without)
            without = &image;
    }
    if (hasMasks && without)
        throw std::runtime_error("'" + without->file + "' has no mask: expected '" +
                                 (isCsv(category) ? "mask_path' of '" + category
                                                  : category + "/ground_truth/" + without->type + "/" + withoutExtension(fileName(without->file)) + "_mask.png") + "'");
    return hasMasks;
}

static TestSet testSetOfCsv(const std::string& file)
{
    TestSet set = {imagesOf(CsvFile(file), "test"), false};
    std::stable_sort(set.images.begin(), set.images.end(), [](const TestImage& a, const TestImage& b) {
        return a.isDefective() != b.isDefective() ? b.isDefective() : a.isDefective() && a.type < b.type;
    });
    if (set.images.empty() || set.images.front().isDefective() || !set.images.back().isDefective())
        throw std::runtime_error("'" + file + "' has no " + (set.images.empty() || set.images.front().isDefective() ? "good" : "defective") + " image to test with");
    set.hasMasks = checkMasks(file, set.images);
    return set;
}

static TestSet testSetOfFolder(const std::string& category)
{
    const std::string test = fs::join(category, "test");
    if (!fs::isDirectory(test))
        throw std::runtime_error("'" + category + "' is no category in MVTec layout: there is no folder '" + test + "'");
    TestSet set;
    if (fs::isDirectory(fs::join(test, "good")))
        addType(category, "good", set.images);
    if (set.images.empty())
        throw std::runtime_error("there are no images in '" + fs::join(test, "good") + "'");
    const size_t good = set.images.size();
    for (const std::string& type : listFolder(test))
        if (type != "good" && fs::isDirectory(fs::join(test, type)))
            addType(category, type, set.images);
    if (set.images.size() == good)
        throw std::runtime_error("there are no defective images in '" + test + "': expected them in a folder for each type, beside good");
    set.hasMasks = checkMasks(category, set.images);
    return set;
}

TestSet readTestSet(const std::string& category)
{
    return isCsv(category) ? testSetOfCsv(category) : testSetOfFolder(category);
}
