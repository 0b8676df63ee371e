// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_COORDINATE_HPP
#define OPENCV_ANOMALY_COORDINATE_HPP

/** @brief Coordinate of a patch along a line, as in CoordConv: -1 at the first cell, 1 at the last.
@param at index of a cell, or of cells, from 0
@param last index of the last cell, but 1 if there is only one cell

The types depend on the caller: floats in the library, expressions in Halide's generators, tensors in training.
*/
template <typename Cells, typename Number> Cells coordinateOf(const Cells& at, const Number& last)
{
    return at * 2.f / last - 1.f;
}

#endif
