// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "feature_bank.hpp"
#include "../patches/descriptor.hpp"

#include "opencv2/imgproc.hpp"

namespace cv { namespace anomaly {

namespace {

// The largest finite number in half precision.
const double largestHalf = 65504;

size_t bytesOf(const Mat& matrix)
{
    return matrix.total() * matrix.elemSize();
}

// Rows, one for each position of a map of this size, that the mask marks.
Mat markedRows(const Mat& rows, const Mat& mask, Size size)
{
    Mat marked, left(0, rows.cols, rows.type());
    resize(mask, marked, size, 0, 0, INTER_NEAREST);
    for (int p = 0; p < rows.rows; p++)
        if (marked.at<uchar>(p / size.width, p % size.width))
            left.push_back(rows.row(p));
    return left;
}

// Positions of a map that the mask marks, as rows in half precision.
Mat patchesOf(const Mat& map, const Mat& mask)
{
    const Mat all = map.reshape(1, map.size[1]).t();
    const Mat learned = mask.empty() ? all : markedRows(all, mask, sizeOf(map));
    Mat rows(0, all.cols, CV_16F);
    if (learned.empty())
        return rows;
    if (!checkRange(learned, true, NULL, -largestHalf, largestHalf))
        CV_Error_(Error::StsOutOfRange, ("Features reach %g, but SPADE keeps them in half precision, which ends at %g",
                                         norm(learned, NORM_INF), largestHalf));
    learned.convertTo(rows, CV_16F);
    return rows;
}

} // namespace

Mat FeatureBank::patches(int image, size_t scale) const
{
    return rows[scale].rowRange(image == 0 ? 0 : ends[scale][image - 1], ends[scale][image]);
}

size_t FeatureBank::bytes() const
{
    size_t sum = bytesOf(summaries);
    for (const Mat& scale : rows)
        sum += bytesOf(scale);
    return sum;
}

Mat imageSummary(const std::vector<Mat>& maps)
{
    const Mat& last = maps.back();
    Mat mean, summary;
    reduce(last.reshape(1, last.size[1]), mean, 1, REDUCE_AVG, CV_64F);
    mean.reshape(1, 1).convertTo(summary, CV_32F);
    return summary;
}

FeatureBankBuilder::FeatureBankBuilder(int count, size_t most) : images(count), mostBytes(most), bytesBefore(0) {}

// Copies the earlier bank, because models never change.
FeatureBankBuilder::FeatureBankBuilder(const FeatureBank& before, int count, size_t most)
    : images(count),
      mostBytes(most),
      bytesBefore(before.bytes()),
      features(before)
{
    features.summaries = before.summaries.clone();
    for (Mat& rows : features.rows)
        rows = rows.clone();
}

void FeatureBankBuilder::add(const std::vector<Mat>& maps, const Mat& mask)
{
    const Mat summary = imageSummary(maps);
    std::vector<Mat> patches;
    size_t imageBytes = bytesOf(summary);
    for (const Mat& map : maps)
    {
        patches.push_back(patchesOf(map, mask));
        imageBytes += bytesOf(patches.back());
    }
    checkLimit(imageBytes, !mask.empty());
    if (features.images() == 0)
        start(maps);
    features.summaries.push_back(summary);
    for (size_t scale = 0; scale < maps.size(); scale++)
    {
        if (!patches[scale].empty())
            features.rows[scale].push_back(patches[scale]);
        features.ends[scale].push_back(features.rows[scale].rows);
    }
}

void FeatureBankBuilder::start(const std::vector<Mat>& maps)
{
    features.ends.resize(maps.size());
    for (const Mat& map : maps)
        features.rows.push_back(Mat(0, map.size[1], CV_16F));
}

// Without masks all images take as much memory as the first one, so that too many images are found at once.
void FeatureBankBuilder::checkLimit(size_t imageBytes, bool masked) const
{
    const double expected =
        masked ? double(features.bytes() + imageBytes) : double(bytesBefore) + double(imageBytes) * images;
    if (expected > double(mostBytes))
        CV_Error_(
            Error::StsOutOfRange,
            ("The bank of %d images, or tiles, would take %.1f MiB, the limit is %.1f MiB, which %zu of them fill: "
             "SPADE keeps all patches of all images. Fit fewer images, raise patchStride, or use PatchCore",
             images, expected / (1 << 20), double(mostBytes) / (1 << 20),
             masked ? size_t(features.images()) : mostBytes / imageBytes));
}

}} // namespace cv::anomaly
