// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_LAYOUT_HPP
#define ANOMALY_SAMPLES_LAYOUT_HPP

#include "dataset.hpp"

/** @file Folders of a category. Their names are found in upper and lower case.

    train/good/                       good images to learn from; also ok or normal
    test/good/, test/<defect type>/   images to test with; also test_public
    ground_truth/<defect type>/       masks, nonzero on the defect, named NAME_mask, NAME_GT or NAME, or a folder NAME
                                      with several; may be missing; also inside of test, or gt in the type's folder

If such a folder has a folder rgb, its images are taken from there. train and test may also contain images next to their
masks NAME_GT or NAME_mask, which then tell which images are defective. If there is a folder good, ok or normal next to
folders of defects, but no train, all good images are used both to learn and to test.

This covers MVTec AD, MVTec AD 2, MVTec LOCO AD (without its saturation thresholds), MVTec 3D-AD (its pictures), BTAD,
MPDD, KolektorSDD2, and VisA both as published and with one class for each folder.
*/

//! Finds the good images of a category, or all images of a plain folder.
GoodImages goodImagesOfFolder(const std::string& category);

//! Finds the test images of a category.
TestSet testSetOfFolder(const std::string& category);

#endif
