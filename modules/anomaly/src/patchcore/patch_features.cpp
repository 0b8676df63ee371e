// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "patch_features.hpp"
#include "../patches/grid_features.hpp"

namespace cv { namespace anomaly {

PatchFeatures::PatchFeatures(Size g, const Descriptor& whitening, int engine) : grid(g)
{
    if (!whitening.W.empty())
        projection = Projection::create(whitening, engine);
}

void PatchFeatures::compute(const std::vector<Mat>& pooled, Mat& phi) const
{
    if (!projection)
        return gridFeatures(pooled, grid, phi);
    // Maps that are coarser than the grid are projected before they are interpolated, which is a quarter of the work
    // for each halving of the resolution. project() takes the grid from the first map.
    std::vector<Mat> maps = averagedToGrid(pooled, grid);
    if (sizeOf(maps[0]) != grid)
    {
        Mat finest;
        gridFeatures({maps[0]}, grid, finest);
        const int shape[] = {1, finest.rows, grid.height, grid.width};
        maps[0] = finest.reshape(1, 4, shape);
    }
    projection->project(maps, MAPS_AVERAGED, phi);
}

}} // namespace cv::anomaly
