// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "pruned_search.hpp"
#include "bounded_pairs.hpp"
#include "../device/halide_runtime.hpp"
#include "../kernels/panels.hpp"

#include "anomaly_center_bounds.h"
#include "anomaly_group_bounds_3.h"
#include "anomaly_group_bounds_6.h"
#include "anomaly_shorten.h"

#include <cfloat>

namespace cv { namespace anomaly {

namespace {

// Numbers of axes to choose from. 16 axes rule out nearly all centers of a trained bank; 64 axes from the start are
// faster if patches are far from the bank. Axes that exceed a quarter of the descriptor's length would cost more than
// they save.
const int axisCounts[] = {16, mostSearchAxes}, axesInLength = 4;

// If 16 axes leave many centers, each of these is compared on 63 axes and the rest: together 64 values, which are whole
// vectors for exact_distances.
const int secondLookLength = 64;

// Costs in products of the dense search, measured with AVX-512. costOfPatch is what each patch takes regardless of the
// number of centers (transposing, first distances, lists). The others are what one product takes in each step, where
// vectors are shorter and each value is loaded for a single use.
const double costOfPatch = 50000, costOfShortening = 1.5, costOfBound = 3, costOfDistance = 4, costOfLook = 10;

// Share of the centers that the second look rules out: 0.92 to 0.97 were measured with 4,000 and 25,000 patches of
// Lite0.
const double ruledOutByLook = 0.8;

// Packs squared norms in groups. Places without a center hold the largest float, so that nothing is ever farther.
Mat packNorms(const std::vector<double>& squaredNorms)
{
    Mat packed(divideUp(int(squaredNorms.size()), groupWidth), groupWidth, CV_32F, Scalar(FLT_MAX));
    std::copy(squaredNorms.begin(), squaredNorms.end(), packed.begin<float>());
    return packed;
}

} // namespace

PrunedSearch::PrunedSearch(const Mat& centers, const PrincipalAxes& principal, double costOfAll_)
    : costOfAll(costOfAll_),
      length(centers.cols),
      count(centers.rows),
      groupCount(divideUp(count, groupWidth)),
      C(withWholeVectors(centers, partialSums)),
      mean(principal.mean),
      axisPanels(packPanels(principal.axes, groupWidth, 1))
{
    const BankCoordinates bank = coordinatesOf(centers, principal);
    norms = packNorms(bank.energies);
    greatestNorm = *std::max_element(norms.begin<float>(), norms.begin<float>() + count);
    for (int axes : axisCounts)
        if (axes * axesInLength <= length)
        {
            const ShortenedBank shortened = shortenBank(bank, axes);
            levels.push_back({axes, packPanels(shortened.centers, groupWidth, -2), shortened.error});
            allForms.push_back({axes});
        }
    if (levels.size() > 1)
    {
        const ShortenedBank shortened = shortenBank(bank, secondLookLength - 1);
        secondLook = {secondLookLength - 1, shortened.centers, shortened.error};
    }
}

const PrunedSearch::Level& PrunedSearch::level(int axes) const
{
    return levels[axes == axisCounts[0] ? 0 : 1];
}

bool PrunedSearch::search(const Mat& phi, int k, const Form& form, Mat squaredDistances, Mat indices) const
{
    const WorkspacePool<Workspace>::Loan work(workspaces);
    findBounds(phi, k, form, *work);
    if (!listCandidates(phi, form, *work))
        return false;
    measurePairs(work->centers, work->patches, C, work->distances);
    return writeNearest(work->centers, work->distances, squaredDistances, indices);
}

Mat PrunedSearch::shorten(const Mat& phi, int axes, Mat& memory) const
{
    memory.create(axisCounts[1] + 2, tileWidth, CV_32F);
    const Mat shortened = memory.rowRange(0, axes + 2);
    runKernel("shorten", [&](void* context) {
        return anomaly_shorten(context, viewOf<float>(phi), viewOf<float>(mean, {length}),
                               viewOf<float>(axisPanels, {groupWidth, length, axes / groupWidth}),
                               viewOf<float>(shortened));
    });
    return shortened;
}

// Computes lower bounds for the distances to groups, and a limit for each patch that none of its k nearest centers
// exceeds.
void PrunedSearch::findBounds(const Mat& phi, int k, const Form& form, Workspace& work) const
{
    const int slots = listLength(k);
    work.lowest.create(groupCount, tileWidth, CV_32F);
    work.promising.create(slots, tileWidth, CV_32S);
    copyToRows(phi, tileWidth, C.cols, work.patches);
    for (int p = phi.cols; p < tileWidth; p++) // an incomplete tile is filled with copies of its last patch
        work.patches.row(phi.cols - 1).copyTo(work.patches.row(p));
    work.shortened = shorten(phi, form.axes, work.memory);
    runKernel("group_bounds", [&](void* context) {
        const auto kernel = slots == shortList ? anomaly_group_bounds_3 : anomaly_group_bounds_6;
        return kernel(context, viewOf<float>(work.shortened),
                      viewOf<float>(level(form.axes).bank, {groupWidth, form.axes + 1, groupCount}),
                      viewOf<float>(norms), viewOf<float>(work.lowest), viewOf<int>(work.promising));
    });
    setLimits(k, form, work);
}

void PrunedSearch::setLimits(int k, const Form& form, Workspace& work) const
{
    const int slots = work.promising.rows;
    work.groups.clear();
    for (int p = 0; p < tileWidth; p++)
        for (int n = 0; n < slots; n++)
            work.groups.push_back(Vec2i(p, work.promising.at<int>(n, p)));
    boundCenters(form, work);
    work.centers.clear();
    for (size_t i = 0; i < work.groups.size(); i++)
    {
        const float* bounds = &work.bounds[i * groupWidth];
        work.centers.push_back(
            Vec2i(work.groups[i][0],
                  work.groups[i][1] * groupWidth + int(std::min_element(bounds, bounds + groupWidth) - bounds)));
    }
    measurePairs(work.centers, work.patches, C, work.distances);
    for (int p = 0; p < tileWidth; p++)
    {
        float* distances = &work.distances[p * slots];
        std::sort(distances, distances + slots);
        work.farthest[p] = distances[k - 1];
        work.limits[p] = limit(level(form.axes), work.shortened, p, distances[k - 1]);
    }
}

// The shortened vectors have a rounding error of at most `error`, so a distance of at most d may appear as up to d +
// error.
double PrunedSearch::reach(const Level& level, double energy, double rest, float squaredDistance) const
{
    // The length of the rest on few axes is computed from the coordinates on many axes.
    const double rounding = roundingError(length), relative = (std::sqrt(double(axisCounts[1])) + 1) * rounding;
    const double error =
        relative * std::sqrt(energy) + restError(rest, (2 * relative + rounding) * energy) + level.error;
    return std::sqrt(double(squaredDistance)) + error;
}

float PrunedSearch::limit(const Level& level, const Mat& shortened, int patch, float squaredDistance) const
{
    const double energy = shortened.at<float>(level.axes + 1, patch), rest = shortened.at<float>(level.axes, patch);
    const double distance = reach(level, energy, rest, squaredDistance);
    // This adds the rounding errors of the bound itself and of the distance.
    return float(distance * distance - energy + roundingError(level.axes + 3) * 2 * (energy + greatestNorm) +
                 2 * roundingError(length) * (squaredDistance + energy));
}

// The limit for a bound that is a sum of squared differences, which has a relative rounding error only.
float PrunedSearch::limitOfLook(double energy, double rest, float squaredDistance) const
{
    const double distance = reach(secondLook, energy, rest, squaredDistance);
    return float(distance * distance * (1 + 2 * roundingError(secondLookLength)) +
                 2 * roundingError(length) * (squaredDistance + energy));
}

void PrunedSearch::boundCenters(const Form& form, Workspace& work) const
{
    std::vector<Vec2i>& pairs = work.groups;
    const size_t wanted = pairs.size();
    if (!wanted)
        return;
    pairs.resize(divideUp(int(wanted), pairsAtOnce) * pairsAtOnce, pairs.back());
    work.bounds.resize(pairs.size() * groupWidth);
    const Mat bounds(int(pairs.size()), groupWidth, CV_32F, work.bounds.data());
    runKernel("center_bounds", [&](void* context) {
        return anomaly_center_bounds(context, viewOfPairs(pairs), viewOf<float>(work.shortened),
                                     viewOf<float>(level(form.axes).bank, {groupWidth, form.axes + 1, groupCount}),
                                     viewOf<float>(norms), viewOf<float>(bounds));
    });
    pairs.resize(wanted);
}

// Lists the groups, then the centers, whose bounds do not exceed the limits. Returns false if too many are left.
bool PrunedSearch::listCandidates(const Mat& phi, const Form& form, Workspace& work) const
{
    work.groups.clear();
    work.centers.clear();
    work.lookedAt = 0;
    for (int g = 0; g < groupCount; g++)
        for (int p = 0; p < tileWidth; p += 16)
            forEachBit(atMost(work.lowest.ptr<float>(g) + p, work.limits + p),
                       [&](int n) { work.groups.push_back(Vec2i(p + n, g)); });
    if (costOfLists(form, work) > 1)
        return false;
    boundCenters(form, work);
    for (size_t i = 0; i < work.groups.size(); i++)
    {
        const Vec2i& pair = work.groups[i];
        forEachBit(atMost(&work.bounds[i * groupWidth], work.limits[pair[0]]),
                   [&](int n) { work.centers.push_back(Vec2i(pair[0], pair[1] * groupWidth + n)); });
    }
    if (deservesLook(form, work))
        lookAgain(phi, work);
    return costOfLists(form, work) < 1;
}

bool PrunedSearch::deservesLook(const Form& form, const Workspace& work) const
{
    if (secondLook.bank.empty() || form.axes > secondLook.axes)
        return false;
    const double looks = costOfLook * secondLookLength * double(work.centers.size()),
                 saved = ruledOutByLook * costOfDistance * length * double(work.centers.size());
    return saved > looks + costOfShortenedTile(axisCounts[1]);
}

// The second look: removes centers whose bounds on more axes exceed the limits.
void PrunedSearch::lookAgain(const Mat& phi, Workspace& work) const
{
    const Mat shortened = shorten(phi, axisCounts[1], work.lookMemory);
    float limits[tileWidth];
    work.look.create(tileWidth, secondLookLength, CV_32F);
    for (int p = 0; p < tileWidth; p++)
    {
        float* look = work.look.ptr<float>(p);
        double rest = 0;
        for (int axis = 0; axis <= axisCounts[1]; axis++)
        {
            const float value = shortened.at<float>(axis, p);
            if (axis < secondLook.axes)
                look[axis] = value;
            else // the coordinates on further axes are part of the rest
                rest += double(value) * value;
        }
        rest = std::sqrt(rest);
        look[secondLook.axes] = float(rest);
        limits[p] = limitOfLook(shortened.at<float>(axisCounts[1] + 1, p), rest, work.farthest[p]);
    }
    work.lookedAt = work.centers.size();
    measurePairs(work.centers, work.look, secondLook.bank, work.distances);
    size_t kept = 0;
    for (size_t i = 0; i < work.centers.size(); i++)
        if (work.distances[i] <= limits[work.centers[i][0]])
            work.centers[kept++] = work.centers[i];
    work.centers.resize(kept);
}

double PrunedSearch::costOfShortenedTile(int axes) const
{
    return tileWidth * costOfShortening * axes * length;
}

double PrunedSearch::costOfLists(const Form& form, const Workspace& work) const
{
    const double bounds = double(form.axes + 1) * groupWidth;
    double products = tileWidth * (costOfPatch + bounds * groupCount) + costOfShortenedTile(form.axes) +
                      costOfBound * bounds * double(work.groups.size()) +
                      costOfDistance * length * double(work.centers.size());
    if (work.lookedAt)
        products += costOfShortenedTile(axisCounts[1]) + costOfLook * secondLookLength * double(work.lookedAt);
    return products / (costOfAll * tileWidth * count * length);
}

double PrunedSearch::cost(const Mat& phi, int k, const Form& form) const
{
    const WorkspacePool<Workspace>::Loan work(workspaces);
    findBounds(phi, k, form, *work);
    listCandidates(phi, form, *work);
    return costOfLists(form, *work);
}

}} // namespace cv::anomaly
