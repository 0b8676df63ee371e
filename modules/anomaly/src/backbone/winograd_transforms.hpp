// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_WINOGRAD_TRANSFORMS_HPP
#define OPENCV_ANOMALY_WINOGRAD_TRANSFORMS_HPP

#include "network_layers.hpp"

namespace cv { namespace anomaly {

//! Points of the transformed tiles of one row of tiles: point x tile x channel.
struct TileRow
{
    float* data;
    int channels, tiles;
    int step; // floats from one point to the next
};

/** @brief Transforms the tiles of one row: B' d B of winogradMatrices(side), for a side of 2 or 4.

@param map Rows x columns x channels, a multiple of 16. What lies outside is 0.
@param size Rows and columns of the map.
@param corner Where the first tile begins; negative in the padding.
@param points Result.
@param side Side of a tile of the convolution's result.
*/
void transformTiles(const float* map, Size size, Point corner, const TileRow& points, int side);

/** @brief Transforms products to up to `side` rows of a convolution's result: A' m A, plus bias and `added`, clipped.

@param products Products of one row of tiles.
@param bias One value for each channel.
@param added Rows x columns x channels, or null; may be the result.
@param clip Range of the result.
@param result Rows x columns x channels.
@param size Rows and columns of the result.
@param side Side of a tile.
*/
void transformProducts(const TileRow& products, const float* bias, const float* added, const Clip& clip, float* result,
                       Size size, int side);

}} // namespace cv::anomaly

#endif
