// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "random_view.hpp"
#include "../base/random_stream.hpp"
#include "preprocess.hpp"

#include "opencv2/imgproc.hpp"

namespace cv { namespace anomaly {

// Of RD-MVTec AD, section 4.1 of the paper.
static const double mostDegrees = 10;

RandomView::RandomView(int s, int c, RNG random)
    : stretched(s),
      crop(c),
      degrees(random.uniform(-mostDegrees, mostDegrees))
{
    corner.x = random.uniform(0, stretched - crop + 1);
    corner.y = random.uniform(0, stretched - crop + 1);
}

Mat RandomView::of(const Mat& image, int side) const
{
    return warped(stretch(image, Size(stretched, stretched)), side, INTER_LINEAR);
}

Mat RandomView::ofMask(const Mat& mask, int side) const
{
    if (mask.empty())
        return Mat();
    Mat whole;
    resize(mask, whole, Size(stretched, stretched), 0, 0, INTER_NEAREST);
    return warped(whole, side, INTER_NEAREST);
}

Mat RandomView::warped(const Mat& stretchedImage, int side, int interpolation) const
{
    const float middle = float(stretched - 1) / 2;
    const int margin = (side - crop) / 2;
    Mat turn = getRotationMatrix2D(Point2f(middle, middle), degrees, 1), view;
    turn.at<double>(0, 2) += margin - corner.x;
    turn.at<double>(1, 2) += margin - corner.y;
    warpAffine(stretchedImage, view, turn, Size(side, side), interpolation, BORDER_REFLECT_101);
    return view;
}

RandomView drawView(const DetectorParams& params, uint64 item, int seed)
{
    return RandomView(std::max(params.resizeSize, params.inputSize), params.inputSize,
                      randomStream(seed, RANDOM_VIEW, item));
}

}} // namespace cv::anomaly
