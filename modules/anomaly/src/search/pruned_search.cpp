// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "pruned_search.hpp"
#include "../kernels/halide_buffers.hpp"
#include "../device/halide_runtime.hpp"
#include "../kernels/panels.hpp"

#include "anomaly_center_bounds.h"
#include "anomaly_exact_distances.h"
#include "anomaly_group_bounds_3.h"
#include "anomaly_group_bounds_6.h"
#include "anomaly_shorten.h"

#include "opencv2/core/hal/intrin.hpp"

#include <cfloat>

namespace cv { namespace anomaly {

namespace {

// 16 axes rule nearly everything out in a trained bank; a second look at what is left on 64 pays where that is much or
// descriptors are long, and 64 from the start where patches are far from the bank. More than a quarter of the length
// would cost more than they save.
const int axisCounts[] = {16, 64}, axesInLength = 4;

// In products of a search that computes all, measured with AVX-512: what each patch takes whatever its centers
// (transposed, first distances, lists), and what a product takes where vectors are shorter and values are loaded for a
// single use.
const double costOfPatch = 50000, costOfShortening = 1.5, costOfBound = 3, costOfDistance = 4;

Halide::Runtime::Buffer<int> viewOfPairs(const std::vector<Vec2i>& pairs)
{
    const halide_dimension_t shape[] = {{0, 2, 1}, {0, int(pairs.size()), 2}};
    return Halide::Runtime::Buffer<int>(const_cast<int*>(pairs[0].val), 2, shape);
}

// A list sorted by distance, then index, beside each patch.
class NearestLists
{
public:
    NearestLists(int k_) : k(k_)
    {
        std::fill_n(distances[0], sizeof(distances) / sizeof(float), FLT_MAX);
        std::fill_n(indices[0], sizeof(indices) / sizeof(int), INT_MAX);
    }

    void offer(int patch, float distance, int index)
    {
        float* d = distances[patch];
        int* n = indices[patch];
        int at = k;
        for (; at > 0 && (distance < d[at - 1] || (distance == d[at - 1] && index < n[at - 1])); at--)
            if (at < k)
            {
                d[at] = d[at - 1];
                n[at] = n[at - 1];
            }
        if (at < k)
        {
            d[at] = distance;
            n[at] = index;
        }
    }

    //! Not so where values are not finite: nothing compares with NaN.
    bool full(int patch) const { return indices[patch][k - 1] != INT_MAX; }

