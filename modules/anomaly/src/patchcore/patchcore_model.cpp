// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "patchcore_model.hpp"
#include "../base/as_column.hpp"
#include "../base/workspace_pool.hpp"
#include "../detector/model_fields.hpp"
#include "../input/preprocess.hpp"
#include "../patches/descriptor.hpp"
#include "../patches/grid_features.hpp"
#include "../patches/whitening.hpp"
#include "patch_features.hpp"
#include "../search/neighbor_search.hpp"
#include "../search/window_search.hpp"

#include <numeric>

namespace cv { namespace anomaly {

namespace {

//! Distances of patches to the nearest patch of the bank, and the image's score of Eq. 7 if K is more than 1.
class PatchCoreScorer CV_FINAL : public PatchScorer
{
public:
    PatchCoreScorer(const PatchCoreModel& model, Size g, int engine)
        : bank(model.bank),
          grid(g),
          K(std::min(model.K, bank.rows)),
          features(g, model.whitening, engine)
    {
        if (model.window > 0)
            nearby = std::make_shared<WindowSearch>(bank, model.places, grid, model.window, engine);
        else
            neighbors = NeighborSearch::create(bank, engine);
    }

    double score(const std::vector<Mat>& maps, Mat& scores, StageClock* clock) const CV_OVERRIDE
    {
        const WorkspacePool<Workspace>::Loan work(workspaces);
        features.compute(poolPatches(maps), work->phi);
        lap(clock, STAGE_DESCRIPTOR);
        if (nearby)
            nearby->search(work->phi, work->squaredDistances, work->nearest);
        else
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

    // Eq. 6 and 7 of @cite Roth2022patchcore. m is the patch of the bank that is nearest to the most unusual patch, and
    // s their distance. The score is s (1 - exp(s) / sum), where the sum runs over exp of the distances from the most
    // unusual patch to the K patches of the bank that are nearest to m. It is large if m lies apart from the rest of
    // the bank. The equation is computed with exp(distance - s), which cannot overflow for m itself.
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

    // Indices of the K rows of the bank that are nearest to one of its rows, which is the first of them.
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
    std::shared_ptr<const NeighborSearch> neighbors; // without a window: compares patches with the whole bank
    std::shared_ptr<const WindowSearch> nearby;      // with a window: compares them with patches from nearby places
    mutable WorkspacePool<Workspace> workspaces;
};

} // namespace

std::shared_ptr<const ScoreMap> PatchCoreModel::createScoreMap(const MapSettings& settings, const Device& device) const
{
    const Size grid = gridOfStride(settings.input, patchStride);
    return anomaly::createScoreMap(std::make_shared<PatchCoreScorer>(*this, grid, device.engine), settings,
                                   device.engine);
}

std::shared_ptr<const ScoreMap> PatchCoreModel::createScoreMapWithout(const std::vector<int>& left,
                                                                      const MapSettings& settings,
                                                                      const Device& device) const
{
    if (!coreset || left.empty())
        return nullptr;
    const PatchRows rest = coreset->without(left[0]);
    PatchCoreModel others = *this;
    others.bank = rest.rows;
    if (window > 0)
        others.places = rest.places;
    return others.bank.empty() ? nullptr : others.createScoreMap(settings, device);
}

std::vector<Mat> PatchCoreModel::matrices() const
{
    std::vector<Mat> all;
    if (!whitening.W.empty())
        all = {whitening.W, whitening.b};
    all.push_back(bank);
    if (choosesWindow)
        all.push_back(Mat(1, 1, CV_32S, Scalar(window)));
    if (window > 0)
        all.push_back(asColumn(places).clone());
    return all;
}

void PatchCoreModel::write(FileStorage& file) const
{
    writeChannels(file, channelCounts);
    if (!whitening.W.empty())
        file << "axes" << whitening.W.colRange(0, whitening.W.cols - 2) << "offset" << whitening.b;
    file << "bank" << bank;
    if (choosesWindow)
        file << "window" << window;
    if (window > 0)
        writeIntegers(file, "places", places);
}

// Reads the whitening for `features` features. This number follows from the file's settings, which its checksum covers.
static Descriptor readWhitening(const ModelNode& node, const std::vector<int>& channels, int64 features)
{
    const Mat W = matrix(node, "axes", CV_32F), b = matrix(node, "offset", CV_32F);
    expectSize(W, "axes", W.rows, features);
    expectSize(b, "offset", W.rows, 1);
    return descriptorWithoutPlace(channels, W, b);
}

// Reads the window: that of the settings, or the one that fit chose if the settings leave it to fit.
static int readWindow(const ModelNode& node, int ofSettings)
{
    const int window = integer(node, "window", 0, PatchCoreModel::widestWindow);
    if (ofSettings > 0 && window != ofSettings)
        CV_Error_(Error::StsParseError,
                  ("Model file has %d as 'window' of a model, but %d in its settings", window, ofSettings));
    return window;
}

static std::vector<int> readPlaces(const ModelNode& node, int rows, Size grid)
{
    const std::vector<int> places = readIntegers(node, "places");
    const auto isOnGrid = [grid](int place) { return place >= 0 && place < grid.area(); };
    if (places.size() != size_t(rows) || !std::all_of(places.begin(), places.end(), isOnGrid))
        CV_Error_(Error::StsParseError, ("Model file has no list of %d places from 0 to %d, one for each patch of the "
                                         "bank, as 'places'",
                                         rows, grid.area() - 1));
    return places;
}

std::shared_ptr<const PatchCoreModel> PatchCoreModel::read(const ModelNode& node, const PatchCore::Params& params)
{
    const std::shared_ptr<PatchCoreModel> model = std::make_shared<PatchCoreModel>();
    model->channelCounts = readChannels(node, params.outputs.size());
    model->bank = matrix(node, "bank", CV_32F);
    model->patchStride = params.patchStride;
    model->K = params.K;
    const int64 features = std::accumulate(model->channelCounts.begin(), model->channelCounts.end(), int64(0));
    if (params.whitening == 0 && params.axes == 0 && !node["axes"].empty())
        CV_Error(Error::StsParseError,
                 "Model file has whitened 'axes', but 0 as 'whitening' and 'axes' of its settings");
    if (params.whitening > 0 || params.axes > 0)
        model->whitening = readWhitening(node, model->channelCounts, features);
    expectSize(model->bank, "bank", model->bank.rows, model->whitening.W.empty() ? features : model->whitening.W.rows);
    model->choosesWindow = params.window != 0;
    if (model->choosesWindow)
        model->window = readWindow(node, params.window);
    if (model->window > 0)
        model->places = readPlaces(node, model->bank.rows, gridOfStride(inputShapeOf(params), params.patchStride));
    return model;
}

}} // namespace cv::anomaly
