// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "layout.hpp"
#include "csv.hpp"
#include "files.hpp"
#include "image_list.hpp"
#include "masks.hpp"

#include "opencv2/core/utils/filesystem.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

namespace fs = cv::utils::fs;

namespace {

typedef std::vector<std::string> Names;

const Names goodNames = {"good", "ok", "normal"};
const Names maskFolderNames = {"ground_truth", "gt", "masks", "mask"};
const Names maskEndings = {"_mask", "_MASK", "_Mask", "_GT", "_gt"};

bool isOneOf(const std::string& name, const Names& names)
{
    return std::find(names.begin(), names.end(), plainWord(name)) != names.end();
}

Names subfolders(const std::string& folder)
{
    Names names;
    for (const std::string& name : fs::isDirectory(folder) ? listFolder(folder) : Names())
        if (fs::isDirectory(fs::join(folder, name)))
            names.push_back(name);
    return names;
}

// The folder inside another that has one of these names in any case, by their order; empty if there is none.
std::string subfolder(const std::string& folder, const Names& names)
{
    const Names inside = subfolders(folder);
    for (const std::string& wanted : names)
        for (const std::string& name : inside)
            if (plainWord(name) == wanted)
                return fs::join(folder, name);
    return std::string();
}

std::string stem(const std::string& file)
{
    return withoutExtension(fileName(file));
}

//! Images of a folder, and the masks that lie beside them.
struct Pictures
{
    Names images;
    std::map<std::string, std::string> masks; // by image
    bool areInRgb;
};

// Moves NAME_mask, where NAME is there too, from the images to the masks.
Pictures withMasksApart(const Names& files)
{
    std::map<std::string, std::string> byStem;
    for (const std::string& file : files)
        byStem[stem(file)] = file;
    Pictures pictures = Pictures();
    std::set<std::string> masks;
    for (const std::string& file : files)
        for (const std::string& ending : maskEndings)
        {
            const auto mask = byStem.find(stem(file) + ending);
            if (mask != byStem.end() && masks.insert(mask->second).second)
                pictures.masks[file] = mask->second;
        }
    for (const std::string& file : files)
        if (!masks.count(file))
            pictures.images.push_back(file);
    return pictures;
}

Pictures picturesIn(const std::string& folder, LeftOut& leftOut)
{
    const std::string rgb = subfolder(folder, {"rgb"});
    if (!rgb.empty() && listImages(folder).empty())
    {
        Pictures pictures = withMasksApart(listImages(rgb, leftOut));
        pictures.areInRgb = true;
        return pictures;
    }
    LeftOut own;
    const Pictures pictures = withMasksApart(listImages(folder, own));
    const auto isMask = [](const std::string& file) { return isOneOf(fileName(fs::getParent(file)), maskFolderNames); };
    own.deeper.erase(std::remove_if(own.deeper.begin(), own.deeper.end(), isMask), own.deeper.end());
    leftOut.add(own);
    return pictures;
}

//! The masks of a defect type's images, wherever they are.
class MaskFolder
{
public:
    explicit MaskFolder(const std::string& folder) : hasFolders(false)
    {
        if (folder.empty() || !fs::isDirectory(folder))
            return;
        for (const std::string& file : listImages(folder))
            masks[stem(file)].push_back(file);
        for (const std::string& name : subfolders(folder))
            masks[name] = listImages(fs::join(folder, name));
        hasFolders = !subfolders(folder).empty();
    }

    Names of(const std::string& image) const
    {
        for (const std::string& ending : maskEndings)
            if (masks.count(stem(image) + ending))
                return masks.at(stem(image) + ending);
        return masks.count(stem(image)) ? masks.at(stem(image)) : Names();
    }

