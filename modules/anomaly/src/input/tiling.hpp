// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_TILING_HPP
#define OPENCV_ANOMALY_TILING_HPP

#include "preprocess.hpp"

#include <vector>

namespace cv { namespace anomaly {

/** @brief The tiles of one image, each as large as the backbone's input. They lie evenly, from edge to edge.

An image that is to be seen as a whole, and one no larger than a tile, is a single tile of whatever size.
*/
class Tiling
{
public:
    Tiling(Size image, const InputSettings& input);

    int count() const { return int(columns.size() * rows.size()); }

    //! Of the map of all tiles.
    Size mapSize() const { return size; }

    //! The image at the resolution from which tiles are cut.
    Mat stretched(const Mat& image) const;
    //! A mask, by INTER_NEAREST; empty if it is.
    Mat stretchedMask(const Mat& mask) const;

    //! A tile of what was stretched.
    Mat cut(const Mat& stretched, int index) const;

    //! Adds a tile's map to that of all, in which overlapping tiles fade into one another. Where a tile lies alone, its
    //! values stay bit for bit.
    void blend(const Mat& tileMap, int index, Mat& map) const;

private:
    //! A row or a column of tiles.
    struct Strip
    {
        int start;
        std::vector<float> weights; // of its pixels; those of all strips add up to 1 at each pixel
    };
    static std::vector<Strip> strips(int length, int side, int overlap);
    bool isWhole() const { return count() == 1; }
    Rect place(int index) const;

    Size size, tile; // of the map of all tiles, and of one of them
    std::vector<Strip> columns, rows;
};

//! An image and its mask, cut into tiles.
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

//! How a tile becomes the input.
inline InputSettings ofTile(InputSettings input)
{
    input.tile = 0;
    return input;
}

}} // namespace cv::anomaly

#endif
