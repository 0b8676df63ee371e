// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "fitted.hpp"
#include "../map/anomaly_map.hpp"
#include "../scoring/score_map.hpp"
#include "../input/tiling.hpp"

#include "opencv2/imgproc.hpp"

namespace cv { namespace anomaly {

InputSettings inputSettings(const CFA::Params& params, int inputMode)
{
    const int resizeSize = inputMode == CFA::INPUT_CROPPED ? params.resizeSize : params.inputSize;
    const InputSettings input = {resizeSize,    params.inputSize, params.inputMean,   params.inputScale,
                                 params.swapRB, params.tile,      params.tileOverlap, params.significantBits};
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
    Head(const TrainedModel& model, const CFA::Params& params, const Device& device)
        : input(inputSettings(params, model.inputMode)),
          channels(model.descriptor.channels),
          scoreMap(ScoreMap::create(model.descriptor, model.bank,
                                    {{params.K, params.scoreMode}, Size(input.crop, input.crop), params.smoothSigma},
                                    device)),
          mapMaker(MapMaker::create(Size(input.crop, input.crop), params.smoothSigma, device.engine))
    {}

    //! smooth: the maps at the input's resolution.
    void map(const Backbone& backbone, const Mat* images, int count, StageClock* clock, Mat* smooth) const
    {
        const FeatureMaps features = backbone.forward(images, count, input, clock);
        checkChannels(features.channels);
        scoreMap->make(features, smooth, clock);
    }

    void neighborMaps(const Backbone& backbone, const Mat& image, const TrainedModel& model, int K,
                      std::vector<Mat>& maps) const
    {
        const FeatureMaps features = backbone.forward(preprocess(image, input));
        checkChannels(features.channels);
        const Mat phi = project(poolPatches(features.maps), model.descriptor);
        Mat squaredDistances, indices, distances;
        NeighborSearch::create(model.bank, ENGINE_PLAIN)->search(phi, K, squaredDistances, indices);
        sqrt(squaredDistances, distances);
        maps.resize(K);
        for (int k = 0; k < K; k++)
            mapMaker->make(distances.row(k).reshape(1, patchGrid(features.maps).height), maps[k]);
    }

    const InputSettings input;

private:
    void checkChannels(const std::vector<int>& given) const
    {
        for (size_t i = 0; i < given.size(); i++)
            if (given[i] != channels[i])
                CV_Error_(Error::StsUnmatchedSizes,
                          ("The backbone's output %zu has %d channels, but the model was trained with %d", i, given[i],
                           channels[i]));
    }

    std::vector<int> channels;
    std::shared_ptr<const ScoreMap> scoreMap;
    std::shared_ptr<const MapMaker> mapMaker; // of neighborMaps
};

// Their maps take 13 MiB at 224 x 224 pixels.
static const int tilesInMemory = 64;

static Rect rounded(const Rect2d& region)
{
    const Point first(cvRound(region.x), cvRound(region.y)),
        last(cvRound(region.x + region.width), cvRound(region.y + region.height));
    return Rect(first, last);
}

Fitted::Fitted(const CfaModel& m, const std::shared_ptr<const Backbone>& b, const Device& d)
    : device(d),
      model(m),
      backbone(b)
{
    for (const TrainedModel& trained : model.models)
        heads.push_back(std::make_shared<Head>(trained, model.params, device));
}

void Fitted::inputMap(const Mat& image, StageClock* clock, Mat& map, BatchWish* wish) const
{
    const Tiling tiling(image.size(), input());
    if (tiling.count() == 1)
        return wholeMaps(&image, 1, clock, &map, wish);
    map.create(tiling.mapSize(), CV_32F);
    map.setTo(0);
    const Mat stretched = tiling.stretched(image);
    std::vector<Mat> tileMaps(std::min(tiling.count(), tilesInMemory));
    for (int first = 0; first < tiling.count(); first += tilesInMemory)
    {
        const Range some(0, std::min(tilesInMemory, tiling.count() - first));
        const auto score = [&](const Range& range) {
            std::vector<Mat> tiles;
            for (int i = range.start; i < range.end; i++)
                tiles.push_back(tiling.cut(stretched, first + i));
            wholeMaps(tiles.data(), range.size(), clock, &tileMaps[range.start], wish);
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
    return !device.isGpu() && count >= 2 * getNumThreads() &&
           getNumThreads() * networkCopies * model.backbone.bytes.size() <= bytesAtMost;
}

void Fitted::inputMaps(const std::vector<Mat>& images, std::vector<Mat>& maps, BatchWish* wish) const
{
    maps.resize(images.size());
    if (input().tile == 0)
        return wholeMaps(images.data(), int(images.size()), NULL, maps.data(), wish);
    for (size_t i = 0; i < images.size(); i++)
        inputMap(images[i], NULL, maps[i], wish);
}

// A power of two, so that networks need be set up for few sizes.
static int largestBatch(int images)
{
    int batch = gpuBatch;
    while (batch > images)
        batch /= 2;
    return batch;
}

void Fitted::wholeMaps(const Mat* images, int count, StageClock* clock, Mat* maps, BatchWish* wish) const
{
    for (int first = 0, some = 0; first < count; first += some)
    {
        if (wish)
            wish->check();
        some = device.isGpu() ? largestBatch(count - first) : 1;
        heads[0]->map(*backbone, images + first, some, clock, maps + first);
        if (heads.size() > 1)
            averageWithCropped(images + first, some, clock, maps + first);
    }
}

// The second head of an ensemble sees the center.
void Fitted::averageWithCropped(const Mat* images, int count, StageClock* clock, Mat* maps) const
{
    std::vector<Mat> cropped(count);
    heads[1]->map(*backbone, images, count, clock, cropped.data());
    for (int i = 0; i < count; i++)
    {
        Mat scaled, shared = maps[i](rounded(visibleRegion(maps[i].size(), heads[1]->input)));
        resize(cropped[i], scaled, shared.size(), 0, 0, INTER_LINEAR);
        addWeighted(shared, 0.5, scaled, 0.5, 0, shared);
    }
}

void Fitted::neighborMaps(const Mat& image, std::vector<Mat>& maps) const
{
    const Tiling tiling(image.size(), input());
    const Mat stretched = tiling.stretched(image);
    maps.clear();
    for (int k = 0; k < model.params.K; k++)
        maps.push_back(Mat::zeros(tiling.mapSize(), CV_32F));
    for (int tile = 0; tile < tiling.count(); tile++)
    {
        std::vector<Mat> tileMaps;
        heads[0]->neighborMaps(*backbone, tiling.cut(stretched, tile), model.models[0], model.params.K, tileMaps);
        for (int k = 0; k < model.params.K; k++)
            tiling.blend(tileMaps[k], tile, maps[k]);
    }
}

void Fitted::outputMap(const Mat& inputMap, Size image, OutputArray map) const
{
    if (model.params.mapSize == MAP_INPUT)
        return inputMap.copyTo(map);
    map.create(image, CV_32F);
    Mat full = map.getMat();
    full.setTo(0);
    Mat part = full(rounded(visibleRegion(image, input())));
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
