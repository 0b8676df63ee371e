// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "patchcore_model.hpp"
#include "../base/workspace_pool.hpp"
#include "../detector/model_fields.hpp"
#include "../patches/descriptor.hpp"
#include "../patches/grid_features.hpp"
#include "../patches/whitening.hpp"
#include "patch_features.hpp"
#include "../search/neighbor_search.hpp"

#include <map>
#include <numeric>
#include <set>

namespace cv { namespace anomaly {

namespace {

class PatchCoreScorer CV_FINAL : public PatchScorer
{
public:
    PatchCoreScorer(const Mat& b, const Descriptor& whitening, Size g, int k, int engine)
        : bank(b),
          grid(g),
          K(std::min(k, b.rows)),
          features(g, whitening, engine),
          neighbors(NeighborSearch::create(b, engine))
    {}

    double score(const std::vector<Mat>& maps, Mat& scores, StageClock* clock) const CV_OVERRIDE
    {
        const WorkspacePool<Workspace>::Loan work(workspaces);
        features.compute(poolPatches(maps), work->phi);
        lap(clock, STAGE_DESCRIPTOR);
        neighbors->search(work->phi, 1, work->squaredDistances, work->nearest);
        sqrt(work->squaredDistances.reshape(1, grid.height), scores);
        const double imageScore = K > 1 ? weightedScore(*work, scores) : scoreOfMap;
        lap(clock, STAGE_SEARCH);
        return imageScore;
    }

private:
    struct Workspace
    {
        Mat phi, squaredDistances, nearest;
    };

    // Eq. 6 and 7: the distance s of the most unusual patch to m, its nearest one of the bank, times
    // 1 - exp(s) / (the sum of exp of its distances to the K patches of the bank that are nearest to m). It is large
    // where m lies apart from the rest of the bank.
    double weightedScore(const Workspace& work, const Mat& scores) const
    {
        double highest;
        int at[2];
        minMaxIdx(scores, NULL, &highest, NULL, at);
        const int patch = at[0] * grid.width + at[1];
        const Mat unusual = work.phi.col(patch).t();
        double sum = 0;
        for (const int row : nearestRows(bank.row(work.nearest.at<int>(patch))))
            sum += std::exp(norm(unusual, bank.row(row)) - highest);
        return (1 - 1 / sum) * highest;
    }

    // Indices of the K rows of the bank that are nearest to one of them, itself among them.
    std::vector<int> nearestRows(const Mat& row) const
    {
        std::vector<std::pair<double, int>> distances(bank.rows);
        for (int r = 0; r < bank.rows; r++)
            distances[r] = std::make_pair(norm(bank.row(r), row, NORM_L2SQR), r);
        std::partial_sort(distances.begin(), distances.begin() + K, distances.end());
        std::vector<int> rows;
        for (int k = 0; k < K; k++)
            rows.push_back(distances[k].second);
        return rows;
    }

    const Mat bank;
    const Size grid;
    const int K;
    const PatchFeatures features;
    const std::shared_ptr<const NeighborSearch> neighbors;
    mutable WorkspacePool<Workspace> workspaces;
};

/** Scores a training image by what the others taught.

Often some of these show the same part: the next picture of a video, or one under other light. A new part has none of its
own among the good images, so an image is left out, too, that is nearest to far more patches than most are.
*/
class LeftOutScorer CV_FINAL : public PatchScorer
{
public:
    LeftOutScorer(const PatchCoreModel& m, const std::set<int>& p, Size g, int e)
        : model(m),
          leftOut(p),
          grid(g),
          engine(e),
          features(g, m.whitening, e)
    {}

    double score(const std::vector<Mat>& maps, Mat& scores, StageClock* clock) const CV_OVERRIDE
    {
        Mat phi, squaredDistances, nearest;
        features.compute(poolPatches(maps), phi);
        std::vector<int> rows = rowsWithout(leftOut);
        std::set<int> without = leftOut;
        NeighborSearch::create(bankOf(rows), engine)->search(phi, 1, squaredDistances, nearest);
        for (const int piece : alike(rows, nearest))
            without.insert(piece);
        rows = rowsWithout(without);
        if (rows.empty())
            rows = rowsWithout(leftOut);
        const Mat bank = bankOf(rows);
        return PatchCoreScorer(bank, model.whitening, grid, model.K, engine).score(maps, scores, clock);
    }

private:
    std::vector<int> rowsWithout(const std::set<int>& without) const
    {
        std::vector<int> rows;
        for (size_t row = 0; row < model.pieces.size(); row++)
            if (!without.count(model.pieces[row]))
                rows.push_back(int(row));
        return rows;
    }

