// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "left_out_scorer.hpp"
#include "../search/neighbor_search.hpp"

#include <map>
#include <set>

namespace cv { namespace anomaly {

namespace {

// An image that is nearest to five times as many patches as it would be if all were alike, and to one in fifty, shows
// the same part. Of parts that are all different one image in ten does; of a tile that was photographed again and again
// all others do.
const double timesTheFairShare = 5, leastShare = 0.02;

TaughtBank bankWithout(const TaughtBank& bank, const std::set<int>& left)
{
    TaughtBank rest;
    for (size_t row = 0; row < bank.pieces.size(); row++)
        if (!left.count(bank.pieces[row]))
        {
            rest.rows.push_back(bank.rows.row(int(row)));
            rest.pieces.push_back(bank.pieces[row]);
        }
    return rest;
}

class LeftOutScorer CV_FINAL : public PatchScorer
{
public:
    LeftOutScorer(const TaughtBank& others, int e, const DescribeMaps& d, const ScorerOfBank& s, int f)
        : bank(others),
          engine(e),
          describe(d),
          scorerOf(s),
          fewest(f)
    {}

    double score(const std::vector<Mat>& maps, Mat& scores, StageClock* clock) const CV_OVERRIDE
    {
        Mat phi, squaredDistances, nearest;
        describe(maps, phi);
        NeighborSearch::create(bank.rows, engine)->search(phi, 1, squaredDistances, nearest);
        const TaughtBank different = bankWithout(bank, alike(nearest));
        const Mat& rows = different.rows.rows < fewest ? bank.rows : different.rows;
        return scorerOf(rows)->score(maps, scores, clock);
    }

private:
    std::set<int> alike(const Mat& nearest) const
    {
        std::map<int, int> patchesOf;
        for (int patch = 0; patch < nearest.cols; patch++)
            patchesOf[bank.pieces[nearest.at<int>(patch)]]++;
        const std::set<int> all(bank.pieces.begin(), bank.pieces.end());
        const double most = std::max(timesTheFairShare / double(all.size()), leastShare) * nearest.cols;
        std::set<int> found;
        for (const auto& piece : patchesOf)
            if (piece.second > most)
                found.insert(piece.first);
        return found;
    }

    const TaughtBank bank;
    const int engine;
    const DescribeMaps describe;
    const ScorerOfBank scorerOf;
    const int fewest;
};

} // namespace

std::shared_ptr<const PatchScorer> createLeftOutScorer(const TaughtBank& bank, const std::vector<int>& left, int engine,
                                                       const DescribeMaps& describe, const ScorerOfBank& scorerOf,
                                                       int fewest)
{
    const TaughtBank others = bankWithout(bank, std::set<int>(left.begin(), left.end()));
    if (others.rows.rows < fewest)
        return nullptr;
    return std::make_shared<LeftOutScorer>(others, engine, describe, scorerOf, fewest);
}

}} // namespace cv::anomaly
