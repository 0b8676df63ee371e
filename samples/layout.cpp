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

// Whether a folder has one of these names, in upper or lower case.
bool isOneOf(const std::string& name, const Names& names)
{
    return std::find(names.begin(), names.end(), plainWord(name)) != names.end();
}

Names subfolders(const std::string& folder)
{
    Names names;
    for (const std::string& name : fs::isDirectory(folder) ? listFolder(folder) : Names())
        if (fs::isDirectory(joined(folder, name)))
            names.push_back(name);
    return names;
}

// Returns the first folder inside `folder` that has one of the names, in upper or lower case. The order of the names
// decides between several. Returns an empty text if there is none.
std::string subfolder(const std::string& folder, const Names& names)
{
    const Names inside = subfolders(folder);
    for (const std::string& wanted : names)
        for (const std::string& name : inside)
            if (plainWord(name) == wanted)
                return joined(folder, name);
    return std::string();
}

std::string stem(const std::string& file)
{
    return withoutExtension(fileName(file));
}

//! The images of a folder, and the masks that lie in the same folder.
struct Pictures
{
    Names images;
    std::map<std::string, std::string> masks; // mask files by image files
    bool areInRgb;                            // whether the images are in a subfolder "rgb", as in MVTec 3D-AD
};

// Separates files into images and masks: NAME_mask is the mask of NAME if both exist.
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

// Returns the images of one label's folder.
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

//! The masks of one defect type: files in a folder, or a subfolder of files for each image, as in MVTec LOCO AD.
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
            masks[name] = listImages(joined(folder, name));
        hasFolders = !subfolders(folder).empty();
    }

    Names of(const std::string& image) const
    {
        for (const std::string& ending : maskEndings)
            if (masks.count(stem(image) + ending))
                return masks.at(stem(image) + ending);
        return masks.count(stem(image)) ? masks.at(stem(image)) : Names();
    }

    bool hasFolders; // whether there is a subfolder for each image

private:
    std::map<std::string, Names> masks;
};

// Returns the folders that hold the masks of several types: those of the category, of the test folder, and of the
// folder above, each once.
Names maskRoots(const std::string& category, const std::string& test)
{
    const std::string above = test == category ? category : fs::getParent(test); // "Data" of VisA's Data/Images
    Names roots;
    std::set<std::string> known;
    for (const std::string& place : {category, test, above})
        for (const std::string& name : maskFolderNames)
        {
            const std::string root = subfolder(place, {name});
            if (!root.empty() && known.insert(realPath(root)).second)
                roots.push_back(root);
        }
    return roots;
}

// Finds the folder of a defect type's masks: in the type's own folder, or else in one of the `roots`.
std::string maskFolderOf(const Names& roots, const std::string& test, const std::string& type)
{
    const std::string own = subfolder(joined(test, type), maskFolderNames);
    if (!own.empty())
        return own;
    for (const std::string& root : roots)
    {
        const std::string found = subfolder(root, {plainWord(type)});
        if (!found.empty())
            return found;
    }
    return std::string();
}

// Whether a mask marks a defect, or may do so because it cannot be read.
bool mayMarkDefect(const std::string& mask)
{
    try
    {
        return cv::countNonZero(readMask(mask)) > 0;
    }
    catch (const std::exception&)
    {
        return true;
    }
}

//! Masks of a category that the evaluation does not use, although they mark defects.
struct UnusedMasks
{
    Names withoutImage, ofGoodImages;

    // Adds those of a folder that are not among `used`. Good images often have black masks, which mean nothing.
    void addFolder(const std::string& folder, const std::set<std::string>& used, bool isGood)
    {
        LeftOut ignored;
        for (const std::string& name : listImagesBelow(folder, std::string(), ignored))
        {
            const std::string mask = joined(folder, name);
            if (isGood && mayMarkDefect(mask))
                ofGoodImages.push_back(mask);
            else if (!isGood && !used.count(mask))
                withoutImage.push_back(mask);
        }
    }

    Names notes() const
    {
        Names lines;
        if (!withoutImage.empty())
            lines.push_back("left out: " + counted(withoutImage.size(), "mask that belongs", "masks that belong") +
                            " to no image: " + quoted(withoutImage));
        if (!ofGoodImages.empty())
            lines.push_back("left out: " + counted(ofGoodImages.size(), "mask that marks", "masks that mark") +
                            " a defect, in a folder of good images: " + quoted(ofGoodImages));
        return lines;
    }
};

// Shortens a path for a message.
std::string relativeTo(const std::string& folder, const std::string& path)
{
    return path.compare(0, folder.size(), folder) == 0 && path.size() > folder.size() ? path.substr(folder.size() + 1)
                                                                                      : path;
}

//! Reads the test images of a category, and recognizes the layout of the data set.
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
        roots = maskRoots(category, test);
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
        const Names unused = unusedMasks().notes();
        set.notes.insert(set.notes.end(), unused.begin(), unused.end());
        set.summary = summary();
    }

    TestSet set;

