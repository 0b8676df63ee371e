// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ROWS_BY_PLACE_HPP
#define OPENCV_ANOMALY_ROWS_BY_PLACE_HPP

#include "opencv2/core.hpp"

#include <vector>

namespace cv { namespace anomaly {

//! Rows of a matrix, sorted by the place on a grid that each comes from. Places are numbered row by row.
class RowsByPlace
{
public:
    //! places: the place of each row. Throws if one is not on the grid.
    RowsByPlace(const std::vector<int>& places, Size grid);

    //! The places of the grid that are at most `reach` columns and rows from a place.
    Rect around(int place, int reach) const;

    //! Calls visit(row) for each row of the places in a rectangle; at each place in rising order.
    template <typename Visitor> void visit(const Rect& around, const Visitor& visit) const
    {
        for (int y = around.y; y < around.br().y; y++)
        {
            const int first = y * grid.width + around.x; // places of one row of the grid have consecutive numbers
            for (int i = starts[first]; i < starts[first + around.width]; i++)
                visit(order[i]);
        }
    }

    //! Distance from each place to the nearest place that has rows, the larger of columns and rows: CV_32F of the
    //! grid's size.
    Mat distancesToRows() const;

    const Size grid;

private:
    std::vector<int> order, starts; // place p has the rows order[starts[p]] to order[starts[p + 1] - 1]
};

}} // namespace cv::anomaly

#endif
