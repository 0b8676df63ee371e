// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "rows_by_place.hpp"

#include "opencv2/imgproc.hpp"

namespace cv { namespace anomaly {

RowsByPlace::RowsByPlace(const std::vector<int>& places, Size g)
    : grid(g),
      order(places.size()),
      starts(grid.area() + 1)
{
    for (const int place : places)
    {
        CV_Check(place, 0 <= place && place < grid.area(), "Places of rows must lie on the grid");
        starts[place + 1]++;
    }
    for (int place = 0; place < grid.area(); place++)
        starts[place + 1] += starts[place];
    std::vector<int> next = starts;
    for (size_t row = 0; row < places.size(); row++)
        order[next[places[row]]++] = int(row);
}

Rect RowsByPlace::around(int place, int reach) const
{
    const Rect window(place % grid.width - reach, place / grid.width - reach, 2 * reach + 1, 2 * reach + 1);
    return window & Rect(Point(), grid);
}

Mat RowsByPlace::distancesToRows() const
{
    Mat isEmpty(grid, CV_8U), distances;
    for (int place = 0; place < grid.area(); place++)
        isEmpty.data[place] = starts[place] == starts[place + 1];
    distanceTransform(isEmpty, distances, DIST_C, 3);
    return distances;
}

}} // namespace cv::anomaly
