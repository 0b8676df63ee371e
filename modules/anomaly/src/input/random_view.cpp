// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "random_view.hpp"
#include "../base/random_stream.hpp"
#include "preprocess.hpp"

#include "opencv2/imgproc.hpp"

namespace cv { namespace anomaly {

// Largest angle of RD-MVTec AD, section 4.1 of @cite Lee2022cfa.
static const double mostDegrees = 10;

RandomView::RandomView(Size s, Size c, RNG random)
    : stretched(s),
      crop(c),
      degrees(random.uniform(-mostDegrees, mostDegrees))
{
    corner.x = random.uniform(0, stretched.width - crop.width + 1);
    corner.y = random.uniform(0, stretched.height - crop.height + 1);
}

Mat RandomView::of(const Mat& image, Size size) const
{
    return warped(stretch(image, stretched), size, INTER_LINEAR);
}

Mat RandomView::ofMask(const Mat& mask, Size size) const
{
    if (mask.empty())
        return Mat();
    Mat whole;
    resize(mask, whole, stretched, 0, 0, INTER_NEAREST);
    return warped(whole, size, INTER_NEAREST);
}

Mat RandomView::warped(const Mat& stretchedImage, Size size, int interpolation) const
{
    const Point2f middle(float(stretched.width - 1) / 2, float(stretched.height - 1) / 2);
    Mat turn = getRotationMatrix2D(middle, degrees, 1), view;
    const int left = (size.width - crop.width) / 2, top = (size.height - crop.height) / 2;
    turn.at<double>(0, 2) += left - corner.x;
    turn.at<double>(1, 2) += top - corner.y;
    warpAffine(stretchedImage, view, turn, size, interpolation, BORDER_REFLECT_101);
    return view;
}

RandomView drawView(const DetectorParams& params, uint64 item, int seed)
{
    return RandomView(stretchedShapeOf(params), inputShapeOf(params), randomStream(seed, RANDOM_VIEW, item));
}

}} // namespace cv::anomaly
