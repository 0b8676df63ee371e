// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "outlying_rows.hpp"
#include "neighbor_search.hpp"
#include "../base/even_sample.hpp"

#include <map>

namespace cv { namespace anomaly {

namespace {

// Number of rows of each half that others are compared with. With all of them the time would grow with the square of
// the number of rows: minutes for 100,000.
const size_t mostCompared = 4000;

// Writes the squared distance from each row of a group to the nearest of the others into the element of `distances` at
// the index of the row.
void compare(const Mat& rows, const std::vector<int>& group, const std::vector<int>& others, int engine, Mat& distances)
{
    const int rowsAtOnce = 4096;
    const auto search = NeighborSearch::create(rowsAt(rows, evenSample(others, mostCompared)), engine);
    for (size_t first = 0; first < group.size(); first += rowsAtOnce)
    {
        const std::vector<int> part(group.begin() + first, group.begin() + std::min(first + rowsAtOnce, group.size()));
        Mat nearest, indices;
        search->search(rowsAt(rows, part).t(), 1, nearest, indices);
        for (size_t i = 0; i < part.size(); i++)
            distances.at<float>(part[i]) = nearest.at<float>(int(i));
    }
}

// The distance of the most distant row of each group.
std::map<int, float> outermost(const Mat& distances, const std::vector<int>& groups)
{
    std::map<int, float> farthest;
    for (size_t row = 0; row < groups.size(); row++)
    {
        float& distance = farthest[groups[row]];
        distance = std::max(distance, distances.at<float>(int(row)));
    }
    return farthest;
}

// The largest distance within the groups that remain after the given share, those with the largest distances, is left
// out.
float limitOf(const std::map<int, float>& farthest, double share)
{
    std::vector<float> sorted;
    for (const auto& group : farthest)
        sorted.push_back(group.second);
    std::sort(sorted.begin(), sorted.end());
    const int bad = cvRound(share * double(sorted.size()));
    return sorted[sorted.size() - 1 - std::min(size_t(bad), sorted.size() - 1)];
}

} // namespace

std::vector<int> rowsWithoutOutliers(const Mat& rows, const std::vector<int>& groups, double share, int engine)
{
    CV_CheckEQ(rows.rows, int(groups.size()), "Each row must have a group");
    std::vector<int> halves[2], kept;
    for (int row = 0; row < rows.rows; row++)
        halves[groups[row] % 2].push_back(row);
    Mat distances = Mat::zeros(rows.rows, 1, CV_32F);
    for (int half = 0; half < 2 && !halves[0].empty() && !halves[1].empty(); half++)
        compare(rows, halves[half], halves[1 - half], engine, distances);
    const float limit = limitOf(outermost(distances, groups), share);
    for (int row = 0; row < rows.rows; row++)
        if (distances.at<float>(row) <= limit)
            kept.push_back(row);
    return kept;
}

}} // namespace cv::anomaly
