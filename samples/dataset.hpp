// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_DATASET_HPP
#define ANOMALY_SAMPLES_DATASET_HPP

#include <string>
#include <vector>

// What anomaly_train and anomaly_evaluate are given: a category's folder, in one of the layouts that layout.hpp
// describes, or a list that image_list.hpp describes. Which one it is, is found out by looking, and said in a line.

struct TestImage
{
    std::string file, type;
    std::vector<std::string> masks; // none for good images or in categories without masks; several are seen as one
    bool isDefective() const { return type != "good"; }
};

struct TestSet
{
    std::vector<TestImage> images; // good ones first, then by type
    bool hasMasks;
    std::string summary;            // a line that says how the category was read
    std::vector<std::string> notes; // what was left out, and what else is odd
};

struct GoodImages
{
    std::vector<std::string> files;
    std::string summary;
    std::vector<std::string> notes;
};

//! The good images of a category, or else those of a plain folder. Throws when there are none.
GoodImages readGoodImages(const std::string& category);

//! The test images of a category. Throws when it has no good or no defective ones, or lacks the mask of some only.
TestSet readTestSet(const std::string& category);

#endif
