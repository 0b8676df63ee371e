// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "tiling.hpp"

#include "opencv2/imgproc.hpp"

namespace cv { namespace anomaly {

Tiling::Tiling(Size image, const InputSettings& input) : size(anomaly::mapSize(image, input)), tile(input.crop)
{
    columns = strips(size.width, tile.width, cvRound(input.tileOverlap * tile.width));
    rows = strips(size.height, tile.height, cvRound(input.tileOverlap * tile.height));
}

// Divides one side of the map, of `length` pixels, into overlapping parts of `side` pixels, evenly spread. The weights
// of the parts that cover a pixel sum to 1.
std::vector<Tiling::Strip> Tiling::strips(int length, int side, int overlap)
{
    const int step = side - overlap, count = 1 + (length - side + step - 1) / step;
    std::vector<Strip> all(count);
    std::vector<float> sums(length);
    for (int i = 0; i < count; i++)
    {
        Strip& strip = all[i];
        strip.start = count == 1 ? 0 : int(int64(length - side) * i / (count - 1));
        // The weight of a pixel grows with its distance from the tile's edge, near which the backbone sees padding.
        for (int x = 0; x < side; x++)
        {
            strip.weights.push_back(float(std::min(x + 1, side - x)));
            sums[strip.start + x] += strip.weights[x];
        }
    }
    for (Strip& strip : all)
        for (int x = 0; x < side; x++)
            strip.weights[x] /= sums[strip.start + x];
    return all;
}

// Tiles are numbered row by row.
Rect Tiling::place(int index) const
{
    const int across = int(columns.size());
    return Rect(Point(columns[index % across].start, rows[index / across].start), tile);
}

Mat Tiling::stretched(const Mat& image) const
{
    return isWhole() ? image : stretch(image, size);
}

Mat Tiling::stretchedMask(const Mat& mask) const
{
    if (isWhole() || mask.empty())
        return mask;
    Mat stretched;
    resize(mask, stretched, size, 0, 0, INTER_NEAREST);
    return stretched;
}

Mat Tiling::cut(const Mat& stretched, int index) const
{
    return isWhole() || stretched.empty() ? stretched : stretched(place(index));
}

void Tiling::blend(const Mat& tileMap, int index, Mat& map) const
{
    const int across = int(columns.size());
    const Strip &column = columns[index % across], &row = rows[index / across];
    for (int y = 0; y < tile.height; y++)
    {
        const float* from = tileMap.ptr<float>(y);
        float* to = map.ptr<float>(row.start + y) + column.start;
        for (int x = 0; x < tile.width; x++)
            to[x] += row.weights[y] * column.weights[x] * from[x];
    }
}

}} // namespace cv::anomaly
