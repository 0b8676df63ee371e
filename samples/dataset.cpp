// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "dataset.hpp"
#include "csv.hpp"
#include "files.hpp"
#include "image_list.hpp"
#include "layout.hpp"

#include "opencv2/core/utils/filesystem.hpp"

#include <algorithm>
#include <stdexcept>

namespace fs = cv::utils::fs;

// Whether a category is given as a list, and not as a folder.
static bool isList(const std::string& category)
{
    return isListFile(category) && fs::exists(category) && !fs::isDirectory(category);
}

// Throws if a category is neither a folder nor a list. That a folder is missing is reported where it is listed.
static void checkKind(const std::string& category)
{
    if (isListFile(category) && !fs::exists(category))
        throw std::runtime_error("there is no file '" + category + "'");
    if (fs::exists(category) && !fs::isDirectory(category) && !isListFile(category))
        throw std::runtime_error("'" + category +
                                 "' is neither a folder nor a list: expected a folder of images, or a list of them "
                                 "whose name ends in .csv, .tsv or .txt");
}

GoodImages readGoodImages(const std::string& category)
{
    checkKind(category);
    return isList(category) ? ImageList(category).goodImages() : goodImagesOfFolder(category);
}

// Where a mask was looked for, for an error message.
static std::string expectedMask(const std::string& category, const TestImage& image)
{
    if (isList(category))
        return "mask_path' of '" + category;
    return category + "/ground_truth/" + image.type + "/" + withoutExtension(fileName(image.file)) + "_mask.png";
}

// Ends with an error if some defective images have masks and others do not: without its mask, a defect would be counted
// as good pixels.
static void checkMasks(const std::string& category, const TestSet& set)
{
    for (const TestImage& image : set.images)
        if (set.hasMasks && image.isDefective() && image.masks.empty())
            throw std::runtime_error("'" + image.file + "' has no mask: expected '" + expectedMask(category, image) +
                                     "'");
}

TestSet readTestSet(const std::string& category)
{
    checkKind(category);
    TestSet set = isList(category) ? ImageList(category).testSet() : testSetOfFolder(category);
    set.hasMasks =
        std::any_of(set.images.begin(), set.images.end(), [](const TestImage& image) { return !image.masks.empty(); });
    checkMasks(category, set);
    return set;
}
