// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "turned_image.hpp"
#include "preprocess.hpp"

#include "opencv2/imgproc.hpp"

namespace cv { namespace anomaly {

// Turning a photograph of 12 megapixels takes longer than the network does. An image at twice the input's resolution is
// large enough: the interpolation of the turn then blurs nothing that the input shows.
static const double inputResolutions = 2;

// The size at which an image is turned: that of the image, or less if the input does not need so many pixels.
static Size sizeToTurn(Size image, Size input)
{
    const double scale =
        inputResolutions * std::max(double(input.width) / image.width, double(input.height) / image.height);
    if (scale >= 1)
        return image;
    return Size(cvRound(image.width * scale), cvRound(image.height * scale));
}

TurnedImage::TurnedImage(const Mat& image, const Mat& mask, Size input, int t) : whole(image), wholeMask(mask), turns(t)
{
    if (turns == 1)
        return;
    const Size size = sizeToTurn(image.size(), input);
    small = size == image.size() ? image : stretch(image, size);
    if (mask.empty())
        smallMask = Mat(size, CV_8U, Scalar(255));
    else
        resize(mask, smallMask, size, 0, 0, INTER_NEAREST);
}

Mat TurnedImage::rotation(int turn) const
{
    const Point2f center(float(small.cols - 1) / 2, float(small.rows - 1) / 2);
    return getRotationMatrix2D(center, 360. * turn / turns, 1);
}

Mat TurnedImage::image(int turn) const
{
    if (turn == 0)
        return whole;
    Mat turned;
    warpAffine(small, turned, rotation(turn), small.size(), INTER_LINEAR, BORDER_REFLECT_101);
    return turned;
}

Mat TurnedImage::mask(int turn) const
{
    if (turn == 0)
        return wholeMask;
    Mat turned;
    warpAffine(smallMask, turned, rotation(turn), small.size(), INTER_NEAREST, BORDER_CONSTANT, Scalar(0));
    return turned;
}

}} // namespace cv::anomaly
