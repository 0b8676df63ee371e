// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "channel_reduction.hpp"
#include "../base/random_stream.hpp"

namespace cv { namespace anomaly {

static void checkCount(int count, int features)
{
    if (count < 1 || count > features)
        CV_Error_(Error::StsOutOfRange,
                  ("%d channels are asked for, expected 1 to %d, which is what the backbone gives", count, features));
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

// Takes from row i what it has in common with the rows before it. Done twice, since the first pass leaves a rest as
// large as the rounding of what it took away.
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

}} // namespace cv::anomaly