    bool hasFolders; // one for each image

private:
    std::map<std::string, Names> masks;
};

std::string maskFolderOf(const std::string& category, const std::string& test, const std::string& type)
{
    const std::string own = subfolder(fs::join(test, type), maskFolderNames);
    if (!own.empty())
        return own;
    const std::string above = test == category ? category : fs::getParent(test); // Data, of VisA's Data/Images
    for (const std::string& place : {category, test, above})
        for (const std::string& name : maskFolderNames)
        {
            const std::string masks = subfolder(place, {name}),
                              found = masks.empty() ? masks : subfolder(masks, {plainWord(type)});
            if (!found.empty())
                return found;
        }
    return std::string();
}

std::string relativeTo(const std::string& folder, const std::string& path)
{
    return path.compare(0, folder.size(), folder) == 0 && path.size() > folder.size() ? path.substr(folder.size() + 1)
                                                                                      : path;
}

//! Reads the test images of a category.
class TestFolder
{
public:
    explicit TestFolder(const std::string& c)
        : set(),
          category(c),
          test(subfolder(c, {"test", "test_public"})),
          good(0),
          hasRgb(false),
          hasMaskFolders(false),
          isPaired(false)
    {
        if (test.empty())
            test = rootWithoutSplit();
        for (const std::string& type : subfolders(test))
            if (isOneOf(type, goodNames))
                addType(type, "good");
        good = set.images.size();
        for (const std::string& type : subfolders(test))
            if (!isOneOf(type, goodNames) && !isOneOf(type, maskFolderNames))
                addType(type, type);
        addLooseImages();
        check();
        set.notes = leftOut.notes();
        set.summary = summary();
    }

    TestSet set;

private:
    std::string rootWithoutSplit() const;
    void addType(const std::string& folder, const std::string& type);
    void addLooseImages();
    void addPairs(const Pictures& pictures);
    void check() const;
    std::string layoutName() const;
    std::string summary() const;

    const std::string category;
    std::string test;
    Names goodFolders;
    size_t good; // images
    bool hasRgb, hasMaskFolders, isPaired;
    LeftOut leftOut;
};

// Where nothing says what to learn from and what to test with.
std::string rootOfAll(const std::string& category)
{
    const std::string data = subfolder(category, {"data"}), images = data.empty() ? data : subfolder(data, {"images"});
    const std::string root = images.empty() ? category : images;
    return subfolder(root, goodNames).empty() ? std::string() : root;
}

std::string TestFolder::rootWithoutSplit() const
{
    const std::string root = subfolder(category, {"train"}).empty() ? rootOfAll(category) : std::string();
    if (root.empty())
        throw std::runtime_error("'" + category + "' is no category in MVTec layout: there is no folder '" +
                                 fs::join(category, "test") + "'; anomaly_evaluate --help lists other layouts");
    return root;
}

void TestFolder::addType(const std::string& folder, const std::string& type)
{
    const Pictures pictures = picturesIn(fs::join(test, folder), leftOut);
    hasRgb |= pictures.areInRgb;
    if (type == "good" && !pictures.images.empty())
        goodFolders.push_back(fs::join(test, folder));
    const MaskFolder masks(type == "good" ? std::string() : maskFolderOf(category, test, folder));
    hasMaskFolders |= masks.hasFolders;
    for (const std::string& file : pictures.images)
    {
        const auto beside = pictures.masks.find(file);
        TestImage image = {file, type, Names()};
        if (type != "good")
            image.masks = beside != pictures.masks.end() ? Names(1, beside->second) : masks.of(file);
        set.images.push_back(image);
    }
}

// Images that lie in test itself: labeled by masks beside them, or left out.
void TestFolder::addLooseImages()
{
    LeftOut loose;
    const Pictures pictures = withMasksApart(listImages(test, loose));
    isPaired = set.images.empty() && !pictures.masks.empty();
    if (isPaired)
        return addPairs(pictures);
    loose.deeper = pictures.images;
    leftOut.add(loose);
}

void TestFolder::addPairs(const Pictures& pictures)
{
    std::vector<TestImage> defective;
    for (const std::string& file : pictures.images)
    {
        const auto mask = pictures.masks.find(file);
        const bool isGood = mask == pictures.masks.end() || cv::countNonZero(readMask(mask->second)) == 0;
        if (isGood)
            set.images.push_back({file, "good", Names()});
        else
            defective.push_back({file, "defective", Names(1, mask->second)});
    }
    good = set.images.size();
    set.images.insert(set.images.end(), defective.begin(), defective.end());
    goodFolders.push_back(test);
}

void TestFolder::check() const
{
    if (good == 0)
        throw std::runtime_error("there are no images in '" + fs::join(test, "good") + "' (nor in ok or normal)");
    if (set.images.size() == good)
        throw std::runtime_error("there are no defective images in '" + test +
                                 "': expected them in a folder for each type, beside good");
}

std::string TestFolder::layoutName() const
{
    if (isPaired)
        return "KolektorSDD2";
    if (hasRgb)
        return "MVTec 3D-AD";
    if (hasMaskFolders)
        return "MVTec LOCO AD";
    if (plainWord(fileName(test)) == "test_public")
        return "MVTec AD 2";
    if (plainWord(fileName(test)) == "images")
        return "VisA";
    return plainWord(fileName(goodFolders[0])) == "ok" ? "BTAD" : "MVTec AD";
}

std::string TestFolder::summary() const
{
    std::map<std::string, int> counts;
    size_t masked = 0;
    for (const TestImage& image : set.images)
    {
        if (image.isDefective())
            counts[image.type]++;
        masked += !image.masks.empty();
    }
    std::string types;
    for (const std::pair<const std::string, int>& count : counts)
        types += (types.empty() ? "" : ", ") + std::to_string(count.second) + " " + count.first;
    return "'" + category + "' has the layout of " + layoutName() + ": " + counted(good, "good image", "good images") +
           " in '" + relativeTo(category, goodFolders[0]) + "', defective ones: " + types +
           "; masks: " + (masked ? std::to_string(masked) : "none");
}

} // namespace

