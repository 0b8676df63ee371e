// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_IMAGE_COPIES_HPP
#define OPENCV_ANOMALY_IMAGE_COPIES_HPP

#include "../input/image_source.hpp"

#include <map>

namespace cv { namespace anomaly {

/** @brief Finds images that are copies of earlier ones, value for value: of a folder that was copied into itself, or
frames of a video that stands still.

A copy teaches nothing new, and an image that is scored as if it had not been learned would be known by its copies: with
each image twice, a threshold of Gaussians falls from 37 to 5.
*/
class ImageCopies
{
public:
    //! The source must live longer than this object.
    explicit ImageCopies(const ImageSource& source) : images(source) {}

    //! Whether this image of the source, with its mask, is a copy of one that was passed before.
    bool isCopy(int index, const Mat& image);

private:
    bool areEqual(int index, const Mat& image, int earlier) const;

    const ImageSource& images;
    std::multimap<uint64, int> known; // images by the hash of their values
};

}} // namespace cv::anomaly

#endif
