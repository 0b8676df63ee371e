// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_TILING_HPP
#define OPENCV_ANOMALY_TILING_HPP

#include "preprocess.hpp"

#include <vector>

namespace cv { namespace anomaly {

/** @brief The tiles of one image. Each has the size of the backbone's input, and they are evenly spaced from edge to
edge.

If the settings have no tiles, or the image is no larger than one tile, the whole image is the only tile, whatever its
size. Indices of tiles go from 0 to count() - 1, row by row.
*/
class Tiling
{
public:
    Tiling(Size image, const InputSettings& input);

    int count() const { return int(columns.size() * rows.size()); }

    //! Size of the map of all tiles.
    Size mapSize() const { return size; }

    //! Stretches an image to the resolution at which tiles are cut.
    Mat stretched(const Mat& image) const;
    //! Stretches a mask to that resolution by INTER_NEAREST. The result is empty if the mask is.
    Mat stretchedMask(const Mat& mask) const;

    //! Returns one tile of a stretched image or mask, without copying its pixels.
    Mat cut(const Mat& stretched, int index) const;

    //! Adds the map of a tile to the map of all tiles, in which overlapping tiles fade into one another. Where no other
    //! tile overlaps, values stay the same bit for bit.
    void blend(const Mat& tileMap, int index, Mat& map) const;

private:
    //! A row or a column of tiles: the first pixel in the map of all tiles, and the weights of its pixels.
    struct Strip
    {
        int start;
        std::vector<float> weights; // at each pixel of the map, the weights of all strips add up to 1
    };
    static std::vector<Strip> strips(int length, int side, int overlap);
    bool isWhole() const { return count() == 1; }
    Rect place(int index) const;

    Size size, tile; // of the map of all tiles, and of one of them
    std::vector<Strip> columns, rows;
};

//! An image and its mask, both cut into tiles.
class TiledImage
{
public:
    TiledImage(const Mat& image, const Mat& mask, const InputSettings& input)
        : tiling(image.size(), input),
          stretched(tiling.stretched(image)),
          stretchedMask(tiling.stretchedMask(mask))
    {}

    int count() const { return tiling.count(); }
    Mat image(int tile) const { return tiling.cut(stretched, tile); }
    Mat mask(int tile) const { return tiling.cut(stretchedMask, tile); }

private:
    Tiling tiling;
    Mat stretched, stretchedMask;
};

//! Settings with which a tile becomes the input.
inline InputSettings ofTile(InputSettings input)
{
    input.tile = 0;
    return input;
}

}} // namespace cv::anomaly

#endif