// ---- images to learn from

namespace {

GoodImages goodOf(const std::string& category, const std::string& folder)
{
    LeftOut leftOut;
    const Pictures pictures = picturesIn(folder, leftOut);
    GoodImages good;
    size_t defective = 0;
    for (const std::string& file : pictures.images)
    {
        const auto mask = pictures.masks.find(file);
        if (mask == pictures.masks.end() || cv::countNonZero(readMask(mask->second)) == 0)
            good.files.push_back(file);
        else
            defective++;
    }
    good.summary = "'" + category + "': " + counted(good.files.size(), "good image", "good images") +
                   (folder == category ? "" : " in '" + relativeTo(category, folder) + "'") +
                   (defective ? "; " + std::to_string(defective) + " left out, whose masks mark a defect" : "");
    good.notes = leftOut.notes();
    return good;
}

// Of the folders that may hold them, the first that is there; else the category itself.
std::string folderToLearn(const std::string& category)
{
    const std::string train = subfolder(category, {"train"}),
                      good = train.empty() ? train : subfolder(train, goodNames);
    if (!good.empty())
        return good;
    if (!train.empty() && !listImages(train).empty())
        return train;
    const std::string root = listImages(category).empty() ? rootOfAll(category) : std::string();
    return root.empty() ? category : subfolder(root, goodNames);
}

// VisA is published with a list of all categories, which says what to learn from, in a folder beside them.
std::string listBeside(const std::string& category)
{
    const std::string list = fs::join(fs::join(fs::join(category, ".."), "split_csv"), "1cls.csv");
    return !subfolder(category, {"data"}).empty() && fs::exists(list) ? list : std::string();
}

std::string ownName(const std::string& category)
{
    return fileName(fs::canonical(category));
}

} // namespace

GoodImages goodImagesOfFolder(const std::string& category)
{
    const std::string list = listBeside(category);
    if (!list.empty())
        return ImageList(list, ownName(category)).goodImages();
    const std::string folder = folderToLearn(category);
    const GoodImages good = goodOf(category, folder);
    if (good.files.empty())
        throw std::runtime_error("there are no images in '" + folder + "' (folders inside it are not searched)");
    return good;
}

TestSet testSetOfFolder(const std::string& category)
{
    const std::string list = listBeside(category);
    return list.empty() ? TestFolder(category).set : ImageList(list, ownName(category)).testSet();
}
