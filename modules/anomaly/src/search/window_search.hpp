// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_WINDOW_SEARCH_HPP
#define OPENCV_ANOMALY_WINDOW_SEARCH_HPP

#include "../base/workspace_pool.hpp"
#include "rows_by_place.hpp"

namespace cv { namespace anomaly {

/** @brief Finds for each patch the nearest row of a bank, among the rows that come from places near the patch's own
place.

All distances to these rows are computed. A window of 5 x 5 of 28 x 28 places has a thirtieth of the rows, so bounds
would not save any time. If there is no row in the window, the smallest larger window that has one is searched.
*/
class WindowSearch
{
public:
    //! bank: rows x features, CV_32F, not changed afterwards. places: the place of each row on the grid of patches,
    //! numbered row by row. window: largest difference between the places of a row and a patch, in columns and in rows.
    //! engine: ENGINE_PLAIN or ENGINE_HALIDE, with the same results.
    WindowSearch(const Mat& bank, const std::vector<int>& places, Size grid, int window, int engine);

    //! phi: features x patches of the grid, CV_32F. squaredDistances, indices: 1 x patches, CV_32F and CV_32S; of rows
    //! at the same distance the one with the lower index. Safe for calls from several threads.
    void search(const Mat& phi, Mat& squaredDistances, Mat& indices) const;

private:
    struct Workspace
    {
        std::vector<Vec2i> pairs;
        std::vector<float> distances;
    };
    void searchPlace(int place, const Mat& patches, Workspace& work, Mat& squaredDistances, Mat& indices) const;

    const Mat bank; // padded with zeros to whole vectors
    const int length, engine;
    const RowsByPlace rows;
    const std::vector<int> reaches; // size of the window at each place
    mutable WorkspacePool<Workspace> workspaces;
};

//! Size of the window that is searched around each place: `window`, or the smallest larger one that has a row.
std::vector<int> reachesOfPlaces(const RowsByPlace& rows, int window);

/** @brief Chooses `count` rows that cover all others, each by a row from a place near its own.

It is greedyCoreset() with an infinite distance between rows whose places are more than `window` apart. So at first a
row is chosen around each place, then rows that differ most from those chosen near them. A row that equals a chosen one
near it is never chosen.
@param places the place of each row on the grid
@return indices of the chosen rows, in the order of choice
*/
std::vector<int> windowCoreset(const Mat& rows, const std::vector<int>& places, Size grid, int window, int count,
                               int engine, const std::function<void(int chosen)>& progress = nullptr);

}} // namespace cv::anomaly

#endif
