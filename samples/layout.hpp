// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_LAYOUT_HPP
#define ANOMALY_SAMPLES_LAYOUT_HPP

#include "dataset.hpp"

/** @file Folders of a category, found by their names in any case.

    train/good/                       good images to learn from; also ok or normal
    test/good/, test/<defect type>/   images to test with; also test_public
    ground_truth/<defect type>/       masks, nonzero on the defect: NAME_mask, NAME_GT, NAME, or a folder NAME with
several; may be missing altogether; also inside of test, or as gt in the folder of the type

Where such a folder has its images in rgb, they are taken from there. train and test may also hold images and their
masks NAME_GT or NAME_mask side by side: the mask then tells which ones are defective. A folder with good, ok or
normal beside folders of defects and without train is learned from and tested with in whole.

That covers MVTec AD, MVTec AD 2, MVTec LOCO AD (without its saturation thresholds), MVTec 3D-AD (its pictures), BTAD,
MPDD, KolektorSDD2, and VisA as it is published and as one class each.
*/

//! The good images of a category, or those of a plain folder.
GoodImages goodImagesOfFolder(const std::string& category);

TestSet testSetOfFolder(const std::string& category);

#endif
