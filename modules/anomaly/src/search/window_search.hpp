// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_WINDOW_SEARCH_HPP
#define OPENCV_ANOMALY_WINDOW_SEARCH_HPP

#include "../base/workspace_pool.hpp"
#include "rows_by_place.hpp"

namespace cv { namespace anomaly {

/** @brief The row of a bank that is nearest to each patch, of the rows that come from places near the patch's own.

All distances to these rows are computed: a window of 5 x 5 of 28 x 28 places has a thirtieth of the rows, so that no
bounds are worth their time. Where a window has no row, the smallest larger one that has some is searched.
*/
class WindowSearch
{
public:
    //! bank: CV_32F, not changed after. places: of each row, on the grid of the patches, row by row. window: how far a
    //! row's place may be from a patch's, across and down. engine: ENGINE_PLAIN or ENGINE_HALIDE, which give the same.
    WindowSearch(const Mat& bank, const std::vector<int>& places, Size grid, int window, int engine);

    //! phi: features x patches of the grid, CV_32F. squaredDistances, indices: 1 x patches, CV_32F and CV_32S; ties go
    //! to the lower index. Safe from several threads.
    void search(const Mat& phi, Mat& squaredDistances, Mat& indices) const;

private:
    struct Workspace
    {
        std::vector<Vec2i> pairs;
        std::vector<float> distances;
    };
    void searchPlace(int place, const Mat& patches, Workspace& work, Mat& squaredDistances, Mat& indices) const;

    const Mat bank; // with zeros up to whole vectors
    const int length, engine;
    const RowsByPlace rows;
    const std::vector<int> reaches; // of each place
    mutable WorkspacePool<Workspace> workspaces;
};

//! How far around each place rows are searched: `window`, or the least farther reach where that has no row.
std::vector<int> reachesOfPlaces(const RowsByPlace& rows, int window);

/** @brief Indices of `count` rows that cover all the others, each from a place near its own, in the order of choice.

It is greedyCoreset() with a row's distance to a chosen one infinite where their places are more than `window` apart:
a row is chosen around each place first, then where rows differ most from those chosen near them. places: of each row.
Rows that equal a chosen one near them are never chosen.
*/
std::vector<int> windowCoreset(const Mat& rows, const std::vector<int>& places, Size grid, int window, int count,
                               int engine, const std::function<void(int chosen)>& progress = nullptr);

}} // namespace cv::anomaly

#endif