    Mat bankOf(const std::vector<int>& rows) const
    {
        Mat bank(int(rows.size()), model.bank.cols, CV_32F);
        for (size_t i = 0; i < rows.size(); i++)
            model.bank.row(rows[i]).copyTo(bank.row(int(i)));
        return bank;
    }

    // Those that are nearest to five times as many patches as they would be if all were alike, and to one in fifty.
    // Where all parts are different, one in ten images exceeds this; of photographs of the same tile all do.
    std::vector<int> alike(const std::vector<int>& rows, const Mat& nearest) const
    {
        std::map<int, int> patchesOf;
        for (int patch = 0; patch < nearest.cols; patch++)
            patchesOf[model.pieces[rows[nearest.at<int>(patch)]]]++;
        const std::set<int> all(model.pieces.begin(), model.pieces.end());
        const double most = std::max(5. / double(all.size()), 0.02) * nearest.cols;
        std::vector<int> found;
        for (const auto& piece : patchesOf)
            if (piece.second > most)
                found.push_back(piece.first);
        return found;
    }

    const PatchCoreModel& model; // it lives longer, since a model that leaves an image out serves for that image only
    const std::set<int> leftOut;
    const Size grid;
    const int engine;
    const PatchFeatures features;
};

} // namespace

std::shared_ptr<const ScoreMap> PatchCoreModel::createScoreMap(const MapSettings& settings, const Device& device) const
{
    const Size grid = gridOfStride(settings.input, patchStride);
    return anomaly::createScoreMap(std::make_shared<PatchCoreScorer>(bank, whitening, grid, K, device.engine),
                                   settings, device.engine);
}

std::shared_ptr<const ScoreMap> PatchCoreModel::createScoreMapWithout(const std::vector<int>& left,
                                                                      const MapSettings& settings,
                                                                      const Device& device) const
{
    const std::set<int> taught(pieces.begin(), pieces.end()), leftOut(left.begin(), left.end());
    if (std::includes(leftOut.begin(), leftOut.end(), taught.begin(), taught.end()))
        return nullptr;
    return anomaly::createScoreMap(std::make_shared<LeftOutScorer>(*this, leftOut, gridOfStride(settings.input, patchStride),
                                                                   device.engine),
                                   settings, device.engine);
}

std::vector<Mat> PatchCoreModel::matrices() const
{
    if (whitening.W.empty())
        return {bank};
    return {whitening.W, whitening.b, bank};
}

void PatchCoreModel::write(FileStorage& file) const
{
    writeChannels(file, channelCounts);
    if (!whitening.W.empty())
        file << "axes" << whitening.W.colRange(0, whitening.W.cols - 2) << "offset" << whitening.b;
    file << "bank" << bank;
}

// Of `features` features, as the settings say, which are what a file's checksum is of, too.
static Descriptor readWhitening(const FileNode& node, const std::vector<int>& channels, int64 features)
{
    const Mat W = matrix(node, "axes", CV_32F), b = matrix(node, "offset", CV_32F);
    expectSize(W, "axes", W.rows, features);
    expectSize(b, "offset", W.rows, 1);
    return descriptorWithoutPlace(channels, W, b);
}

std::shared_ptr<const PatchCoreModel> PatchCoreModel::read(const FileNode& node, const PatchCore::Params& params)
{
    const std::shared_ptr<PatchCoreModel> model = std::make_shared<PatchCoreModel>();
    model->channelCounts = readChannels(node, params.outputs.size());
    model->bank = matrix(node, "bank", CV_32F);
    model->patchStride = params.patchStride;
    model->K = params.K;
    const int64 features = std::accumulate(model->channelCounts.begin(), model->channelCounts.end(), int64(0));
    if (params.whitening > 0 || params.axes > 0)
        model->whitening = readWhitening(node, model->channelCounts, features);
    expectSize(model->bank, "bank", model->bank.rows, model->whitening.W.empty() ? features : model->whitening.W.rows);
    return model;
}

}} // namespace cv::anomaly
