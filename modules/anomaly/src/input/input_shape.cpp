// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "input_shape.hpp"
#include "../base/even_sample.hpp"
#include "../kernels/panels.hpp"
#include "preprocess.hpp"

#include <cmath>

namespace cv { namespace anomaly {

// Each of these images is decoded once more than fit needs it, and more of them would hardly change the median.
static const size_t mostImages = 32;

// With an aspect ratio of 8:1, an input with the area of 224 x 224 has 640 x 80 pixels, and its short side has five
// patches at a stride of 16. With a longer ratio most patches would see the network's padding.
static const double longestAspect = 8;

// Logarithms of the aspect ratios of the images that can be read.
static std::vector<double> logAspects(const ImageSource& images, const std::vector<int>& indices)
{
    std::vector<double> logs;
    Mat image;
    for (const int index : evenSample(indices, mostImages))
        if (canRead(images, index, image))
            logs.push_back(std::log(double(image.cols) / image.rows));
    return logs;
}

// The median is taken of logarithms, so that as many images of 1:2 as of 2:1 have a median of 1:1.
double medianAspect(const ImageSource& images, const std::vector<int>& indices)
{
    std::vector<double> logs = logAspects(images, indices);
    if (logs.empty())
        return 1;
    std::sort(logs.begin(), logs.end());
    return std::exp((logs[(logs.size() - 1) / 2] + logs[logs.size() / 2]) / 2);
}

static int roundedSide(double length, int stride)
{
    const int fewest = std::max(2, divideUp(smallestInputSide, stride)), most = largestInputSide / stride;
    return std::min(std::max(cvRound(length / stride), fewest), most) * stride;
}

Size shapeOfAspect(double aspect, int side, int stride)
{
    const double root = std::sqrt(std::min(std::max(aspect, 1 / longestAspect), longestAspect));
    const Size shape(roundedSide(side * root, stride), roundedSide(side / root, stride));
    return shape.width == shape.height ? Size(side, side) : shape;
}

}} // namespace cv::anomaly
