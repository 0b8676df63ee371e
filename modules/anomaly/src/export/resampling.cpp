// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "resampling.hpp"
#include "../map/anomaly_map.hpp"

#include "opencv2/imgproc.hpp"

namespace cv { namespace anomaly {

// The rows of an identity matrix are resized: each is a line in which only one pixel is not 0. Columns keep their
// length.
Mat linearWeights(int from, int to)
{
    Mat weights;
    resize(Mat::eye(from, from, CV_32F), weights, Size(to, from), 0, 0, INTER_LINEAR);
    return weights.t();
}

// The map is resized as a whole, because cv::resize only averages along an axis if both axes become shorter.
MapWeights mapWeights(Size from, Size to, int interpolation)
{
    MapWeights weights = {Mat(to.width, from.width, CV_32F), Mat(to.height, from.height, CV_32F)};
    Mat resized;
    for (int x = 0; x < from.width; x++)
    {
        Mat line = Mat::zeros(from, CV_32F);
        line.col(x).setTo(1);
        resize(line, resized, to, 0, 0, interpolation);
        Mat(resized.row(0).t()).copyTo(weights.columns.col(x));
    }
    for (int y = 0; y < from.height; y++)
    {
        Mat line = Mat::zeros(from, CV_32F);
        line.row(y).setTo(1);
        resize(line, resized, to, 0, 0, interpolation);
        resized.col(0).copyTo(weights.rows.col(y));
    }
    return weights;
}

Mat smoothingWeights(int length, double sigma)
{
    Mat weights;
    sepFilter2D(Mat::eye(length, length, CV_32F), weights, CV_32F, Mat::ones(1, 1, CV_32F), smoothingKernel(sigma),
                Point(-1, -1), 0, BORDER_REFLECT);
    return weights;
}

// Shares of some pixels of a line in each pixel of the shrunk line: pixels x to.
static Mat areaShares(const Range& pixels, int from, int to)
{
    Mat lines = Mat::zeros(pixels.size(), from, CV_32F), shares;
    for (int i = 0; i < pixels.size(); i++)
        lines.at<float>(i, pixels.start + i) = 1;
    resize(lines, shares, Size(to, pixels.size()), 0, 0, INTER_AREA);
    return shares;
}

static void addTap(LineTaps& taps, std::vector<size_t>& counts, int x, int64 pixel, float weight)
{
    const size_t tap = counts[x]++;
    if (tap == taps.pixels.size())
    {
        taps.pixels.push_back(std::vector<int64>(counts.size(), 0));
        taps.weights.push_back(Mat::zeros(1, int(counts.size()), CV_32F));
    }
    taps.pixels[tap][x] = pixel;
    taps.weights[tap].at<float>(x) = weight;
}

LineTaps areaTaps(int from, int to)
{
    const int pixelsAtOnce = 256; // the lines of 256 pixels take 32 MiB if a line has 32768 pixels
    LineTaps taps;
    std::vector<size_t> counts(to);
    for (int first = 0; first < from; first += pixelsAtOnce)
    {
        const Range pixels(first, std::min(first + pixelsAtOnce, from));
        const Mat shares = areaShares(pixels, from, to);
        for (int i = 0; i < pixels.size(); i++)
            for (int x = 0; x < to; x++)
                if (shares.at<float>(i, x) != 0)
                    addTap(taps, counts, x, pixels.start + i, shares.at<float>(i, x));
    }
    return taps;
}

// cv::resize rounds its results, so these weights cannot be read off them. They are computed in the same way and
// precision as in cv::resize, and test_resampling.cpp compares the two.
LineTaps linearTaps(int from, int to, bool isRow)
{
    const double scale = 1 / (double(to) / from);
    LineTaps taps;
    std::vector<size_t> counts(to);
    for (int x = 0; x < to; x++)
    {
        float share = float((x + 0.5) * scale - 0.5);
        int pixel = cvFloor(share);
        share -= float(pixel);
        if (isRow && (pixel < 0 || pixel >= from - 1))
            share = 0;
        const auto onLine = [from](int p) { return std::min(std::max(p, 0), from - 1); };
        addTap(taps, counts, x, onLine(pixel), float(cvRound((1 - share) * linearTapsScale)));
        addTap(taps, counts, x, onLine(pixel + 1), float(cvRound(share * linearTapsScale)));
    }
    return taps;
}

}} // namespace cv::anomaly
