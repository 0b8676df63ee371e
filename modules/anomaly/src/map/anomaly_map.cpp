// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "anomaly_map.hpp"

#include "opencv2/imgproc.hpp"

namespace cv { namespace anomaly {

namespace {

//! Makes maps with OpenCV's own functions.
class PlainMapMaker CV_FINAL : public MapMaker
{
public:
    PlainMapMaker(Size inputSize, double sigma) : input(inputSize), kernel(smoothingKernel(sigma)) {}

    void make(const Mat& patchScores, Mat& map) const CV_OVERRIDE
    {
        Mat fine;
        resize(patchScores, fine, input, 0, 0, INTER_LINEAR);
        sepFilter2D(fine, map, CV_32F, kernel, kernel, Point(-1, -1), 0, BORDER_REFLECT);
    }

private:
    Size input;
    Mat kernel;
};

// The mean of the highest values, which are this share of all. Reorders the values.
double meanOfHighest(std::vector<float>& values, double share)
{
    const size_t count = countOfShare(values.size(), share);
    std::nth_element(values.begin(), values.begin() + (count - 1), values.end(), std::greater<float>());
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum / double(count);
}

} // namespace

size_t countOfShare(size_t values, double share)
{
    return std::max<size_t>(1, size_t(double(values) * share + 0.5));
}

Mat smoothingKernel(double sigma)
{
    if (sigma <= 0)
        return Mat::ones(1, 1, CV_32F);
    // The kernel reaches 4 sigma to each side, which is the default of scipy.ndimage.gaussian_filter.
    return getGaussianKernel(2 * int(4 * sigma + 0.5) + 1, sigma, CV_32F);
}

std::vector<float> countedValues(const Mat& map, const Mat& mask)
{
    std::vector<float> values;
    values.reserve(map.total());
    for (int y = 0; y < map.rows; y++)
        for (int x = 0; x < map.cols; x++)
            if (mask.empty() || mask.at<uchar>(y, x))
                values.push_back(map.at<float>(y, x));
    return values;
}

double imageScore(const Mat& map, int mode, double topShare, const Mat& mask)
{
    if (mode == SCORE_MAX)
    {
        double highest;
        minMaxIdx(map, NULL, &highest, NULL, NULL, mask);
        return highest;
    }
    std::vector<float> values = countedValues(map, mask);
    return meanOfHighest(values, topShare);
}

std::shared_ptr<const MapMaker> MapMaker::create(Size input, double sigma, int engine)
{
#ifdef HAVE_ANOMALY_HALIDE
    if (engine == ENGINE_HALIDE)
        return createHalideMapMaker(input, sigma);
#endif
    CV_CheckEQ(engine, int(ENGINE_PLAIN), "Engine must be resolved first");
    return std::make_shared<PlainMapMaker>(input, sigma);
}

}} // namespace cv::anomaly
