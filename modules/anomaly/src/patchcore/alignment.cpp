// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "alignment.hpp"
#include "../patches/grid_features.hpp"
#include "../search/neighbor_search.hpp"
#include "../search/window_search.hpp"

#include <functional>
#include <numeric>

namespace cv { namespace anomaly {

namespace {

// In each group of three images, one is compared with the patches of the two others. This many patches are used
// altogether: 12 images of 28 x 28 patches take a tenth of a second.
const int comparedPatches = 12 * 28 * 28, every = 3;

// Share of an image's patches, those that differ most, from which its score is computed. In a mean over all patches,
// the background, which looks alike everywhere, would hide that a part is turned.
const double topShare = 0.02;
// A window is used if it raises the scores of good images by less than this factor: they then have nearly the same
// patches to be compared with. With a window of 3 the scores rise by 0.0 % for bottle and transistor, 0.5 to 1.1 % for
// casting, metal_plate and cookie, 1.9 % for mtd, and 5.3 % for screw, whose parts lie at any angle. 3 % is in the
// middle between aligned and turned parts.
const double mostRise = 1.03;
const int windowIfAligned = 3; // in patches

// The patches of one image, features x patches, and its mask, which is empty if all of them are learned.
struct ImagePatches
{
    Mat phi, mask;
};

// Computes the patches of a training image from its features.
ImagePatches patchesOf(int image, const TrainingData& data, const PatchFeatures& patches)
{
    const TrainingFeatures features = data.features.get(image);
    ImagePatches found;
    patches.compute(features.maps, found.phi);
    found.mask = features.mask;
    return found;
}

//! Learned patches of several images as rows, with their places on the grid.
struct PlacedRows
{
    Mat rows;
    std::vector<int> places;

    void add(const ImagePatches& image)
    {
        const Mat all = image.phi.t();
        for (int patch = 0; patch < all.rows; patch++)
            if (isLearned(image.mask, patch))
            {
                rows.push_back(all.row(patch));
                places.push_back(patch);
            }
    }
};

// Mean of the largest distances, which stand for the image's score.
double topDistance(const ImagePatches& image, const Mat& squaredDistances)
{
    std::vector<float> learned;
    for (int patch = 0; patch < squaredDistances.cols; patch++)
        if (isLearned(image.mask, patch))
            learned.push_back(std::sqrt(squaredDistances.at<float>(patch)));
    const size_t count = std::min(learned.size(), 1 + size_t(topShare * double(learned.size())));
    std::partial_sort(learned.begin(), learned.begin() + count, learned.end(), std::greater<float>());
    return std::accumulate(learned.begin(), learned.begin() + count, 0.) / double(std::max<size_t>(count, 1));
}

} // namespace

double placeRatio(const TrainingData& data, const PatchFeatures& patches, Size grid, int window, int engine)
{
    const int images = std::min(data.images, std::max(every, comparedPatches / std::max(grid.area(), 1)));
    std::vector<ImagePatches> queries;
    PlacedRows references;
    for (int i = 0; i < images; i++)
    {
        const ImagePatches image = patchesOf(int(int64(i) * data.images / images), data, patches);
        if (i % every == 0)
            queries.push_back(image);
        else
            references.add(image);
    }
    if (references.places.empty())
        return DBL_MAX;
    const WindowSearch nearby(references.rows, references.places, grid, window, engine);
    const std::shared_ptr<const NeighborSearch> anywhere = NeighborSearch::create(references.rows, engine);
    double sumNearby = 0, sumAnywhere = 0;
    Mat squaredDistances, indices;
    for (const ImagePatches& query : queries)
    {
        nearby.search(query.phi, squaredDistances, indices);
        sumNearby += topDistance(query, squaredDistances);
        anywhere->search(query.phi, 1, squaredDistances, indices);
        sumAnywhere += topDistance(query, squaredDistances);
    }
    return sumNearby / std::max(sumAnywhere, DBL_MIN);
}

int alignedWindow(const TrainingData& data, const PatchFeatures& patches, Size grid, int engine)
{
    const double ratio = placeRatio(data, patches, grid, windowIfAligned, engine);
    CV_LOG_INFO(NULL, "anomaly: good images score " << ratio << " times as high with a window of " << windowIfAligned);
    return ratio < mostRise ? windowIfAligned : 0;
}

}} // namespace cv::anomaly
