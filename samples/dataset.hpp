// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_DATASET_HPP
#define ANOMALY_SAMPLES_DATASET_HPP

#include <string>
#include <vector>

// A category in MVTec layout:
//     train/good/*                            good images to learn from
//     test/good/*, test/<defect type>/*       images to test with
//     ground_truth/<defect type>/*_mask.png   nonzero on the defect, named after the test image; may be missing altogether
// or a CSV file, as anomalib reads them, with a row an image and these columns; names of files are relative to the CSV file:
//     image_path
//     label         "good" or "normal", else the defect's type; in its place label_index may be 0 or 1
//     mask_path     nonzero on the defect, empty for good images; may be missing altogether
//     split         "train" or "test"; where it is missing, good images are learned and all are tested

struct TestImage
{
    std::string file, type, mask; // mask: empty for good images, and in categories without masks
    bool isDefective() const { return type != "good"; }
};

struct TestSet
{
    std::vector<TestImage> images; // good ones first, then by type
    bool hasMasks;
};

//! The good images of a category, or else those of a plain folder. Throws when there are none.
std::vector<std::string> goodImages(const std::string& category);

//! The test images of a category. Throws when it has no good or no defective ones, or lacks the mask of some only.
TestSet readTestSet(const std::string& category);

#endif
