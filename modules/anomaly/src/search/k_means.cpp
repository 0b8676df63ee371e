// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "k_means.hpp"
#include "neighbor_search.hpp"
#include "shortened_bank.hpp"

#include <numeric>

namespace cv { namespace anomaly {

namespace {

//! State of k-means++: squared distance of each patch to the nearest center chosen so far, and the sum of these.
struct Cover
{
    Mat distances; // patches x 1, CV_32F
    double sum;
};

// Draws candidates for the next center, each patch with a probability proportional to its squared distance.
std::vector<int> draw(const Cover& cover, int count, RNG& random)
{
    std::vector<double> sums(cover.distances.begin<float>(), cover.distances.end<float>());
    std::partial_sum(sums.begin(), sums.end(), sums.begin());
    std::vector<int> drawn;
    for (int i = 0; i < count; i++)
    {
        const auto at = std::upper_bound(sums.begin(), sums.end(), random.uniform(0., 1.) * sums.back());
        // The end is reached if all distances are 0. Then every patch is as good.
        drawn.push_back(at == sums.end() ? random.uniform(0, int(sums.size())) : int(at - sums.begin()));
    }
    return drawn;
}

// Adds the candidate with which the sum of distances becomes smallest, and returns it. Distances are computed from
// products, with a rounding error of some 1e-7 |phi|^2, which only shifts the probabilities slightly.
int addBest(const Mat& rows, const Mat& norms, const std::vector<int>& candidates, Cover& cover)
{
    Mat chosen, distances;
    for (const int candidate : candidates)
        chosen.push_back(rows.row(candidate));
    gemm(rows, chosen, -2, noArray(), 0, distances, GEMM_2_T);
    Cover best = {Mat(), DBL_MAX};
    int added = candidates[0];
    for (int i = 0; i < int(candidates.size()); i++)
    {
        Mat shorter = distances.col(i) + norms + norms.at<float>(candidates[i]);
        shorter.at<float>(candidates[i]) = 0;
        shorter = max(min(shorter, cover.distances), 0);
        const double sum = cv::sum(shorter)[0];
        // The first candidate is taken even if its sum is NaN, so that there is a result. The scores report NaN later.
        if (i == 0 || sum < best.sum)
        {
            best = {shorter, sum};
            added = candidates[i];
        }
    }
    cover = best;
    return added;
}

// Coordinates on the first 64 principal axes. These hold 99.6 % of the variance of mean patches (Lite0, D' 264), so
// distances on them give a start that is as good, in a third of the time, or less if D' is larger.
Mat shortened(const Mat& rows)
{
    if (rows.cols <= mostSearchAxes)
        return rows;
    const PrincipalAxes principal = searchAxes(rows);
    Mat coordinates;
    gemm(rows, principal.axes, 1, noArray(), 0, coordinates, GEMM_2_T);
    return coordinates;
}

// Greedy k-means++: for each center the best of 2 + log(count) candidates is taken.
Mat firstCenters(const Mat& rows, int count, RNG& random)
{
    const Mat places = shortened(rows), norms = squaredNorms(places);
    const int trials = 2 + int(std::log(double(count)));
    Cover cover = {Mat(rows.rows, 1, CV_32F, Scalar(FLT_MAX)), 0};
    Mat centers;
    centers.push_back(rows.row(addBest(places, norms, {random.uniform(0, rows.rows)}, cover)));
    while (centers.rows < count)
        centers.push_back(rows.row(addBest(places, norms, draw(cover, trials, random), cover)));
    return centers;
}

// The patches with the largest distances to their centers, in falling order of distance.
std::vector<int> farthest(const Mat& distances, int count)
{
    std::vector<int> order(distances.total());
    std::iota(order.begin(), order.end(), 0);
    const float* d = distances.ptr<float>();
    std::partial_sort(order.begin(), order.begin() + count, order.end(),
                      [d](int a, int b) { return std::make_pair(-d[a], a) < std::make_pair(-d[b], b); });
    order.resize(count);
    return order;
}

// The mean of the patches of each center. A center without patches moves to a patch that is far from its own center.
Mat meansOf(const Mat& rows, const Mat& distances, const Mat& nearest, int count)
{
    Mat means = Mat::zeros(count, rows.cols, CV_32F);
    std::vector<int> sizes(count, 0);
    for (int p = 0; p < rows.rows; p++)
    {
        means.row(nearest.at<int>(p)) += rows.row(p);
        sizes[nearest.at<int>(p)]++;
    }
    const std::vector<int> spare = farthest(distances, int(std::count(sizes.begin(), sizes.end(), 0)));
    size_t taken = 0;
    for (int c = 0; c < count; c++)
    {
        if (sizes[c])
            means.row(c) /= sizes[c];
        else
            rows.row(spare[taken++]).copyTo(means.row(c));
    }
    return means;
}

// Variance averaged over all columns.
double meanVariance(const Mat& rows)
{
    Mat mean;
    reduce(rows, mean, 0, REDUCE_AVG, CV_64F);
    return (norm(rows, NORM_L2SQR) / rows.rows - norm(mean, NORM_L2SQR)) / rows.cols;
}

} // namespace

Mat kMeans(const Mat& patches, int count, int mostIterations, int engine, RNG& random)
{
    CV_CheckLE(count, patches.rows, "More centers are asked for than there are patches");
    const Mat phi = patches.t();
    const double smallestMove = 1e-4 * meanVariance(patches);
    Mat bank = firstCenters(patches, count, random);
    // Any orthonormal axes give a correct search. Those of the first centers are also good enough for the later
    // centers.
    const PrincipalAxes axes = engine == ENGINE_HALIDE ? searchAxes(bank) : PrincipalAxes();
    double move = DBL_MAX;
    for (int i = 0; i < mostIterations && move > smallestMove; i++)
    {
        Mat distances, nearest;
        NeighborSearch::create(bank, engine, engine == ENGINE_HALIDE ? &axes : NULL)
            ->search(phi, 1, distances, nearest);
        const Mat means = meansOf(patches, distances, nearest, count);
        move = norm(means, bank, NORM_L2SQR);
        bank = means;
    }
    return bank;
}

}} // namespace cv::anomaly
