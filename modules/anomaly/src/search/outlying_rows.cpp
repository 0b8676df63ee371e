// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "outlying_rows.hpp"
#include "greedy_coreset.hpp"
#include "neighbor_search.hpp"

#include <map>

namespace cv { namespace anomaly {

namespace {

// Groups are compared a quarter at a time with a coreset of the other three quarters. A quarter is left out as a whole,
// since a coreset for each group would take the time of as many.
const int parts = 4;

// Number of rows of a coreset. It covers what is rare in good groups, which an even sample of as many rows would miss.
const int mostCompared = 4000;

// The rows of each group, by its number.
typedef std::map<int, std::vector<int>> RowsOfGroups;

// Writes the squared distance from each of these rows to the nearest of the others into the element of `distances` at
// the index of the row.
void compare(const Mat& rows, const std::vector<int>& these, const std::vector<int>& others, int engine, Mat& distances)
{
    const int rowsAtOnce = 4096;
    const Mat all = rowsAt(rows, others);
    const auto search =
        NeighborSearch::create(rowsAt(all, greedyCoreset(all, std::min(mostCompared, all.rows), engine)), engine);
    for (size_t first = 0; first < these.size(); first += rowsAtOnce)
    {
        const std::vector<int> some(these.begin() + first, these.begin() + std::min(first + rowsAtOnce, these.size()));
        Mat nearest, indices;
        search->search(rowsAt(rows, some).t(), 1, nearest, indices);
        for (size_t i = 0; i < some.size(); i++)
            distances.at<float>(some[i]) = std::max(0.f, nearest.at<float>(int(i)));
    }
}

// Squared distance of each row to the nearest row of other groups.
Mat distancesToOthers(const Mat& rows, const RowsOfGroups& groups, int engine)
{
    Mat distances = Mat::zeros(rows.rows, 1, CV_32F);
    for (int part = 0; part < parts; part++)
    {
        std::vector<int> these, others;
        int index = 0;
        for (const auto& group : groups)
        {
            std::vector<int>& side = index++ % parts == part ? these : others;
            side.insert(side.end(), group.second.begin(), group.second.end());
        }
        if (!these.empty() && !others.empty())
            compare(rows, these, others, engine, distances);
    }
    return distances;
}

// Mean distance of the most distant hundredth of the rows. A single row would often be one that is rare, but good.
double meanOfFarthest(const std::vector<int>& group, const Mat& squaredDistances)
{
    std::vector<float> squared;
    for (const int row : group)
        squared.push_back(squaredDistances.at<float>(row));
    std::sort(squared.rbegin(), squared.rend());
    squared.resize((squared.size() + 99) / 100);
    double sum = 0;
    for (const float distance : squared)
        sum += std::sqrt(distance);
    return sum / double(squared.size());
}

} // namespace

std::vector<int> outlyingRows(const Mat& rows, const std::vector<int>& groups, int count, int engine,
                              std::set<int>& bad)
{
    CV_CheckEQ(rows.rows, int(groups.size()), "Each row must have a group");
    RowsOfGroups rowsOf;
    for (int row = 0; row < rows.rows; row++)
        rowsOf[groups[row]].push_back(row);
    std::vector<int> candidates;
    for (const auto& group : rowsOf)
        if (!bad.count(group.first))
            candidates.push_back(group.first);
    count = std::min(count, int(candidates.size()) - 1);
    if (count <= 0)
        return std::vector<int>();
    const Mat distances = distancesToOthers(rows, rowsOf, engine);
    std::vector<std::pair<double, int>> farthest;
    for (const int group : candidates)
        farthest.push_back({-meanOfFarthest(rowsOf[group], distances), group});
    std::sort(farthest.begin(), farthest.end());
    const double limit = -farthest[count].first; // of the most unusual group that is taken as good
    std::vector<int> found;
    for (int i = 0; i < count; i++)
    {
        bad.insert(farthest[i].second);
        for (const int row : rowsOf[farthest[i].second])
            if (std::sqrt(distances.at<float>(row)) > limit)
                found.push_back(row);
    }
    std::sort(found.begin(), found.end());
    return found;
}

}} // namespace cv::anomaly
