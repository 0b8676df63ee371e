// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_IMAGE_LIST_HPP
#define ANOMALY_SAMPLES_IMAGE_LIST_HPP

#include "csv.hpp"
#include "dataset.hpp"

/** A CSV file in the format of anomalib, with one row for each image and these columns:

    image_path    or image: a file, relative to the folder of the CSV file or to the folder above
    label         good, ok, normal, pass, 0 or false for a good image, else the type of the defect
    label_index   instead of label or in addition to it: 0 or 1
    mask_path     or mask: nonzero on the defect, empty for good images; the column may be missing
    split         train or test; without this column good images are learned, and all images are tested
    object        the category, in lists of several categories like VisA's

The label may only be missing in lists without other columns except split. Then all images are good.
*/
class ImageList
{
public:
    //! object: the category to take from a list of several, or empty.
    explicit ImageList(const std::string& file, const std::string& object = std::string());

    GoodImages goodImages() const;
    TestSet testSet() const;

private:
    struct Row
    {
        TestImage image;
        std::string split;
    };
    void readRows(const CsvFile& csv, const std::string& object);
    void noteUnknownColumns(const CsvFile& csv);
    void checkObject(const CsvFile& csv, const std::string& object) const;
    void checkUnlabeled(const CsvFile& csv) const;
    bool isOf(const Row& row, const std::string& split) const;
    std::string contents(const std::string& split) const;

    std::string file;
    bool hasSplit;
    std::vector<Row> rows;
    std::vector<std::string> notes;
};

//! The column of a list that names the images.
std::string imageColumn(const CsvFile& list);

//! The type of a label: "good" for all words that mean it, "defective" for words that only mean that, else the word
//! itself.
std::string typeOfLabel(const std::string& label);

#endif
