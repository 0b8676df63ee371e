// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "fitted_model.hpp"
#include "../input/tiling.hpp"
#include "../map/anomaly_map.hpp"

#include "opencv2/imgproc.hpp"

namespace cv { namespace anomaly {

// Number of tiles whose maps are kept at a time: 64 maps of 224 x 224 pixels take 13 MiB.
static const int tilesInMemory = 64;

FittedModel::FittedModel(const DetectorModel& m, const std::function<std::shared_ptr<const Backbone>()>& b,
                         const Device& d)
    : device(d),
      model(m),
      heads(createHeads()),
      backbone(b())
{}

FittedModel::FittedModel(const DetectorModel& m, const std::shared_ptr<const Backbone>& b, const Device& d)
    : FittedModel(
          m, [&b]() { return b; }, d)
{}

FittedModel::FittedModel(const FittedModel& other, const DetectorModel& changed)
    : device(other.device),
      model(changed),
      heads(other.heads),
      backbone(other.backbone)
{}

std::vector<FittedModel::Head> FittedModel::createHeads() const
{
    std::vector<Head> all;
    for (const InputModel& each : model.models)
    {
        const InputSettings settings = inputSettings(params(), each.inputMode);
        all.push_back(
            {settings, each.learned->channels(), each.learned->createScoreMap(mapSettings(settings), device)});
    }
    return all;
}

MapSettings FittedModel::mapSettings(const InputSettings& settings) const
{
    return {settings.crop, params().smoothSigma};
}

std::shared_ptr<const FittedModel> FittedModel::without(const std::vector<std::vector<int>>& piecesOfModels) const
{
    const std::shared_ptr<FittedModel> rest(new FittedModel(*this, model));
    for (size_t i = 0; i < heads.size(); i++)
    {
        Head& head = rest->heads[i];
        head.scoreMap =
            model.models[i].learned->createScoreMapWithout(piecesOfModels[i], mapSettings(head.input), device);
        if (!head.scoreMap)
            return nullptr;
    }
    return rest;
}

std::shared_ptr<FittedModel> FittedModel::with(const DetectorModel& changed) const
{
    return std::shared_ptr<FittedModel>(new FittedModel(*this, changed));
}

double FittedModel::scoreMap(const Mat& image, StageClock* clock, Mat& map, BatchCancellation* cancellation) const
{
    const Tiling tiling(image.size(), input());
    if (tiling.count() > 1)
        return tiledMap(tiling, image, clock, map, cancellation);
    double imageScore = scoreOfMap;
    wholeMaps(&image, 1, clock, &map, &imageScore, cancellation);
    return imageScore;
}

double FittedModel::tiledMap(const Tiling& tiling, const Mat& image, StageClock* clock, Mat& map,
                             BatchCancellation* cancellation) const
{
    map.create(tiling.mapSize(), CV_32F);
    map.setTo(0);
    const Mat stretched = tiling.stretched(image);
    std::vector<Mat> maps(std::min(tiling.count(), tilesInMemory)); // every chunk uses the same memory
    std::vector<double> scores(maps.size());
    double imageScore = scoreOfMap;
    for (int first = 0; first < tiling.count(); first += tilesInMemory)
    {
        const Range chunk(first, std::min(first + tilesInMemory, tiling.count()));
        tileMaps(tiling, stretched, chunk, clock, maps.data(), scores.data(), cancellation);
        for (int i = 0; i < chunk.size(); i++)
        {
            tiling.blend(maps[i], first + i, map);
            imageScore = cvIsNaN(imageScore) ? scores[i] : std::max(imageScore, scores[i]);
        }
    }
    return imageScore;
}

void FittedModel::tileMaps(const Tiling& tiling, const Mat& stretched, const Range& chunk, StageClock* clock, Mat* maps,
                           double* scores, BatchCancellation* cancellation) const
{
    const auto score = [&](const Range& part) {
        std::vector<Mat> tiles;
        for (int tile = part.start; tile < part.end; tile++)
            tiles.push_back(tiling.cut(stretched, tile));
        const int first = part.start - chunk.start;
        wholeMaps(tiles.data(), part.size(), clock, maps + first, scores + first, cancellation);
    };
    if (!clock && scoresInParallel(chunk.size()))
        parallel_for_(chunk, score);
    else
        score(chunk);
}

bool FittedModel::scoresInParallel(int count) const
{
    // For each thread there is a copy of the network, which holds the weights in the forms of cv::dnn and of the
    // kernels, and its maps. Together that is about four times the size of the ONNX file.
    const size_t bytesAtMost = 512 << 20, networkCopies = 4;
    return !device.isGpu() && count >= 2 * getNumThreads() &&
           getNumThreads() * networkCopies * model.backbone.bytes.size() <= bytesAtMost;
}

void FittedModel::scoreMaps(const std::vector<Mat>& images, std::vector<Mat>& maps, std::vector<double>& scores,
                            BatchCancellation* cancellation) const
{
    maps.resize(images.size());
    scores.resize(images.size());
    if (input().tile == 0)
        return wholeMaps(images.data(), int(images.size()), NULL, maps.data(), scores.data(), cancellation);
    for (size_t i = 0; i < images.size(); i++)
        scores[i] = scoreMap(images[i], NULL, maps[i], cancellation);
}

// Batches are powers of two, so that networks are set up for few batch sizes only.
static int largestBatch(int images)
{
    int batch = gpuBatch;
    while (batch > images)
        batch /= 2;
    return batch;
}

void FittedModel::wholeMaps(const Mat* images, int count, StageClock* clock, Mat* maps, double* scores,
                            BatchCancellation* cancellation) const
{
    for (int first = 0, batch = 0; first < count; first += batch)
    {
        if (cancellation)
            cancellation->check();
        batch = device.isGpu() ? largestBatch(count - first) : 1;
        headMaps(heads[0], images + first, batch, clock, maps + first, scores + first);
        if (heads.size() > 1)
            averageWithCropped(images + first, batch, clock, maps + first, scores + first);
    }
}

void FittedModel::averageWithCropped(const Mat* images, int count, StageClock* clock, Mat* maps, double* scores) const
{
    std::vector<Mat> cropped(count);
    std::vector<double> croppedScores(count);
    headMaps(heads[1], images, count, clock, cropped.data(), croppedScores.data());
    for (int i = 0; i < count; i++)
    {
        Mat scaled, shared = maps[i](visiblePixels(maps[i].size(), heads[1].input));
        resize(cropped[i], scaled, shared.size(), 0, 0, INTER_LINEAR);
        addWeighted(shared, 0.5, scaled, 0.5, 0, shared);
        scores[i] = (scores[i] + croppedScores[i]) / 2;
    }
}

void FittedModel::headMaps(const Head& head, const Mat* images, int count, StageClock* clock, Mat* maps,
                           double* scores) const
{
    const FeatureMaps features = backbone->forward(images, count, head.input, clock);
    checkChannels(head, features.channels);
    head.scoreMap->make(features, maps, scores, clock);
}

void FittedModel::checkChannels(const Head& head, const std::vector<int>& given)
{
    for (size_t i = 0; i < given.size(); i++)
        if (given[i] != head.channels[i])
            CV_Error_(Error::StsUnmatchedSizes,
                      ("The backbone's output %zu has %d channels, but the model was trained with %d", i, given[i],
                       head.channels[i]));
}

void FittedModel::valueMaps(const Mat& image, int count, const PatchValues& valuesOf, std::vector<Mat>& maps) const
{
    const Head& head = heads[0];
    const Tiling tiling(image.size(), input());
    const Mat stretched = tiling.stretched(image);
    const auto mapMaker = MapMaker::create(head.input.crop, params().smoothSigma, device.engine);
    maps.clear();
    for (int k = 0; k < count; k++)
        maps.push_back(Mat::zeros(tiling.mapSize(), CV_32F));
    for (int tile = 0; tile < tiling.count(); tile++)
    {
        const FeatureMaps features = backbone->forward(preprocess(tiling.cut(stretched, tile), head.input));
        checkChannels(head, features.channels);
        const std::vector<Mat> values = valuesOf(features);
        for (int k = 0; k < count; k++)
        {
            Mat tileMap;
            mapMaker->make(values[k], tileMap);
            tiling.blend(tileMap, tile, maps[k]);
        }
    }
}

void FittedModel::outputMap(const Mat& scoreMap, Size image, OutputArray map) const
{
    if (params().mapSize == MAP_INPUT)
        return scoreMap.copyTo(map);
    map.create(image, CV_32F);
    Mat full = map.getMat();
    full.setTo(0);
    Mat part = full(visiblePixels(image, input()));
    resize(scoreMap, part, part.size(), 0, 0, INTER_LINEAR);
}

double FittedModel::defectArea(Size image) const
{
    if (image.width < 1 || image.height < 1)
        CV_Error_(Error::StsBadArg, ("An image of %dx%d has no area", image.width, image.height));
    const Size2d map = mapSize(image, input()); // whose area may be no int
    return params().defectArea * visibleRegion(image, input()).area() / map.area();
}

const InputSettings& FittedModel::input() const
{
    return heads[0].input;
}

double FittedModel::imageScore(double ownScore, const Mat& scoreMap, const Mat& inputMask) const
{
    if (!cvIsNaN(ownScore))
        return ownScore;
    return anomaly::imageScore(scoreMap, params().imageScore, params().topShare, inputMask);
}

}} // namespace cv::anomaly