private:
    std::string rootWithoutSplit() const;
    void addType(const std::string& folder, const std::string& type);
    void addLooseImages();
    void addPairs(const Pictures& pictures);
    void check() const;
    UnusedMasks unusedMasks() const;
    std::string layoutName() const;
    std::string summary() const;

    const std::string category;
    std::string test;
    Names roots; // folders of masks, with a folder for each type inside
    Names goodFolders;
    size_t good; // number of good images, which come first in the set
    bool hasRgb, hasMaskFolders, isPaired;
    LeftOut leftOut;
};

// Returns the folder that contains "good" in data sets that are not split into training and test images, such as VisA.
std::string rootOfAll(const std::string& category)
{
    const std::string data = subfolder(category, {"data"}), images = data.empty() ? data : subfolder(data, {"images"});
    const std::string root = images.empty() ? category : images;
    return subfolder(root, goodNames).empty() ? std::string() : root;
}

// Returns the folder of such a data set, or throws if there is none.
std::string TestFolder::rootWithoutSplit() const
{
    const std::string root = subfolder(category, {"train"}).empty() ? rootOfAll(category) : std::string();
    if (root.empty())
        throw std::runtime_error("'" + category + "' is no category in MVTec layout: there is no folder '" +
                                 joined(category, "test") + "'; anomaly_evaluate --help lists other layouts");
    return root;
}

// Adds the images of one label's folder, with their masks.
void TestFolder::addType(const std::string& folder, const std::string& type)
{
    const Pictures pictures = picturesIn(joined(test, folder), leftOut);
    hasRgb |= pictures.areInRgb;
    if (type == "good" && !pictures.images.empty())
        goodFolders.push_back(joined(test, folder));
    const MaskFolder masks(type == "good" ? std::string() : maskFolderOf(roots, test, folder));
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

// Adds images that lie in the test folder itself if masks beside them tell their labels, and else reports them.
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

// Adds images whose masks lie beside them, as in KolektorSDD2. A mask without a marked pixel means a good image.
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
        throw std::runtime_error("there are no images in '" + joined(test, "good") + "' (nor in ok or normal)");
    if (set.images.size() == good)
        throw std::runtime_error("there are no defective images in '" + test +
                                 "': expected them in a folder for each type, beside good. From good images alone "
                                 "thresholds are set by anomaly_update --thresholds_only");
}

// Lists the masks that belong to no image, and those of good images that mark a defect.
UnusedMasks TestFolder::unusedMasks() const
{
    std::set<std::string> used;
    for (const TestImage& image : set.images)
        used.insert(image.masks.begin(), image.masks.end());
    UnusedMasks unused;
    for (const std::string& root : roots)
    {
        const Names loose = listImages(root); // in no folder of a type, so that they are not looked for
        unused.withoutImage.insert(unused.withoutImage.end(), loose.begin(), loose.end());
        for (const std::string& type : subfolders(root))
            unused.addFolder(joined(root, type), used, isOneOf(type, goodNames));
    }
    for (const std::string& type : subfolders(test))
    {
        const std::string own = subfolder(joined(test, type), maskFolderNames);
        if (!own.empty())
            unused.addFolder(own, used, isOneOf(type, goodNames));
    }
    return unused;
}

// The data set whose layout was found, for a message.
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

// Returns the images of a folder, except those whose masks mark a defect.
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

// Returns the folder of images to learn from: the first of the possible ones that exists, or the category itself.
std::string folderToLearn(const std::string& category)
{
    const std::string train = subfolder(category, {"train"}),
                      good = train.empty() ? train : subfolder(train, goodNames);
    if (!good.empty())
        return good;
    if (!train.empty() && !listImages(train).empty())
        return train;
    LeftOut ignored;
    const std::string root = rootOfAll(category), all = root.empty() ? root : subfolder(root, goodNames);
    return all.empty() || picturesIn(all, ignored).images.empty() ? category : all;
}

// Says which images lie beside the folder of good ones: they may be defective.
void noteImagesBeside(const std::string& category, const std::string& folder, Names& notes)
{
    const Names beside = folder == category ? Names() : listImages(category);
    if (!beside.empty())
        notes.push_back("left out: " + counted(beside.size(), "image that lies", "images that lie") + " beside '" +
                        relativeTo(category, folder) + "': " + quoted(beside));
}

// Returns VisA's list of the images of all categories, which says which ones to learn from, or an empty text. VisA is
// published with the list in a folder beside the categories.
std::string listBeside(const std::string& category)
{
    const std::string list = joined(joined(joined(category, ".."), "split_csv"), "1cls.csv");
    return !subfolder(category, {"data"}).empty() && fs::exists(list) ? list : std::string();
}

// The name of the category's folder, even if it was given as ".".
std::string ownName(const std::string& category)
{
    return fileName(realPath(category));
}

} // namespace

GoodImages goodImagesOfFolder(const std::string& category)
{
    const std::string list = listBeside(category);
    if (!list.empty())
        return ImageList(list, ownName(category)).goodImages();
    const std::string folder = folderToLearn(category);
    GoodImages good = goodOf(category, folder);
    if (good.files.empty())
        throw std::runtime_error("there are no images in '" + folder + "' (folders inside it are not searched)");
    noteImagesBeside(category, folder, good.notes);
    return good;
}

TestSet testSetOfFolder(const std::string& category)
{
    const std::string list = listBeside(category);
    return list.empty() ? TestFolder(category).set : ImageList(list, ownName(category)).testSet();
}
