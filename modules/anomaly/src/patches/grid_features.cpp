// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "grid_features.hpp"
#include "descriptor.hpp"

#include "opencv2/imgproc.hpp"

namespace cv { namespace anomaly {

Size gridOfStride(Size input, int stride)
{
    return Size(std::max(1, cvRound(double(input.width) / stride)),
                std::max(1, cvRound(double(input.height) / stride)));
}

static bool isFiner(Size map, Size grid)
{
    return map.width > grid.width || map.height > grid.height;
}

// If the map's size is a multiple of the grid's, INTER_AREA is the mean of whole cells.
int gridInterpolation(Size map, Size grid)
{
    return isFiner(map, grid) ? INTER_AREA : INTER_LINEAR;
}

// Resizes each channel of a map to the grid. `to` gets channels x grid.area() values.
static void placeOnGrid(const Mat& map, Size grid, float* to)
{
    const int interpolation = gridInterpolation(sizeOf(map), grid);
    parallel_for_(Range(0, map.size[1]), [&](const Range& channels) {
        for (int c = channels.start; c < channels.end; c++)
        {
            const Mat from(map.size[2], map.size[3], CV_32F, const_cast<float*>(map.ptr<float>(0, c)));
            Mat plane(grid, CV_32F, to + size_t(c) * grid.area());
            resize(from, plane, grid, 0, 0, interpolation);
        }
    });
}

std::vector<Mat> averagedToGrid(const std::vector<Mat>& maps, Size grid)
{
    std::vector<Mat> coarse;
    for (const Mat& map : maps)
    {
        if (!isFiner(sizeOf(map), grid))
        {
            coarse.push_back(map);
            continue;
        }
        const int shape[] = {1, map.size[1], grid.height, grid.width};
        coarse.push_back(Mat(4, shape, CV_32F));
        placeOnGrid(map, grid, coarse.back().ptr<float>());
    }
    return coarse;
}

void gridFeatures(const std::vector<Mat>& maps, Size grid, Mat& phi)
{
    int features = 0;
    for (const Mat& map : maps)
        features += map.size[1];
    phi.create(features, grid.area(), CV_32F);
    int first = 0;
    for (const Mat& map : maps)
    {
        placeOnGrid(map, grid, phi.ptr<float>(first));
        first += map.size[1];
    }
}

Mat maskOnGrid(const Mat& mask, Size maskGrid, Size grid)
{
    if (mask.empty())
        return Mat();
    Mat onGrid;
    resize(mask.reshape(1, maskGrid.height), onGrid, grid, 0, 0, INTER_NEAREST);
    return onGrid.reshape(1, 1);
}

}} // namespace cv::anomaly
