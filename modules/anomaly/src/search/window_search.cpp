// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "window_search.hpp"
#include "../kernels/kernel_sizes.hpp"
#include "../kernels/panels.hpp"
#include "greedy_coreset.hpp"
#include "row_distances.hpp"

#include <cfloat>

namespace cv { namespace anomaly {

std::vector<int> reachesOfPlaces(const RowsByPlace& rows, int window)
{
    const Mat distances = rows.distancesToRows();
    std::vector<int> reaches;
    for (int place = 0; place < rows.grid.area(); place++)
        reaches.push_back(
            std::max(window, cvRound(distances.at<float>(place / rows.grid.width, place % rows.grid.width))));
    return reaches;
}

WindowSearch::WindowSearch(const Mat& b, const std::vector<int>& places, Size grid, int window, int e)
    : bank(withWholeVectors(b, partialSums)),
      length(b.cols),
      engine(e),
      rows(places, grid),
      reaches(reachesOfPlaces(rows, window))
{
    CV_CheckEQ(b.rows, int(places.size()), "Each row of the bank must have a place");
}

void WindowSearch::search(const Mat& phi, Mat& squaredDistances, Mat& indices) const
{
    CV_CheckTypeEQ(phi.type(), CV_32FC1, "Descriptors must be single precision");
    CV_CheckEQ(phi.rows, length, "Descriptors must be as long as the bank's rows");
    CV_CheckEQ(phi.cols, rows.grid.area(), "There must be a descriptor for each place");
    squaredDistances.create(1, phi.cols, CV_32F);
    indices.create(1, phi.cols, CV_32S);
    const Mat patches = withWholeVectors(phi.t(), partialSums);
    parallel_for_(Range(0, rows.grid.height), [&](const Range& range) {
        const WorkspacePool<Workspace>::Loan work(workspaces);
        for (int place = range.start * rows.grid.width; place < range.end * rows.grid.width; place++)
            searchPlace(place, patches, *work, squaredDistances, indices);
    });
}

void WindowSearch::searchPlace(int place, const Mat& patches, Workspace& work, Mat& squaredDistances,
                               Mat& indices) const
{
    work.pairs.clear();
    rows.visit(rows.around(place, reaches[place]), [&](int row) { work.pairs.push_back(Vec2i(place, row)); });
    squaredRowDistances(work.pairs, patches, bank, engine, work.distances);
    // An infinite distance has to stay one, since a score that is no number is refused.
    std::pair<float, int> nearest(work.distances[0], work.pairs[0][1]);
    for (size_t i = 1; i < work.pairs.size(); i++)
        nearest = std::min(nearest, std::make_pair(work.distances[i], work.pairs[i][1]));
    squaredDistances.at<float>(place) = nearest.first;
    indices.at<int>(place) = nearest.second;
}

namespace {

//! State of windowCoreset: the distance of each row to the nearest row that was chosen around it.
class WindowCoreset
{
public:
    WindowCoreset(const Mat& matrix, const std::vector<int>& p, Size grid, int w, int e)
        : rows(withWholeVectors(matrix, partialSums)),
          places(p),
          byPlace(p, grid),
          window(w),
          engine(e),
          distances(rows.rows, FLT_MAX),
          farthestAt(grid.area(), -1)
    {
        for (int place = 0; place < grid.area(); place++)
            findFarthest(place);
    }

    int farthest() const
    {
        int best = 0;
        for (const int row : farthestAt)
            if (row >= 0 && isFarther(row, best))
                best = row;
        return best;
    }

    float distance(int row) const { return distances[row]; }

    // Updates the distances of the rows whose places are in the window around the new center's place.
    void cover(int center)
    {
        const Rect around = byPlace.around(places[center], window);
        pairs.clear();
        byPlace.visit(around, [&](int row) { pairs.push_back(Vec2i(row, center)); });
        squaredRowDistances(pairs, rows, rows, engine, toCenter);
        for (size_t i = 0; i < pairs.size(); i++)
            distances[pairs[i][0]] = std::min(distances[pairs[i][0]], toCenter[i]);
        for (int y = around.y; y < around.br().y; y++)
            for (int x = around.x; x < around.br().x; x++)
                findFarthest(y * byPlace.grid.width + x);
    }

private:
    bool isFarther(int row, int other) const
    {
        return distances[row] > distances[other] || (row < other && distances[row] == distances[other]);
    }

    void findFarthest(int place)
    {
        int& best = farthestAt[place];
        byPlace.visit(byPlace.around(place, 0), [&](int row) {
            if (best < 0 || isFarther(row, best))
                best = row;
        });
    }

    const Mat rows; // padded with zeros to whole vectors
    const std::vector<int>& places;
    const RowsByPlace byPlace;
    const int window, engine;
    std::vector<float> distances; // from each row to the nearest chosen one around it
    std::vector<int> farthestAt;  // for each place its row with the largest distance; -1 if the place has no row
    std::vector<Vec2i> pairs;
    std::vector<float> toCenter;
};

} // namespace

std::vector<int> windowCoreset(const Mat& rows, const std::vector<int>& places, Size grid, int window, int count,
                               int engine, const std::function<void(int chosen)>& progress)
{
    checkCoresetRows(rows, count);
    CV_CheckEQ(rows.rows, int(places.size()), "Each row must have a place");
    WindowCoreset coreset(rows, places, grid, window, engine);
    std::vector<int> chosen;
    for (int next = 0; int(chosen.size()) < count && coreset.distance(next) > 0; next = coreset.farthest())
    {
        chosen.push_back(next);
        if (progress)
            progress(next);
        coreset.cover(next);
    }
    return chosen;
}

}} // namespace cv::anomaly
