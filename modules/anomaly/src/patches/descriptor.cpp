// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "descriptor.hpp"
#include "../kernels/coordinate.hpp"

#include "opencv2/imgproc.hpp"

#include <numeric>

namespace cv { namespace anomaly {

// The columns of W for one scale, D' x channels. The result shares the memory of W.
Mat Descriptor::weights(size_t scale) const
{
    const int first = std::accumulate(channels.begin(), channels.begin() + scale, 0);
    return W.colRange(first, first + channels[scale]);
}

// The last two columns of W, D' x 2: the weights of the row and of the column of a patch.
Mat Descriptor::coordinateWeights() const
{
    return W.colRange(W.cols - 2, W.cols);
}

Mat Descriptor::placeTerms(size_t scale) const
{
    Mat terms = Mat::zeros(length(), 3, CV_32F);
    if (scale == 0)
        hconcat(coordinateWeights(), b, terms);
    return terms;
}

// Sums of each value and its two neighbors along a line of n values; values outside of the line are 0.
static void sumOfThree(const float* in, float* out, int n)
{
    if (n == 1)
    {
        out[0] = in[0];
        return;
    }
    out[0] = in[0] + in[1];
    for (int i = 1; i < n - 1; i++)
        out[i] = in[i - 1] + in[i] + in[i + 1];
    out[n - 1] = in[n - 2] + in[n - 1];
}

// The mean over 3 x 3 values. It always divides by 9: values outside of the map count as 0. `sums` is memory for a row,
// which is passed since a network has a thousand channels.
static void poolChannel(const Mat& in, std::vector<float>& sums, Mat out)
{
    sums.resize(in.cols);
    for (int y = 0; y < in.rows; y++)
    {
        const float* middle = in.ptr<float>(y);
        const float* above = y > 0 ? in.ptr<float>(y - 1) : NULL;
        const float* below = y + 1 < in.rows ? in.ptr<float>(y + 1) : NULL;
        for (int x = 0; x < in.cols; x++)
            sums[x] = (middle[x] + (above ? above[x] : 0) + (below ? below[x] : 0)) * (1.f / 9);
        sumOfThree(sums.data(), out.ptr<float>(y), in.cols);
    }
}

// One channel of a map as a matrix. It shares the memory of the map.
static Mat channelOf(const Mat& map, int channel)
{
    return Mat(map.size[2], map.size[3], CV_32F, const_cast<float*>(map.ptr<float>(0, channel)));
}

std::vector<Mat> poolPatches(const std::vector<Mat>& maps)
{
    std::vector<Mat> pooled(maps.size());
    for (size_t i = 0; i < maps.size(); i++)
    {
        const Mat& map = maps[i];
        Mat& out = pooled[i];
        out.create(4, map.size.p, CV_32F);
        const auto poolChannels = [&map, &out](const Range& channels) {
            std::vector<float> sums;
            for (int c = channels.start; c < channels.end; c++)
                poolChannel(channelOf(map, c), sums, channelOf(out, c));
        };
        // A channel takes about a microsecond, so each thread gets many of them at a time.
        parallel_for_(Range(0, map.size[1]), poolChannels, 4. * getNumThreads());
    }
    return pooled;
}

std::vector<int> channelsOf(const std::vector<Mat>& maps)
{
    std::vector<int> channels;
    for (const Mat& map : maps)
        channels.push_back(map.size[1]);
    return channels;
}

Size sizeOf(const Mat& map)
{
    return Size(map.size[3], map.size[2]);
}

Size patchGrid(const std::vector<Mat>& maps)
{
    return sizeOf(maps[0]);
}

// Adds the projection of a coarser scale, D' x patches of that scale, resized to the patch grid.
static void addUpsampled(const Mat& projected, Size from, Size to, Mat& phi)
{
    parallel_for_(Range(0, phi.rows), [&](const Range& rows) {
        Mat fine;
        for (int d = rows.start; d < rows.end; d++)
        {
            resize(projected.row(d).reshape(1, from.height), fine, to, 0, 0, INTER_LINEAR);
            phi.row(d) += fine.reshape(1, 1);
        }
    });
}

// Coordinate of cell i of n cells: -1 for the first, 1 for the last.
static float coordinate(int i, int n)
{
    return coordinateOf(float(i), float(std::max(n - 1, 1)));
}

// Adds the terms of CoordConv: the weights of row and column times the coordinates of each patch, and b.
static void addCoordinates(const Descriptor& descriptor, Size grid, Mat& phi)
{
    const Mat weights = descriptor.coordinateWeights();
    for (int d = 0; d < phi.rows; d++)
    {
        float* out = phi.ptr<float>(d);
        for (int y = 0; y < grid.height; y++)
        {
            const float rowTerm = descriptor.b.at<float>(d) + weights.at<float>(d, 0) * coordinate(y, grid.height);
            for (int x = 0; x < grid.width; x++)
                *out++ += rowTerm + weights.at<float>(d, 1) * coordinate(x, grid.width);
        }
    }
}

Mat project(const std::vector<Mat>& pooled, const Descriptor& descriptor)
{
    const Size grid = patchGrid(pooled);
    Mat phi;
    for (size_t scale = 0; scale < pooled.size(); scale++)
    {
        const Mat& map = pooled[scale];
        const Size size(map.size[3], map.size[2]);
        const Mat flat = map.reshape(1, map.size[1]);
        Mat projected;
        // Projecting is linear, so that it may come before the upsampling, which is then of D' maps only.
        gemm(descriptor.weights(scale), flat, 1, noArray(), 0, projected);
        if (scale == 0)
            phi = projected;
        else
            addUpsampled(projected, size, grid, phi);
    }
    addCoordinates(descriptor, grid, phi);
    return phi;
}

}} // namespace cv::anomaly
