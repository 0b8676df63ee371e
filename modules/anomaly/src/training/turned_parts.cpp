// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "turned_parts.hpp"
#include "training_images.hpp"
#include "../base/even_sample.hpp"
#include "../input/turned_image.hpp"
#include "../patches/descriptor.hpp"
#include "../patches/grid_features.hpp"
#include "../search/neighbor_search.hpp"

namespace cv { namespace anomaly {

namespace {

// Steps of 45 degrees. 8 images in 8 turns pass through the embedded network in a third of a second.
const int turns = 8;
const size_t imagesCompared = 8;

// 196 patches of an image of 224 x 224: a quarter of those that are scored tells as much of how a part lies.
const int patchStride = 16;

// With some hundred images all angles are there without turning, and turns cost accuracy (doc/results.md, "Turned
// references"): 20 images of screws gain 16 points of image AUROC, 80 gain nothing.
const size_t mostImages = 40;

// Over four draws of 8 training images each, turns bring patches nearer by a factor of 1.14 to 1.27 for screw and 1.12
// to 1.20 for casting, whose parts lie at any angle, and by 1.01 to 1.09 for the other sets and for textures. Over the
// most unusual 2 % of the patches the factors are larger and less apart: 1.33 to 1.61, 1.17 to 1.20, and 1.02 to 1.15.
const double leastGain = 1.1;

//! What of an image is compared.
struct ImagePatches
{
    Mat uprightRows; // the learned patches of the image as it is, a row each
    Mat turnedRows;  // and those of all its turns
};

void appendLearned(const Mat& phi, const Mat& mask, Mat& rows)
{
    const Mat all = phi.t();
    for (int patch = 0; patch < all.rows; patch++)
        if (isLearned(mask, patch))
            rows.push_back(all.row(patch));
}

ImagePatches patchesOf(const Mat& image, const Mat& imageMask, const InputSettings& input, const Backbone& backbone)
{
    const TurnedImage turned(image, imageMask, input.resize, turns);
    const Size grid = gridOfStride(input.crop, patchStride);
    ImagePatches patches;
    for (int turn = 0; turn < turns; turn++)
    {
        Mat phi;
        gridFeatures(poolPatches(backbone.forward(preprocess(turned.image(turn), input)).maps), grid, phi);
        appendLearned(phi, patchMask(turned.mask(turn), input, grid), patches.turnedRows);
        if (turn == 0)
            patches.uprightRows = patches.turnedRows.clone();
    }
    return patches;
}

// The distances of an image's patches to the nearest of `rows`, or as they are where these are no nearer.
void updateNearest(const ImagePatches& image, const NeighborSearch& rows, Mat& distances)
{
    Mat squaredDistances, indices;
    rows.search(image.uprightRows.t(), 1, squaredDistances, indices);
    sqrt(squaredDistances, squaredDistances);
    if (distances.empty())
        distances = squaredDistances;
    else
        min(distances, squaredDistances, distances);
}

// Sum of the patches' distances to the nearest of the other images, as these are or in all their turns.
double sumOfDistances(const std::vector<ImagePatches>& images, bool turned, int engine)
{
    std::vector<Mat> distances(images.size());
    for (size_t other = 0; other < images.size(); other++)
    {
        const Mat rows = turned ? images[other].turnedRows : images[other].uprightRows;
        const std::shared_ptr<const NeighborSearch> search = NeighborSearch::create(rows, engine);
        for (size_t i = 0; i < images.size(); i++)
            if (i != other)
                updateNearest(images[i], *search, distances[i]);
    }
    double total = 0;
    for (const Mat& ofImage : distances)
        total += sum(ofImage)[0];
    return total;
}

} // namespace

double gainOfTurning(const ImageSource& images, const std::vector<int>& indices, const InputSettings& input,
                     const Backbone& backbone, int engine, const FitReporter& reporter)
{
    std::vector<ImagePatches> all;
    const std::vector<int> compared = evenSample(indices, imagesCompared);
    for (size_t i = 0; i < compared.size(); i++)
    {
        reporter.report("turns", int(i), int(compared.size()));
        Mat image;
        if (!canRead(images, compared[i], image))
            continue;
        const ImagePatches patches = patchesOf(image, images.mask(compared[i]), input, backbone);
        if (!patches.uprightRows.empty())
            all.push_back(patches);
    }
    if (all.size() < 3)
        return 1;
    return std::max(sumOfDistances(all, false, engine), DBL_MIN) / std::max(sumOfDistances(all, true, engine), DBL_MIN);
}

int turnsToLearn(const ImageSource& images, const std::vector<int>& indices, const InputSettings& input,
                 const Backbone& backbone, int engine, const FitReporter& reporter)
{
    if (indices.size() > mostImages)
        return 1;
    const double gain = gainOfTurning(images, indices, input, backbone, engine, reporter);
    CV_LOG_INFO(NULL, "anomaly: patches of good images come " << gain << " times as near when these are turned");
    return gain > leastGain ? turns : 1;
}

}} // namespace cv::anomaly
