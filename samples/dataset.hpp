// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_DATASET_HPP
#define ANOMALY_SAMPLES_DATASET_HPP

#include <string>
#include <vector>

// Input of anomaly_train and anomaly_evaluate: the folder of a category in one of the layouts that layout.hpp
// describes, or a list that image_list.hpp describes. The programs find out which one it is, and print it in a line.

//! A test image with its type and masks.
struct TestImage
{
    std::string file, type;
    std::vector<std::string> masks; // empty for good images or without masks; several masks are combined
    bool isDefective() const { return type != "good"; }
};

//! The test images of a category.
struct TestSet
{
    std::vector<TestImage> images; // good images first, then sorted by type
    bool hasMasks;
    std::string summary;            // a line that tells how the category was read
    std::vector<std::string> notes; // files that were left out, and anything unusual
};

//! The good images of a category to learn from.
struct GoodImages
{
    std::vector<std::string> files;
    std::string summary;
    std::vector<std::string> notes;
};

//! Finds the good images of a category, or else the images of a plain folder. Throws if there are none.
GoodImages readGoodImages(const std::string& category);

//! Finds the test images of a category. Throws if there are no good or no defective ones, or if only some of the
//! defective ones have masks.
TestSet readTestSet(const std::string& category);

#endif
