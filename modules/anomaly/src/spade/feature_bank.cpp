// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "feature_bank.hpp"
#include "../patches/descriptor.hpp"

#include "opencv2/imgproc.hpp"

namespace cv { namespace anomaly {

namespace {

// The largest number of half precision.
const double largestHalf = 65504;

Mat channelOf(const Mat& map, int channel)
{
    return Mat(map.size[2], map.size[3], CV_32F, const_cast<float*>(map.ptr<float>(0, channel)));
}

Mat averagedTo(Size grid, const Mat& map)
{
    const int shape[] = {1, map.size[1], grid.height, grid.width};
    Mat averaged(4, shape, CV_32F);
    parallel_for_(Range(0, map.size[1]), [&](const Range& channels) {
        for (int c = channels.start; c < channels.end; c++)
            resize(channelOf(map, c), channelOf(averaged, c), grid, 0, 0, INTER_AREA);
    });
    return averaged;
}

// The map's positions as rows of half precision, those that the mask leaves.
Mat patchesOf(const Mat& map, const Mat& mask)
{
    const Mat all = map.reshape(1, map.size[1]).t();
    Mat learned, rows;
    if (mask.empty())
        learned = all;
    else
    {
        Mat marked;
        resize(mask, marked, sizeOf(map), 0, 0, INTER_NEAREST);
        for (int p = 0; p < all.rows; p++)
            if (marked.at<uchar>(p / marked.cols, p % marked.cols))
                learned.push_back(all.row(p));
    }
    if (!learned.empty() && norm(learned, NORM_INF) > largestHalf)
        CV_Error_(Error::StsOutOfRange, ("Features reach %g, but SPADE keeps them in half precision, which ends at %g",
                                         norm(learned, NORM_INF), largestHalf));
    learned.convertTo(rows, CV_16F);
    return rows;
}

} // namespace

size_t ImageFeatures::bytes() const
{
    size_t sum = summary.total() * summary.elemSize();
    for (const Mat& scale : rows)
        sum += scale.total() * scale.elemSize();
    return sum;
}

std::vector<Mat> mapsNoFinerThan(const std::vector<Mat>& pooled, Size grid)
{
    std::vector<Mat> maps;
    for (const Mat& map : pooled)
        maps.push_back(sizeOf(map).area() > grid.area() ? averagedTo(grid, map) : map);
    return maps;
}

Mat imageSummary(const std::vector<Mat>& maps)
{
    const Mat& last = maps.back();
    Mat mean, summary;
    reduce(last.reshape(1, last.size[1]), mean, 1, REDUCE_AVG, CV_64F);
    mean.reshape(1, 1).convertTo(summary, CV_32F);
    return summary;
}

FeatureBankBuilder::FeatureBankBuilder(int count, size_t most) : images(count), mostBytes(most), bytes(0) {}

void FeatureBankBuilder::add(const std::vector<Mat>& maps, const Mat& mask)
{
    ImageFeatures image;
    image.summary = imageSummary(maps);
    for (const Mat& map : maps)
        image.rows.push_back(patchesOf(map, mask));
    checkLimit(image.bytes(), !mask.empty());
    bytes += image.bytes();
    features.push_back(image);
}

// Without masks all images take as much as the first one.
void FeatureBankBuilder::checkLimit(size_t imageBytes, bool masked) const
{
    const double expected = masked ? double(bytes + imageBytes) : double(imageBytes) * images;
    if (expected > double(mostBytes))
        CV_Error_(
            Error::StsOutOfRange,
            ("The bank of %d images, or tiles, would take %.1f MiB, the limit is %.1f MiB, which %zu of them fill: "
             "SPADE keeps all patches of all images. Fit fewer images, raise patchStride, or use PatchCore",
             images, expected / (1 << 20), double(mostBytes) / (1 << 20),
             masked ? features.size() : mostBytes / imageBytes));
}

}} // namespace cv::anomaly
