// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "channel_reduction.hpp"
#include "../base/random_stream.hpp"
#include "../patches/descriptor.hpp"
#include "../patches/grid_features.hpp"

namespace cv { namespace anomaly {

// Throws unless so many channels can be kept.
static void checkCount(int count, int features)
{
    if (count < 1 || count > features)
        CV_Error_(
            Error::StsOutOfRange,
            ("%d channels are to be kept, expected 1 to %d, the number of the backbone's channels", count, features));
}

std::vector<int> randomChannels(int count, int features, int seed)
{
    checkCount(count, features);
    RNG random = randomStream(seed, RANDOM_CHANNELS);
    std::vector<int> channels = randomOrder(features, random);
    channels.resize(count);
    std::sort(channels.begin(), channels.end());
    return channels;
}

// Subtracts from row i what it has in common with earlier rows. The second pass removes what the rounding of the first
// one left.
static void orthogonalize(Mat& rows, int i)
{
    for (int pass = 0; pass < 2; pass++)
        for (int before = 0; before < i; before++)
            rows.row(i) -= rows.row(before) * rows.row(i).dot(rows.row(before));
    rows.row(i) /= norm(rows.row(i));
}

Mat orthogonalProjection(int count, int features, int seed)
{
    checkCount(count, features);
    RNG random = randomStream(seed, RANDOM_CHANNELS);
    Mat rows(count, features, CV_64F), projection;
    random.fill(rows, RNG::NORMAL, 0, 1);
    for (int i = 0; i < count; i++)
        orthogonalize(rows, i);
    rows.convertTo(projection, CV_32F);
    return projection;
}

// Copies the channels of a map with the given indices.
static Mat planesOf(const Mat& map, const std::vector<int>& numbers)
{
    const int shape[] = {1, int(numbers.size()), map.size[2], map.size[3]};
    const size_t positions = size_t(map.size[2]) * map.size[3];
    Mat planes(4, shape, CV_32F);
    for (size_t i = 0; i < numbers.size(); i++)
        std::copy_n(map.ptr<float>(0, numbers[i]), positions, planes.ptr<float>(0, int(i)));
    return planes;
}

std::vector<Mat> ChannelReduction::neededOf(const std::vector<Mat>& maps) const
{
    if (!projection.empty())
        return maps;
    std::vector<Mat> needed;
    std::vector<int>::const_iterator channel = drawn.begin();
    int first = 0;
    for (const Mat& map : maps)
    {
        std::vector<int> numbers;
        for (; channel != drawn.end() && *channel < first + map.size[1]; ++channel)
            numbers.push_back(*channel - first);
        if (!numbers.empty())
            needed.push_back(planesOf(map, numbers));
        first += map.size[1];
    }
    return needed;
}

Mat ChannelReduction::reduce(const std::vector<Mat>& pooled, Size grid) const
{
    Mat phi, projected;
    gridFeatures(pooled, grid, phi);
    if (projection.empty())
        return phi;
    gemm(projection, phi, 1, noArray(), 0, projected);
    return projected;
}

}} // namespace cv::anomaly
