// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_BASE64_HPP
#define OPENCV_ANOMALY_BASE64_HPP

#include "opencv2/core.hpp"

namespace cv { namespace anomaly {

//! The most bytes that so many characters of base64 stand for.
inline size_t mostBytesOfBase64(size_t characters)
{
    return characters / 4 * 3 + 3;
}

/** @brief Decodes base64 (RFC 4648), in which blanks and ends of lines may stand anywhere.

Throws StsParseError for any other character, for data that ends within a byte, and for wrong padding.
@param bytes room for mostBytesOfBase64.
@return the number of bytes.
*/
size_t decodeBase64(const char* text, const char* end, uchar* bytes);

}} // namespace cv::anomaly

#endif
