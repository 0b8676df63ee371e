// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "left_out_scorer.hpp"
#include "../search/neighbor_search.hpp"

#include <map>
#include <numeric>
#include <set>

namespace cv { namespace anomaly {

namespace {

// An image that is nearest to five times as many patches as it would be if all were alike, and to one in fifty, shows
// the same part. Of parts that are all different one image in ten does; of a tile that was photographed again and again
// all others do.
const double timesTheFairShare = 5, leastShare = 0.02;

// Of these rows of a bank, those that other pieces taught.
std::vector<int> rowsWithout(const TaughtBank& bank, const std::vector<int>& rows, const std::set<int>& left)
{
    std::vector<int> rest;
    for (const int row : rows)
        if (!left.count(bank.pieces[row]))
            rest.push_back(row);
    return rest;
}

class LeftOutScorer CV_FINAL : public PatchScorer
{
public:
    LeftOutScorer(const TaughtBank& b, const std::vector<int>& o, int e, const DescribeMaps& d, const ScorerOfRows& s,
                  int f)
        : bank(b),
          others(o),
          engine(e),
          describe(d),
          scorerOf(s),
          fewest(f)
    {}

    double score(const std::vector<Mat>& maps, Mat& scores, StageClock* clock) const CV_OVERRIDE
    {
        Mat phi, squaredDistances, nearest;
        describe(maps, phi);
        NeighborSearch::create(rowsOfOthers(), engine)->search(phi, 1, squaredDistances, nearest);
        const std::vector<int> different = rowsWithout(bank, others, alike(nearest));
        return scorerOf(int(different.size()) < fewest ? others : different)->score(maps, scores, clock);
    }

private:
    Mat rowsOfOthers() const
    {
        Mat rows(int(others.size()), bank.rows.cols, CV_32F);
        for (size_t i = 0; i < others.size(); i++)
            bank.rows.row(others[i]).copyTo(rows.row(int(i)));
        return rows;
    }

    std::set<int> alike(const Mat& nearest) const
    {
        std::map<int, int> patchesOf;
        for (int patch = 0; patch < nearest.cols; patch++)
            patchesOf[bank.pieces[others[nearest.at<int>(patch)]]]++;
        const std::set<int> all(bank.pieces.begin(), bank.pieces.end());
        const double most = std::max(timesTheFairShare / double(all.size()), leastShare) * nearest.cols;
        std::set<int> found;
        for (const auto& piece : patchesOf)
            if (piece.second > most)
                found.insert(piece.first);
        return found;
    }

    const TaughtBank bank;
    const std::vector<int> others; // rows of the bank that other images taught
    const int engine;
    const DescribeMaps describe;
    const ScorerOfRows scorerOf;
    const int fewest;
};

} // namespace

std::shared_ptr<const PatchScorer> createLeftOutScorer(const TaughtBank& bank, const std::vector<int>& left, int engine,
                                                       const DescribeMaps& describe, const ScorerOfRows& scorerOf,
                                                       int fewest)
{
    std::vector<int> all(bank.pieces.size());
    std::iota(all.begin(), all.end(), 0);
    const std::vector<int> others = rowsWithout(bank, all, std::set<int>(left.begin(), left.end()));
    if (int(others.size()) < fewest)
        return nullptr;
    return std::make_shared<LeftOutScorer>(bank, others, engine, describe, scorerOf, fewest);
}

}} // namespace cv::anomaly
