// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_COORDINATE_HPP
#define OPENCV_ANOMALY_COORDINATE_HPP

/** @brief A patch's coordinate along a line, as CoordConv has it: -1 at the first cell, 1 at the last.

at: cell or cells, counted from 0; last: the last one's number, but 1 for a line of one cell. The types are those of
whoever
asks: a float here, an expression in Halide's generators, a tensor in training.
*/
template <typename Cells, typename Number> Cells coordinateOf(const Cells& at, const Number& last)
{
    return at * 2.f / last - 1.f;
}

#endif
