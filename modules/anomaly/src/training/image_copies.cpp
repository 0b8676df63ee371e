// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "image_copies.hpp"

#include <cstring>

namespace cv { namespace anomaly {

// A hash of all values, eight bytes at a time: a checksum that withstands an adversary would take longer than reading
// the image. Images with the same hash are compared.
static uint64 hashOf(const Mat& image)
{
    uint64 hash = uint64(image.total());
    const size_t bytes = image.cols * image.elemSize();
    for (int y = 0; y < image.rows; y++)
        for (size_t i = 0; i < bytes; i += sizeof(uint64))
        {
            uint64 word = 0;
            std::memcpy(&word, image.ptr(y) + i, std::min(bytes - i, sizeof(word)));
            hash = (hash ^ word ^ hash >> 29) * 0x9E3779B97F4A7C15u;
        }
    return hash;
}

static bool haveSameValues(const Mat& a, const Mat& b)
{
    return a.size() == b.size() && a.type() == b.type() && (a.empty() || norm(a, b, NORM_INF) == 0);
}

bool ImageCopies::areEqual(int index, const Mat& image, int earlier) const
{
    Mat other;
    return readImage(images, earlier, true, other) && haveSameValues(image, other) &&
           haveSameValues(images.mask(index), images.mask(earlier));
}

bool ImageCopies::isCopy(int index, const Mat& image)
{
    const uint64 hash = hashOf(image);
    const auto range = known.equal_range(hash);
    for (auto other = range.first; other != range.second; ++other)
        if (areEqual(index, image, other->second))
            return true;
    known.insert(std::make_pair(hash, index));
    return false;
}

}} // namespace cv::anomaly
