// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "patch_pool.hpp"
#include "../base/even_sample.hpp"
#include "../base/random_stream.hpp"
#include "../patches/grid_features.hpp"
#include "../search/greedy_coreset.hpp"
#include "../search/neighbor_search.hpp"
#include "../search/outlying_rows.hpp"
#include "../search/rows_of_others.hpp"
#include "../search/window_search.hpp"

#include <numeric>

namespace cv { namespace anomaly {

PatchPool::PatchPool(const CoresetSettings& s, const std::vector<int>& sourcesOfImages)
    : settings(s),
      sources(sourcesOfImages)
{}

// Draws at most fromImage of an image's patches that count, in rising order.
std::vector<int> PatchPool::draw(int image, int count, const Mat& mask) const
{
    std::vector<int> learned;
    for (int p = 0; p < count; p++)
        if (isLearned(mask, p))
            learned.push_back(p);
    if (settings.fromImage == 0 || learned.size() <= size_t(settings.fromImage))
        return learned;
    RNG random = randomStream(settings.seed, RANDOM_SAMPLE, image);
    const std::vector<int> order = randomOrder(int(learned.size()), random);
    std::vector<int> drawn;
    for (int i = 0; i < settings.fromImage; i++)
        drawn.push_back(learned[order[i]]);
    std::sort(drawn.begin(), drawn.end());
    return drawn;
}

void PatchPool::add(int image, const Mat& phi, const Mat& mask)
{
    const std::vector<int> drawn = draw(image, phi.cols, mask);
    if (drawn.empty())
        return;
    const Mat all = phi.t();
    Mat patches(int(drawn.size()), phi.rows, CV_32F);
    for (size_t i = 0; i < drawn.size(); i++)
        all.row(drawn[i]).copyTo(patches.row(int(i)));
    if (!checkRange(patches))
        CV_Error_(Error::StsOutOfRange, ("Features of training image %d hold NaN or infinity: the backbone cannot be "
                                         "used with it, or inputMean and inputScale are not the backbone's",
                                         image));
    std::vector<Place> drawnPlaces;
    for (const int patch : drawn)
        drawnPlaces.push_back({image, patch, 0});
    append(patches, drawnPlaces);
    added.insert(sources[image]);
}

// The patches of an earlier bank have no image. `row` tells them apart.
void PatchPool::addBank(const Mat& bank, const std::vector<int>& placesOnGrid)
{
    std::vector<Place> placesOfRows;
    for (int row = 0; row < bank.rows; row++)
        placesOfRows.push_back({-1, placesOnGrid.empty() ? 0 : placesOnGrid[row], row});
    append(bank, placesOfRows);
}

// Projects patches, makes room for them if the pool is full, and appends them.
void PatchPool::append(Mat patches, const std::vector<Place>& placesOfPatches)
{
    if (projection.empty() && settings.projection > 0 && settings.projection < patches.cols)
    {
        RNG random = randomStream(settings.seed, RANDOM_PROJECTION);
        projection = randomProjection(patches.cols, settings.projection, random);
    }
    if (!projection.empty())
        patches = patches * projection;
    if ((places.size() + placesOfPatches.size()) * patches.cols * sizeof(float) > settings.poolBytes)
        reduce();
    rows.push_back(patches);
    places.insert(places.end(), placesOfPatches.begin(), placesOfPatches.end());
}

// Chooses rows of the pool: the greedy coreset, or, with a window, the coreset that covers each place by itself.
std::vector<int> PatchPool::chooseRows(int count, const Progress& progress) const
{
    int done = 0;
    const auto report = [&](int) {
        if (progress)
            progress(++done, count);
    };
    if (settings.window == 0)
        return greedyCoreset(rows, count, settings.engine, report);
    std::vector<int> patches;
    for (const Place& place : places)
        patches.push_back(place.patch);
    return windowCoreset(rows, patches, settings.grid, settings.window, count, settings.engine, report);
}

// A pool that holds no more than twice the patches that will be chosen is not reduced but grows: this memory is needed.
void PatchPool::reduce()
{
    if (places.size() <= 2 * size_t(settings.bankSize))
        return;
    if (settings.contamination > 0)
        leaveOutliersOut();
    if (places.size() > size_t(settings.bankSize))
        keepRows(chooseRows(settings.bankSize, Progress()));
}

// The image that a row belongs to. Patches of an earlier bank count as one, because their images are not known any
// more.
int PatchPool::sourceOf(int row) const
{
    return places[row].isOfBank() ? -1 : sources[places[row].image];
}

// This comes before the choice, which takes the most unusual patches first. A pool that was reduced has had some of its
// images judged already, so the share is one of all images that were added.
void PatchPool::leaveOutliersOut()
{
    const int count = cvRound(settings.contamination * double(added.size())) - int(bad.size());
    std::vector<int> images, kept(rows.rows), all(rows.rows);
    for (int row = 0; row < rows.rows; row++)
        images.push_back(sourceOf(row));
    std::iota(all.begin(), all.end(), 0);
    const std::vector<int> outliers = outlyingRows(rows, images, count, settings.engine, bad);
    kept.erase(std::set_difference(all.begin(), all.end(), outliers.begin(), outliers.end(), kept.begin()), kept.end());
    keepRows(kept);
}

// Removes all rows except these.
void PatchPool::keepRows(const std::vector<int>& indices)
{
    Mat kept;
    std::vector<Place> keptPlaces;
    for (const int row : indices)
    {
        kept.push_back(rows.row(row));
        keptPlaces.push_back(places[row]);
    }
    rows = kept;
    places.swap(keptPlaces);
}

std::vector<PatchPool::Place> PatchPool::choose(const Progress& progress)
{
    if (places.empty())
        CV_Error(Error::StsBadArg,
                 "The masks leave no patch to learn: they must be nonzero where the images are to be checked");
    if (settings.contamination > 0)
        leaveOutliersOut();
    const int count = std::min(settings.bankSize, int(places.size()));
    chosen = chooseRows(count, progress);
    std::vector<Place> chosenPlaces;
    for (const int row : chosen)
        chosenPlaces.push_back(places[row]);
    return chosenPlaces;
}

// Largest number of candidates for stand-ins. Among these, the most similar patch is nearly as similar as among all
// patches, which may be a million.
static const size_t mostStandIns = 100000;

std::vector<std::pair<PatchPool::Place, PatchPool::Place>> PatchPool::standIns() const
{
    std::vector<int> candidates(places.size());
    std::iota(candidates.begin(), candidates.end(), 0);
    candidates = evenSample(candidates, mostStandIns);
    std::vector<int> candidateSources, chosenSources;
    for (const int row : candidates)
        candidateSources.push_back(sourceOf(row));
    for (const int row : chosen)
        chosenSources.push_back(sourceOf(row));
    const auto placeOf = [&](int candidate) {
        return candidate < 0 ? Place{-1, -1, -1} : places[candidates[candidate]];
    };
    std::vector<std::pair<Place, Place>> pairs;
    for (const Vec2i& nearest :
         nearestRowsOfOthers({rowsAt(rows, chosen), chosenSources}, {rowsAt(rows, candidates), candidateSources}))
        pairs.push_back({placeOf(nearest[0]), placeOf(nearest[1])});
    return pairs;
}

}} // namespace cv::anomaly
