// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "precomp.hpp"
#include "fitted.hpp"
#include "anomaly_map.hpp"
#include "patch_scorer.hpp"
#include "tiling.hpp"
#include "workspace_pool.hpp"

#include "opencv2/imgproc.hpp"

namespace cv {
namespace anomaly {

InputSettings inputSettings(const CFA::Params& params, int inputMode)
{
    const int resizeSize = inputMode == CFA::INPUT_CROPPED ? params.resizeSize : params.inputSize;
    const InputSettings input = {resizeSize, params.inputSize, params.inputMean, params.inputScale, params.swapRB, params.tile, params.tileOverlap};
    return input;
}

std::vector<int> inputModes(int inputMode)
{
    if (inputMode == CFA::INPUT_ENSEMBLE)
        return {CFA::INPUT_RESIZED, CFA::INPUT_CROPPED};
    return {inputMode};
}

//! A trained model, with what its head derives from it to predict.
class Head
{
public:
    Head(const TrainedModel& model, const CFA::Params& params, int engine)
        : input(inputSettings(params, model.inputMode)), channels(model.descriptor.channels),
          scorer(PatchScorer::create(model.descriptor, model.bank, ScoreSettings{params.K, params.scoreMode}, engine)),
          mapMaker(MapMaker::create(Size(input.crop, input.crop), params.smoothSigma, engine))
    {
    }

    //! smooth: the map at the input's resolution.
    void map(const Backbone& backbone, const Mat& image, StageClock* clock, Mat& smooth) const
    {
        const WorkspacePool<Workspace>::Loan work(workspaces);
        preprocess(image, input, work->input);
        lap(clock, STAGE_PREPROCESS);
        const FeatureMaps features = backbone.forward(work->input.blob);
        lap(clock, STAGE_BACKBONE);
        checkChannels(features.maps);
        scorer->score(features.maps, work->scores, clock);
        if (!checkRange(work->scores))
            CV_Error(Error::StsBadArg, "The backbone's features of this image hold NaN or infinity, or lie too far from the model's for a score in float");
        mapMaker->make(work->scores, smooth);
        lap(clock, STAGE_MAP);
    }

    void neighbourMaps(const Backbone& backbone, const Mat& image, const TrainedModel& model, int K, std::vector<Mat>& maps) const
    {
        const FeatureMaps features = backbone.forward(preprocess(image, input));
        checkChannels(features.maps);
        const Mat phi = project(poolPatches(features.maps), model.descriptor);
        Mat squaredDistances, indices, distances;
        NeighbourSearch::create(model.bank, ENGINE_PLAIN)->search(phi, K, squaredDistances, indices);
        sqrt(squaredDistances, distances);
        maps.resize(K);
        for (int k = 0; k < K; k++)
            mapMaker->make(distances.row(k).reshape(1, patchGrid(features.maps).height), maps[k]);
    }

    const InputSettings input;

private:
    struct Workspace
    {
        InputMemory input;
        Mat scores;
    };

    void checkChannels(const std::vector<Mat>& maps) const
    {
        for (size_t i = 0; i < maps.size(); i++)
            if (maps[i].size[1] != channels[i])
                CV_Error_(Error::StsUnmatchedSizes, ("The backbone's output %zu has %d channels, but the model was trained with %d", i, maps[i].size[1], channels[i]));
    }

    std::vector<int> channels;
    std::shared_ptr<const PatchScorer> scorer;
    std::shared_ptr<const MapMaker> mapMaker;
    mutable WorkspacePool<Workspace> workspaces;
};

// Their maps take 13 MiB at 224 x 224 pixels.
static const int tilesInMemory = 64;

static Rect rounded(const Rect2d& region)
{
    const Point first(cvRound(region.x), cvRound(region.y)), last(cvRound(region.x + region.width), cvRound(region.y + region.height));
    return Rect(first, last);
}

Fitted::Fitted(const CfaModel& m, const std::shared_ptr<const Backbone>& b, int engine) : model(m), backbone(b)
{
    for (const TrainedModel& trained : model.models)
        heads.push_back(std::make_shared<Head>(trained, model.params, engine));
}

void Fitted::inputMap(const Mat& image, StageClock* clock, Mat& map) const
{
    const Tiling tiling(image.size(), input());
    if (tiling.count() == 1)
        return wholeMap(image, clock, map);
    map.create(tiling.mapSize(), CV_32F);
    map.setTo(0);
    const Mat stretched = tiling.stretched(image);
    std::vector<Mat> tileMaps(std::min(tiling.count(), tilesInMemory));
    for (int first = 0; first < tiling.count(); first += tilesInMemory)
    {
        const Range some(0, std::min(tilesInMemory, tiling.count() - first));
        const auto score = [&](const Range& range) {
            for (int i = range.start; i < range.end; i++)
                wholeMap(tiling.cut(stretched, first + i), clock, tileMaps[i]);
        };
        if (!clock && takesAtOnce(some.size()))
            parallel_for_(some, score);
        else
            score(some);
        for (int i = 0; i < some.size(); i++)
            tiling.blend(tileMaps[i], first + i, map);
    }
}

bool Fitted::takesAtOnce(int count) const
{
    const size_t bytesAtMost = 512 << 20, networkCopies = 4; // cv::dnn's and the kernels' forms of the weights, maps
    return count >= 2 * getNumThreads() && getNumThreads() * networkCopies * model.backbone.bytes.size() <= bytesAtMost;
}

void Fitted::wholeMap(const Mat& image, StageClock* clock, Mat& map) const
{
    heads[0]->map(*backbone, image, clock, map);
    if (heads.size() == 1)
        return;
    Mat cropped, scaled, shared = map(rounded(visibleRegion(map.size(), heads[1]->input)));
    heads[1]->map(*backbone, image, clock, cropped);
    resize(cropped, scaled, shared.size(), 0, 0, INTER_LINEAR);
    addWeighted(shared, 0.5, scaled, 0.5, 0, shared);
}

void Fitted::neighbourMaps(const Mat& image, std::vector<Mat>& maps) const
{
    const Tiling tiling(image.size(), input());
    const Mat stretched = tiling.stretched(image);
    maps.clear();
    for (int k = 0; k < model.params.K; k++)
        maps.push_back(Mat::zeros(tiling.mapSize(), CV_32F));
    for (int tile = 0; tile < tiling.count(); tile++)
    {
        std::vector<Mat> tileMaps;
        heads[0]->neighbourMaps(*backbone, tiling.cut(stretched, tile), model.models[0], model.params.K, tileMaps);
        for (int k = 0; k < model.params.K; k++)
            tiling.blend(tileMaps[k], tile, maps[k]);
    }
}

void Fitted::imageMap(const Mat& inputMap, Mat& map) const
{
    map.setTo(0);
    Mat part = map(rounded(visibleRegion(map.size(), input())));
    resize(inputMap, part, part.size(), 0, 0, INTER_LINEAR);
}

InputSettings Fitted::input() const
{
    return heads[0]->input;
}

double Fitted::imageScore(const Mat& inputMap, const Mat& inputMask) const
{
    return anomaly::imageScore(inputMap, model.params.imageScore, model.params.topShare, inputMask);
}

}} // namespace cv::anomaly
