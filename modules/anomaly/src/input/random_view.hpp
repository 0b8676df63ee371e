// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_RANDOM_VIEW_HPP
#define OPENCV_ANOMALY_RANDOM_VIEW_HPP

#include "opencv2/anomaly/detector.hpp"

namespace cv { namespace anomaly {

//! A random angle and place for one image: the transform of RD-MVTec AD, section 4.1 of @cite Lee2022cfa.
class RandomView
{
public:
    //! Draws the angle and the place. Images are stretched to the size `stretched`, and a part of the size `crop` is
    //! cut out.
    RandomView(Size stretched, Size crop, RNG random);

    //! Makes a picture of this size whose center is the cut part. Pixels beyond the image's edge are mirrored.
    Mat of(const Mat& image, Size size) const;
    //! Makes the same picture of a mask by INTER_NEAREST, so that it has no values in between.
    Mat ofMask(const Mat& mask, Size size) const;

private:
    Mat warped(const Mat& stretchedImage, Size size, int interpolation) const;

    Size stretched, crop;
    double degrees;
    Point corner;
};

//! Draws the view of one item, such as an image in an epoch. The same seed and item give the same view.
RandomView drawView(const DetectorParams& params, uint64 item, int seed);

}} // namespace cv::anomaly

#endif
