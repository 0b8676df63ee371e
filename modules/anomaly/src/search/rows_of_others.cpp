// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "rows_of_others.hpp"
#include "neighbor_search.hpp"

namespace cv { namespace anomaly {

namespace {

//! For one row, the nearest rows of the two nearest groups other than its own, among those added so far.
class NearestOthers
{
public:
    NearestOthers(int own) : ownGroup(own), rows(-1, -1), groups(-1, -1), distances(FLT_MAX, FLT_MAX) {}

    void add(int row, int group, float distance)
    {
        if (group == ownGroup || distance >= distances[1])
            return;
        if (group == groups[0])
        {
            if (distance < distances[0])
                put(0, row, group, distance);
            return;
        }
        if (distance < distances[0])
        {
            put(1, rows[0], groups[0], distances[0]);
            put(0, row, group, distance);
        }
        else
            put(1, row, group, distance);
    }

    Vec2i nearest() const { return rows; }

private:
    void put(int place, int row, int group, float distance)
    {
        rows[place] = row;
        groups[place] = group;
        distances[place] = distance;
    }

    int ownGroup;
    Vec2i rows, groups;
    Vec2f distances;
};

} // namespace

std::vector<Vec2i> nearestRowsOfOthers(const GroupedRows& queries, const GroupedRows& candidates)
{
    CV_CheckEQ(queries.rows.rows, int(queries.groups.size()), "Each row must have a group");
    CV_CheckEQ(candidates.rows.rows, int(candidates.groups.size()), "Each candidate must have a group");
    const int queriesAtOnce = 512, candidatesAtOnce = 4096; // a block of products takes 8 MiB
    const Mat norms = squaredNorms(candidates.rows);
    std::vector<NearestOthers> nearest(queries.groups.begin(), queries.groups.end());
    Mat products;
    for (int first = 0; first < queries.rows.rows; first += queriesAtOnce)
        for (int begin = 0; begin < candidates.rows.rows; begin += candidatesAtOnce)
        {
            const Mat part = candidates.rows.rowRange(begin, std::min(candidates.rows.rows, begin + candidatesAtOnce));
            gemm(queries.rows.rowRange(first, std::min(queries.rows.rows, first + queriesAtOnce)), part, -2, noArray(),
                 0, products, GEMM_2_T);
            // Ranks by |a - b|^2 - |a|^2, because the row's own norm |a|^2 does not change the order.
            parallel_for_(Range(0, products.rows), [&](const Range& range) {
                for (int i = range.start; i < range.end; i++)
                    for (int c = 0; c < part.rows; c++)
                        nearest[first + i].add(begin + c, candidates.groups[begin + c],
                                               products.at<float>(i, c) + norms.at<float>(begin + c));
            });
        }
    std::vector<Vec2i> indices;
    for (const NearestOthers& each : nearest)
        indices.push_back(each.nearest());
    return indices;
}

}} // namespace cv::anomaly
