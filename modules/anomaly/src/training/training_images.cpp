// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "training_images.hpp"
#include "image_copies.hpp"
#include "../input/random_view.hpp"
#include "../patches/descriptor.hpp"
#include "../patches/grid_features.hpp"

#include "opencv2/core/utils/logger.hpp"
#include "opencv2/imgproc.hpp"

namespace cv { namespace anomaly {

TrainingFeatures averagedToGrid(const TrainingFeatures& features, Size grid)
{
    return {averagedToGrid(features.maps, grid), maskOnGrid(features.mask, patchGrid(features.maps), grid)};
}

Mat patchMask(const Mat& imageMask, const InputSettings& input, Size grid)
{
    if (imageMask.empty())
        return Mat();
    Mat mask;
    resize(maskAtInput(imageMask, input), mask, grid, 0, 0, INTER_NEAREST);
    return mask.reshape(1, 1);
}

TrainingImages::TrainingImages(const ImageSource& i, const DetectorParams& p, const InputSettings& s, const Backbone& b,
                               const FeatureKeeping& k)
    : images(i),
      params(p),
      input(s),
      tileInput(ofTile(s)),
      backbone(b),
      keeping(k),
      cache([this](int piece) { return recomputedFeatures(piece); }, size_t(p.cacheMiB * k.memoryShare * (1 << 20)),
            k.toFile)
{}

// The highest value of an image of 16 bits; 0 of any other.
static double highestOf16Bits(const Mat& image)
{
    double highest = 0;
    if (image.depth() == CV_16U)
        minMaxIdx(image.reshape(1), NULL, &highest);
    return highest;
}

void TrainingImages::read(std::vector<int>& chosen, const FitReporter& reporter, int fewest)
{
    std::vector<int> readable;
    ImageCopies copies(images);
    size_t copied = 0;
    for (size_t i = 0; i < chosen.size(); i++)
    {
        Mat image;
        const bool isRead = readImage(images, chosen[i], params.skipUnreadable, image),
                   isCopy = isRead && copies.isCopy(chosen[i], image);
        copied += isCopy;
        if (isRead && !isCopy)
        {
            readable.push_back(chosen[i]);
            highest16 = std::max(highest16, highestOf16Bits(image));
            keep(chosen[i], image);
        }
        reporter.report("features", int(i) + 1, int(chosen.size()));
    }
    if (readable.size() < size_t(fewest))
        CV_Error_(Error::StsBadArg,
                  ("%zu of %zu images can be read and are no copies of others, expected at least %s to learn from",
                   readable.size(), chosen.size(), fewest == 1 ? "one" : "two"));
    if (copied > 0)
        CV_LOG_WARNING(NULL, "anomaly: " << copied << " of " << chosen.size()
                                         << " images are exact copies of others, and are learned only once");
    if (pieces.empty())
        CV_Error(Error::StsBadArg,
                 "The masks leave nothing to learn: they must be nonzero where the images are to be checked");
    chosen = readable;
}

// Computes and keeps the features of all tiles of an image, in all rotations.
void TrainingImages::keep(int index, const Mat& image)
{
    const TiledImage tiled(image, images.mask(index), input);
    for (int tile = 0; tile < tiled.count(); tile++)
    {
        const TurnedImage turned(tiled.image(tile), tiled.mask(tile), tileInput.resize, params.rotations);
        for (int turn = 0; turn < params.rotations; turn++)
            keep({index, tile, turn}, turned.image(turn), turned.mask(turn), tiled.count() == 1 && turn == 0);
    }
}

// Tiles and turned images of which a mask leaves nothing are skipped. Whole images are always kept, since each is
// counted.
void TrainingImages::keep(const Piece& piece, const Mat& image, const Mat& mask, bool isWholeImage)
{
    if (!isWholeImage && !leavesPixels(mask))
        return;
    pieces.push_back(piece);
    cache.put(int(pieces.size()) - 1, features(image, mask, tileInput));
}

// The tile of a piece, of which each rotation can be taken.
TurnedImage TrainingImages::turnedTile(const Piece& piece, const Mat& image) const
{
    const TiledImage tiled(image, images.mask(piece.image), input);
    return TurnedImage(tiled.image(piece.tile), tiled.mask(piece.tile), tileInput.resize, params.rotations);
}

// Computes features that the cache could not keep.
TrainingFeatures TrainingImages::recomputedFeatures(int piece) const
{
    const int index = pieces[piece].image, turn = pieces[piece].turn;
    const TurnedImage turned = turnedTile(pieces[piece], images.image(index));
    return features(turned.image(turn), turned.mask(turn), tileInput);
}

TrainingFeatures TrainingImages::featuresOfView(int piece, int epoch)
{
    const int index = pieces[piece].image, turn = pieces[piece].turn;
    Mat image;
    if (!readImage(images, index, params.skipUnreadable, image))
        return cache.get(piece); // the features from when the image could still be read
    const TurnedImage turned = turnedTile(pieces[piece], image);
    // Each piece has another view in each epoch. It depends on nothing else, so that an interrupted fit can continue.
    const RandomView view = drawView(params, uint64(epoch) << 32 | piece, params.seed);
    // The view has the size of the network's input already, so that no border is cut off.
    InputSettings uncut = tileInput;
    uncut.resize = input.crop;
    return features(view.of(turned.image(turn), input.crop), view.ofMask(turned.mask(turn), input.crop), uncut);
}

// Computes the features of an image, and resizes its mask to one value for each patch.
TrainingFeatures TrainingImages::features(const Mat& image, const Mat& mask, const InputSettings& whole) const
{
    const FeatureMaps maps = backbone.forward(preprocess(image, whole));
    TrainingFeatures result;
    result.maps = poolPatches(maps.maps);
    result.mask = patchMask(mask, whole, patchGrid(maps.maps));
    return keeping.reduce ? keeping.reduce(result) : result;
}

std::vector<int> TrainingImages::piecesOf(int image) const
{
    std::vector<int> numbers;
    for (size_t piece = 0; piece < pieces.size(); piece++)
        if (pieces[piece].image == image)
            numbers.push_back(int(piece));
    return numbers;
}

TrainingData TrainingImages::data()
{
    std::vector<int> sources;
    for (const Piece& piece : pieces)
        sources.push_back(piece.image);
    return {int(pieces.size()), sources, cache, [this](int piece, int epoch) { return featuresOfView(piece, epoch); }};
}

}} // namespace cv::anomaly
