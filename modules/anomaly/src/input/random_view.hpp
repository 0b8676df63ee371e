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
    //! The image is stretched to stretched x stretched pixels, of which crop x crop are cut out.
    RandomView(int stretched, int crop, RNG random);

    //! side x side pixels whose center crop x crop is the cut; what lies beyond the image is mirrored.
    Mat of(const Mat& image, int side) const;
    //! The same part of a mask, with no values in between.
    Mat ofMask(const Mat& mask, int side) const;

private:
    Mat warped(const Mat& stretchedImage, int side, int interpolation) const;

    int stretched, crop;
    double degrees;
    Point corner;
};

//! The view of an item, such as an image in an epoch, for a seed.
RandomView drawView(const DetectorParams& params, uint64 item, int seed);

}} // namespace cv::anomaly

#endif
