// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_MASKS_HPP
#define ANOMALY_SAMPLES_MASKS_HPP

#include "opencv2/core.hpp"

#include <string>
#include <vector>

/** The pixels that a mask file marks, CV_8UC1, 255 or 0.

A pixel is marked if any of its color values is not zero, at the depth of the file: 0/1, 0/255, 16-bit, colored and
palette masks mean the same. What is transparent marks nothing. Lossy files have small values around each edge, and
large ones only count.
@throws std::runtime_error that names a file which cannot be read
*/
cv::Mat readMask(const std::string& file);

//! What several masks of one image mark together. Also throws if one has not the image's size.
cv::Mat readMasks(const std::vector<std::string>& files, cv::Size image);

//! Whether the file is of a format that changes values a little: JPEG, JPEG 2000, or WebP that is not lossless.
bool isLossy(const std::string& file);

//! From half of the range on, a value of a lossy file marks a pixel. For messages.
extern const char* const lossyRule;

#endif
