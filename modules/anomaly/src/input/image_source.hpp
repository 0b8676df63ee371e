// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_IMAGE_SOURCE_HPP
#define OPENCV_ANOMALY_IMAGE_SOURCE_HPP

#include "opencv2/core.hpp"

#include <memory>
#include <vector>

namespace cv { namespace anomaly {

//! Training images one at a time, wherever they come from.
class ImageSource
{
public:
    virtual ~ImageSource() {}
    virtual int size() const = 0;
    //! Throws, naming the image, when it cannot be read or scored.
    virtual Mat image(int index) const = 0;
    //! Empty: the whole image counts.
    virtual Mat mask(int index) const = 0;
    //! For messages: "Image 3" or "Image 'file.png'".
    virtual String name(int index) const = 0;
};

//! False, with a warning: the image cannot be read, and is to be left out then. Else that is an exception.
bool readImage(const ImageSource& images, int index, bool leaveOut, Mat& image);

//! mask: of each image, or empty.
std::unique_ptr<ImageSource> imagesFromFiles(const std::vector<String>& files, const Mat& mask, int significantBits);

//! Checks that there are as many masks as images, or none.
std::unique_ptr<ImageSource> imagesFromArrays(InputArrayOfArrays images, InputArrayOfArrays masks, int significantBits);
}} // namespace cv::anomaly

#endif
