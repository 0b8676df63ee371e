// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_GZIP_PARTS_HPP
#define OPENCV_ANOMALY_GZIP_PARTS_HPP

#include <cstddef>
#include <string>
#include <vector>

namespace cv { namespace anomaly {

/* A text packed as several gzip members that follow one another, each of 1 MiB of it, so that several threads pack and
unpack it: of a model with 8.6 MB of text that takes 19 ms by one thread. A member tells its packed size in a field of
its header (RFC 1952, 2.3.1.1), and so where the next one begins. Whatever reads gzip files reads such a file. */

//! The packed text: the same bytes for any number of threads.
std::string packInParts(const std::string& text);

//! A gzip member, or a file of one.
struct GzipPart
{
    size_t start, packedBytes;   // where it is in the file
    size_t textStart, textBytes; // and its text in all of the text, of a size that its last four bytes tell
};

//! The parts of a file that packInParts has written, or one for another gzip file. Empty for all other contents.
std::vector<GzipPart> gzipParts(const std::string& packed);

//! What all parts unpack to, by what they tell.
size_t textBytes(const std::vector<GzipPart>& parts);

//! The text that all parts unpack to, or an empty one where a part is damaged, or more members lie in one.
std::string unpackParts(const std::string& packed, const std::vector<GzipPart>& parts);

}} // namespace cv::anomaly

#endif
