// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_MASKS_HPP
#define ANOMALY_SAMPLES_MASKS_HPP

#include "opencv2/core.hpp"

#include <string>
#include <vector>

/** Reads the pixels that a mask file marks: CV_8UC1, 255 where marked, else 0.

A pixel is marked if any of its color values is not zero, so masks with 0/1, 0/255, 16 bits, colors or a palette are
read the same. Transparent pixels are not marked. Files of lossy formats have small values around each edge, so in these
only large values count.
@throws std::runtime_error that names a file which cannot be read
*/
cv::Mat readMask(const std::string& file);

//! Reads several masks of one image and combines them. Also throws if one does not have the image's size.
cv::Mat readMasks(const std::vector<std::string>& files, cv::Size image);

//! Whether the file's format changes values slightly: JPEG, JPEG 2000, or WebP that is not lossless.
bool isLossy(const std::string& file);

//! Text for messages: in lossy files, values from half of the range on mark a pixel.
extern const char* const lossyRule;

#endif
