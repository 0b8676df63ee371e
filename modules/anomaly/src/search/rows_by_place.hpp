// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ROWS_BY_PLACE_HPP
#define OPENCV_ANOMALY_ROWS_BY_PLACE_HPP

#include "opencv2/core.hpp"

#include <vector>

namespace cv { namespace anomaly {

//! Rows of a matrix in the order of the places that they come from, on a grid whose places are numbered row by row.
class RowsByPlace
{
public:
    //! places: of each row, each on the grid.
    RowsByPlace(const std::vector<int>& places, Size grid);

    //! The places at most `reach` from one, across and down, that are on the grid.
    Rect around(int place, int reach) const;

    //! Calls visit(row) for each row of these places, in ascending order at each place.
    template <typename Visitor> void visit(const Rect& around, const Visitor& visit) const
    {
        for (int y = around.y; y < around.br().y; y++)
        {
            const int first = y * grid.width + around.x; // places of a row of the grid lie side by side
            for (int i = starts[first]; i < starts[first + around.width]; i++)
                visit(order[i]);
        }
    }

    //! Distance of each place of the grid to the nearest that has rows, across and down: CV_32F of the grid's size.
    Mat distancesToRows() const;

    const Size grid;

private:
    std::vector<int> order, starts; // place p has the rows order[starts[p]] to order[starts[p + 1] - 1]
};

}} // namespace cv::anomaly

#endif
