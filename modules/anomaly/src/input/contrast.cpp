// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "contrast.hpp"
#include "../base/even_sample.hpp"

namespace cv { namespace anomaly {

// Each of these images is decoded once more than fit needs it.
static const size_t mostImages = 64;

// Fewer images than this do not show how much the light changes.
static const size_t fewestImages = 4;

// The ratio of standard deviation to mean, taken over the contrasts of good images, is 0.01 to 0.10 for parts under one
// lamp (six categories), and 0.28 for magnetic tiles, which were photographed with several exposures.
static const double largestVariation = 0.2;

Contrast::Contrast(const Mat& image)
{
    Scalar means, deviations;
    meanStdDev(image, means, deviations);
    double squares = 0;
    mean = 0;
    for (int c = 0; c < 3; c++)
    {
        mean += means[c] / 3;
        squares += (deviations[c] * deviations[c] + means[c] * means[c]) / 3;
    }
    deviation = std::sqrt(std::max(squares - mean * mean, 0.));
}

void matchContrast(Mat& image)
{
    const Contrast contrast(image);
    const double gain = matchedDeviation / std::max(contrast.deviation, leastDeviation);
    image.convertTo(image, CV_8U, gain, matchedMean - gain * contrast.mean);
}

// Contrasts of the images that can be read.
static std::vector<double> contrasts(const ImageSource& images, const std::vector<int>& indices,
                                     const InputSettings& input)
{
    std::vector<double> deviations;
    Mat image;
    for (const int index : evenSample(indices, mostImages))
        if (canRead(images, index, image))
            deviations.push_back(Contrast(stretch(toBgr8(image, input.significantBits), input.crop)).deviation);
    return deviations;
}

bool contrastVaries(const ImageSource& images, const std::vector<int>& indices, const InputSettings& input)
{
    const std::vector<double> deviations = contrasts(images, indices, input);
    if (deviations.size() < fewestImages)
        return false;
    Scalar mean, deviation;
    meanStdDev(deviations, mean, deviation);
    return deviation[0] > largestVariation * mean[0];
}

}} // namespace cv::anomaly
