// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_RANDOM_VIEW_HPP
#define OPENCV_ANOMALY_RANDOM_VIEW_HPP

#include "opencv2/anomaly/detector.hpp"

namespace cv { namespace anomaly {

//! A turn and a place, drawn for one image: the RD transform of the paper.
class RandomView
{
public:
    //! The image is stretched to the size `stretched`, of which a part of the size `crop` is cut out.
    RandomView(Size stretched, Size crop, RNG random);

    //! A picture of this size whose center is the cut; what lies beyond the image is mirrored.
    Mat of(const Mat& image, Size size) const;
    //! The same part of a mask, with no values in between.
    Mat ofMask(const Mat& mask, Size size) const;

private:
    Mat warped(const Mat& stretchedImage, Size size, int interpolation) const;

    Size stretched, crop;
    double degrees;
    Point corner;
};

//! The view of an item, such as an image in an epoch, for a seed.
RandomView drawView(const DetectorParams& params, uint64 item, int seed);

}} // namespace cv::anomaly

#endif