    float distances[PrunedSearch::tileWidth][PrunedSearch::mostNeighbors];
    int indices[PrunedSearch::tileWidth][PrunedSearch::mostNeighbors];

private:
    int k;
};

// OpenCV 4.9 and later have a function in place of the operator.
v_float32x4 isAtMost(const v_float32x4& a, const v_float32x4& b)
{
#if CV_VERSION_MAJOR > 4 || (CV_VERSION_MAJOR == 4 && CV_VERSION_MINOR >= 9)
    return v_le(a, b);
#else
    return a <= b;
#endif
}

// Which of 16 values are at most their limits: a bit each.
unsigned atMost(const float* values, const float* limits)
{
    v_uint32x4 smaller[4];
    for (int n = 0; n < 4; n++)
        smaller[n] = v_reinterpret_as_u32(isAtMost(v_load(values + 4 * n), v_load(limits + 4 * n)));
    return v_signmask(v_pack_b(smaller[0], smaller[1], smaller[2], smaller[3]));
}

// Which of 8 values are at most `limit`.
unsigned atMost(const float* values, float limit)
{
    const v_float32x4 bound = v_setall_f32(limit);
    return v_signmask(isAtMost(v_load(values), bound)) | v_signmask(isAtMost(v_load(values + 4), bound)) << 4;
}

template <typename Action> void forEachBit(unsigned bits, const Action& action)
{
    for (; bits; bits &= bits - 1)
        action(trailingZeros32(bits));
}

} // namespace

PrunedSearch::PrunedSearch(const Mat& centers)
    : length(centers.cols),
      count(centers.rows),
      groupCount(divideUp(count, groupWidth)),
      C(padColumns(centers, partialSums))
{
    const PrincipalAxes principal = principalAxes(centers, std::min(length, axisCounts[1]));
    mean = principal.mean;
    axisPanels = packPanels(principal.axes, groupWidth, 1);
    norms = packSquaredNorms(centers - repeat(mean, count, 1), groupWidth);
    greatestNorm = *std::max_element(norms.begin<float>(), norms.begin<float>() + count);
    for (int axes : axisCounts)
        if (axes * axesInLength <= length)
        {
            const PrincipalAxes leading = {mean, principal.axes.rowRange(0, axes)};
            const ShortenedBank shortened = shortenBank(centers, leading);
            const Level level = {axes, packPanels(shortened.centers, groupWidth, -2), shortened.error};
            levels.push_back(level);
        }
    const int few = axisCounts[0], many = axisCounts[1];
    if (levels.size() > 0)
        allForms = {{few, few}};
    if (levels.size() > 1)
        allForms = {{few, few}, {few, many}, {many, many}};
}

const PrunedSearch::Level& PrunedSearch::level(int axes) const
{
    return levels[axes == axisCounts[0] ? 0 : 1];
}

bool PrunedSearch::search(const Mat& phi, int k, const Form& form, Mat squaredDistances, Mat indices) const
{
    const WorkspacePool<Workspace>::Loan work(workspaces);
    findBounds(phi, k, form, *work);
    if (!listCandidates(form, *work))
        return false;
    measure(*work);
    NearestLists nearest(k);
    for (size_t i = 0; i < work->centers.size(); i++)
        nearest.offer(work->centers[i][0], work->distances[i], work->centers[i][1]);
    for (int p = 0; p < phi.cols; p++)
        if (!nearest.full(p))
            return false;
    for (int n = 0; n < k; n++)
        for (int p = 0; p < phi.cols; p++)
        {
            squaredDistances.at<float>(n, p) = nearest.distances[p][n];
            indices.at<int>(n, p) = nearest.indices[p][n];
        }
    return true;
}

void PrunedSearch::shorten(const Mat& phi, const Form& form, Workspace& work) const
{
    const int few = form.groups, many = form.centers;
    work.memory.create(axisCounts[1] + 2, tileWidth, CV_32F);
    work.coarseMemory.create(axisCounts[1] + 2, tileWidth, CV_32F);
    work.shortened = work.memory.rowRange(0, many + 2);
    work.coarse = (few == many ? work.memory : work.coarseMemory).rowRange(0, few + 2);
    runKernel("shorten", [&](void* context) {
        return anomaly_shorten(context, viewOf<float>(phi), viewOf<float>(mean, {length}),
                               viewOf<float>(axisPanels, {groupWidth, length, many / groupWidth}),
                               viewOf<float>(work.shortened));
    });
    if (few < many)
        dropAxes(few, many, work);
}

// The axes that are left out belong to the rest.
void PrunedSearch::dropAxes(int few, int many, Workspace& work) const
{
    work.shortened.rowRange(0, few).copyTo(work.coarse.rowRange(0, few));
    work.shortened.row(many + 1).copyTo(work.coarse.row(few + 1));
    float* rest = work.coarse.ptr<float>(few);
    std::fill_n(rest, int(tileWidth), 0.f);
    for (int axis = few; axis <= many; axis++)
        for (int p = 0; p < tileWidth; p++)
            rest[p] += work.shortened.at<float>(axis, p) * work.shortened.at<float>(axis, p);
    for (int p = 0; p < tileWidth; p++)
        rest[p] = std::sqrt(rest[p]);
}

// Bounds for groups, and limits: what none of the k nearest can be beyond.
void PrunedSearch::findBounds(const Mat& phi, int k, const Form& form, Workspace& work) const
{
    const int slots = k <= 3 ? 3 : 6;
    work.lowest.create(groupCount, tileWidth, CV_32F);
    work.promising.create(slots, tileWidth, CV_32S);
    work.patches.create(tileWidth, C.cols, CV_32F);
    work.patches.colRange(length, C.cols).setTo(0);
    Mat rows = work.patches(Rect(0, 0, length, phi.cols));
    transpose(phi, rows);
    for (int p = phi.cols; p < tileWidth; p++) // what fills an incomplete tile up is as its last patch
        work.patches.row(phi.cols - 1).copyTo(work.patches.row(p));
    shorten(phi, form, work);
    runKernel("group_bounds", [&](void* context) {
        const auto kernel = slots == 3 ? anomaly_group_bounds_3 : anomaly_group_bounds_6;
        return kernel(context, viewOf<float>(work.coarse),
                      viewOf<float>(level(form.groups).bank, {groupWidth, form.groups + 1, groupCount}),
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
    measure(work);
    for (int p = 0; p < tileWidth; p++)
    {
        float* distances = &work.distances[p * slots];
        std::sort(distances, distances + slots);
        work.groupLimits[p] = limit(level(form.groups), work.coarse, p, distances[k - 1]);
        work.limits[p] = limit(level(form.centers), work.shortened, p, distances[k - 1]);
    }
}

float PrunedSearch::limit(const Level& level, const Mat& shortened, int patch, float squaredDistance) const
{
    const double energy = shortened.at<float>(level.axes + 1, patch), rest = shortened.at<float>(level.axes, patch),
                 rounding = roundingError(length);
    // The shortened patch is off by at most `error`, so a distance of at most d may look like d + error.
    // What is left of few axes is summed up from many
    const double relative = (std::sqrt(double(axisCounts[1])) + 1) * rounding;
    const double error =
        relative * std::sqrt(energy) + restError(rest, (2 * relative + rounding) * energy) + level.error;
    const double distance = std::sqrt(double(squaredDistance)) + error;
    // Then come the bound's own sum, and that of the distance.
    return float(distance * distance - energy + roundingError(level.axes + 3) * 2 * (energy + greatestNorm) +
                 2 * rounding * (squaredDistance + energy));
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
        return anomaly_center_bounds(
            context, viewOfPairs(pairs), viewOf<float>(work.shortened),
            viewOf<float>(level(form.centers).bank, {groupWidth, form.centers + 1, groupCount}), viewOf<float>(norms),
            viewOf<float>(bounds));
    });
    pairs.resize(wanted);
}

bool PrunedSearch::listCandidates(const Form& form, Workspace& work) const
{
    work.groups.clear();
    work.centers.clear();
    for (int g = 0; g < groupCount; g++)
        for (int p = 0; p < tileWidth; p += 16)
            forEachBit(atMost(work.lowest.ptr<float>(g) + p, work.groupLimits + p),
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
    return costOfLists(form, work) < 1;
}

double PrunedSearch::costOfLists(const Form& form, const Workspace& work) const
{
    const double groupBounds = double(form.groups + 1) * groupWidth, bounds = double(form.centers + 1) * groupWidth;
    const double products =
        tileWidth * (costOfPatch + costOfShortening * form.centers * length + groupBounds * groupCount) +
        costOfBound * bounds * double(work.groups.size()) + costOfDistance * length * double(work.centers.size());
    return products / (double(tileWidth) * count * length);
}

double PrunedSearch::cost(const Mat& phi, int k, const Form& form) const
{
    const WorkspacePool<Workspace>::Loan work(workspaces);
    findBounds(phi, k, form, *work);
    listCandidates(form, *work);
    return costOfLists(form, *work);
}

void PrunedSearch::measure(Workspace& work) const
{
    work.distances.resize(work.centers.size());
    if (work.centers.empty())
        return;
    const Mat distances(1, int(work.distances.size()), CV_32F, work.distances.data());
    runKernel("exact_distances", [&](void* context) {
        return anomaly_exact_distances(context, viewOfPairs(work.centers), viewOf<float>(work.patches),
                                       viewOf<float>(C), viewOf<float>(distances, {distances.cols}));
    });
}

}} // namespace cv::anomaly
