// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "image_statistics.hpp"

namespace cv { namespace anomaly {

static Mat gradientMagnitude(const Mat& gray)
{
    Mat dx, dy, magnitudes;
    Sobel(gray, dx, CV_32F, 1, 0);
    Sobel(gray, dy, CV_32F, 0, 1);
    magnitude(dx, dy, magnitudes);
    return magnitudes;
}

// In a large image only the middle is measured, which takes 10 ms and is enough.
static double fineDetail(const Mat& gray)
{
    const Size most(1024, 1024), size(std::min(gray.cols, most.width), std::min(gray.rows, most.height));
    const Mat middle = gray(Rect(Point((gray.cols - size.width) / 2, (gray.rows - size.height) / 2), size));
    Mat laplacian;
    Laplacian(middle, laplacian, CV_32F);
    const double gradient = norm(gradientMagnitude(middle));
    return gradient > 0 ? norm(laplacian) / gradient : 0;
}

// Center of the gradient's magnitude, taken on a small copy so that noise of single pixels does not move it. Compared
// with its spread over good images, this center follows a shift of the part farther than the center of the squared
// gradient or of the difference from the background, which were tried, too.
static Point2d centerOfEdges(const Mat& gray)
{
    const int side = 128;
    Mat small;
    resize(gray, small, Size(side, side), 0, 0, INTER_AREA);
    const Moments edges = moments(gradientMagnitude(small));
    if (edges.m00 <= 0)
        return Point2d(0.5, 0.5);
    return Point2d((edges.m10 / edges.m00 + 0.5) / side, (edges.m01 / edges.m00 + 0.5) / side);
}

Mat imageStatistics(const Mat& picture)
{
    Mat gray;
    cvtColor(picture, gray, COLOR_BGR2GRAY);
    Scalar mean, deviation;
    meanStdDev(gray, mean, deviation);
    const Point2d center = centerOfEdges(gray);
    return Mat_<float>({1, imageFigures}, {float(mean[0]), float(deviation[0]), float(fineDetail(gray)),
                                           float(center.x), float(center.y)});
}

}} // namespace cv::anomaly
