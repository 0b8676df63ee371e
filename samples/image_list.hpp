// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_IMAGE_LIST_HPP
#define ANOMALY_SAMPLES_IMAGE_LIST_HPP

#include "csv.hpp"
#include "dataset.hpp"

/** A CSV file as anomalib reads it, with a row an image and these columns:

    image_path    or image: a file, relative to the CSV file or to the folder above
    label         good, ok, normal, pass, 0 or false for a good image, else the defect's type
    label_index   in place of label or beside it: 0 or 1
    mask_path     or mask: nonzero on the defect, empty for good images; may be missing altogether
    split         train or test; where it is missing, good images are learned and all are tested
    object        the category, in lists of many as VisA's

Only a list with none of the other columns but split may lack the label: all its images are good then.
*/
class ImageList
{
public:
    //! object: the category to take from a list of many, or empty.
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

//! The column of a list that names its images.
std::string imageColumn(const CsvFile& list);

//! "good" for all the words that mean it, "defective" for those that say no more, else the word.
std::string typeOfLabel(const std::string& label);

#endif
