// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_IMAGE_SOURCE_HPP
#define OPENCV_ANOMALY_IMAGE_SOURCE_HPP

#include "opencv2/core.hpp"

#include <memory>
#include <vector>

namespace cv { namespace anomaly {

//! Training images and their masks, read one at a time from files or arrays. Indices go from 0 to size() - 1.
class ImageSource
{
public:
    virtual ~ImageSource() {}
    virtual int size() const = 0;
    //! Returns an image in its original type. Throws, naming the image, if it cannot be read or scored.
    virtual Mat image(int index) const = 0;
    //! Returns the mask of an image, CV_8UC1 of the image's size. It is empty if the whole image counts.
    virtual Mat mask(int index) const = 0;
    //! Name of an image in messages: "Image 3" or "Image 'file.png'".
    virtual String name(int index) const = 0;
};

//! Reads an image. If it cannot be read: with `leaveOut` a warning is logged and the result is false, else an exception
//! is thrown.
bool readImage(const ImageSource& images, int index, bool leaveOut, Mat& image);

//! Reads an image; the result is false, without a word, if it cannot be read. For what looks at some images before fit
//! reads all of them and reports the error itself.
bool canRead(const ImageSource& images, int index, Mat& image);

//! Images that are read from files each time they are asked for. mask: that of each image, or empty.
std::unique_ptr<ImageSource> imagesFromFiles(const std::vector<String>& files, const Mat& mask, int significantBits);

//! Images in memory. Throws unless there are as many masks as images, or none.
std::unique_ptr<ImageSource> imagesFromArrays(InputArrayOfArrays images, InputArrayOfArrays masks, int significantBits);
}} // namespace cv::anomaly

#endif
