// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "memory_bank.hpp"
#include "../search/k_means.hpp"
#include "../search/neighbor_search.hpp"
#include "../base/random_stream.hpp"
#include "../patches/grid_features.hpp"

namespace cv { namespace anomaly {

namespace {

// Mean patches are clustered until they converge. For a sample, the last moves matter less than which patches were
// drawn.
const int mostIterations = 300, mostSampleIterations = 25;

// Number of sampled patches for each center. There are fewer, but at least 4, if they would take more than 128 MiB
// (Wide ResNet50-2 with all centers: 6).
const int patchesForCenter = 16, fewestForCenter = 4;
const size_t sampleBytes = 128 << 20;

// Columns of phi, as rows. marked: empty for all columns, or nonzero for those to return.
Mat patchesAsRows(const Mat& phi, const Mat& marked)
{
    const Mat rows = phi.t();
    if (marked.empty() || countNonZero(marked) == rows.rows)
        return rows;
    Mat chosen;
    for (int p = 0; p < rows.rows; p++)
        if (marked.at<uchar>(p))
            chosen.push_back(rows.row(p));
    return chosen;
}

void checkAny(const Mat& patches)
{
    if (patches.empty())
        CV_Error(Error::StsBadArg,
                 "The masks leave no patch to learn: they must be nonzero where the images are to be checked");
}

// Clusters patches (rows) by k-means. The number of centers is gammaC times `of`.
Mat cluster(const Mat& patches, int of, int iterations, const BankSettings& settings)
{
    checkAny(patches);
    const int count = std::min(int(of * settings.gammaC), patches.rows);
    if (count < settings.least)
        CV_Error_(Error::StsOutOfRange,
                  ("gammaC %g of %d patches leaves %d centers, expected at least K + J = %d: raise gammaC",
                   settings.gammaC, of, count, settings.least));
    if (count == patches.rows)
        return patches;
    RNG random = randomStream(settings.seed, RANDOM_BANK);
    return kMeans(patches, count, iterations, settings.engine, random);
}

// Squared distances of each center (row) to each patch (column), minus |c|^2, which does not change the order in a row.
Mat distancesLessCenterNorm(const Mat& centers, const Mat& patches)
{
    Mat distances;
    gemm(centers, patches, -2, noArray(), 0, distances, GEMM_2_T);
    const Mat row = squaredNorms(patches).t();
    for (int c = 0; c < distances.rows; c++)
        distances.row(c) += row;
    return distances;
}

} // namespace

MemoryBankBuilder::MemoryBankBuilder(const BankSettings& s) : settings(s) {}

void MemoryBankBuilder::add(const Mat& phi, const Mat& mask)
{
    if (settings.mode == CFA::BANK_MEAN)
        addMean(phi, mask);
    else
        addMovingAverage(phi, mask);
}

void MemoryBankBuilder::addMean(const Mat& phi, const Mat& mask)
{
    if (mean.empty())
    {
        mean = Mat::zeros(phi.size(), CV_32F);
        count = Mat::zeros(1, phi.cols, CV_32S);
    }
    Mat share(1, phi.cols, CV_32F);
    for (int p = 0; p < phi.cols; p++)
        share.at<float>(p) = isLearned(mask, p) ? 1.f / float(++count.at<int>(p)) : 0.f;
    for (int d = 0; d < phi.rows; d++)
        mean.row(d) += (phi.row(d) - mean.row(d)).mul(share);
}

// Algorithm 1 of @cite Lee2022cfa: each center in turn takes the nearest patch that no other center has taken, and
// moves towards it.
void MemoryBankBuilder::addMovingAverage(const Mat& phi, const Mat& mask)
{
    const Mat patches = patchesAsRows(phi, mask);
    if (patches.empty())
        return;
    if (centers.empty())
    {
        centers = cluster(patches, patches.rows, mostIterations, settings);
        return;
    }
    Mat distances = distancesLessCenterNorm(centers, patches), used = Mat::zeros(1, patches.rows, CV_8U);
    for (int c = 0; c < std::min(centers.rows, patches.rows); c++)
    {
        int nearest[2];
        minMaxIdx(distances.row(c), NULL, NULL, nearest, NULL, used == 0);
        used.at<uchar>(nearest[1]) = 1;
        centers.row(c) += settings.momentum * (patches.row(nearest[1]) - centers.row(c));
    }
}

Mat MemoryBankBuilder::finish() const
{
    Mat bank = centers;
    if (centers.empty())
    {
        const Mat patches = mean.empty() ? Mat() : patchesAsRows(mean, count > 0);
        bank = cluster(patches, patches.rows, mostIterations, settings);
    }
    return bank;
}

PatchSampler::PatchSampler(const BankSettings& s)
    : settings(s),
      random(randomStream(s.seed, RANDOM_SAMPLE)),
      patches(0),
      added(0)
{}

static uint64 sampleSize(int centers, int length)
{
    const uint64 fits = sampleBytes / (length * sizeof(float)), wanted = uint64(centers) * patchesForCenter,
                 least = uint64(centers) * fewestForCenter;
    return std::max(std::min(wanted, fits), least);
}

// Reservoir sampling: the n-th patch gets a random place from 0 to n - 1, and is kept if that lies in the sample.
void PatchSampler::add(const Mat& phi, const Mat& mask)
{
    const Mat rows = patchesAsRows(phi, mask);
    patches = phi.cols;
    const uint64 capacity = sampleSize(std::max(1, int(patches * settings.gammaC)), phi.rows);
    for (int p = 0; p < rows.rows; p++)
    {
        added++;
        if (added <= capacity)
        {
            sample.push_back(rows.row(p));
            continue;
        }
        const uint64 place = uint64(random.uniform(0., 1.) * double(added));
        if (place < capacity)
            rows.row(p).copyTo(sample.row(int(place)));
    }
}

Mat PatchSampler::finish() const
{
    Mat bank = cluster(sample, patches, mostSampleIterations, settings);
    return bank;
}

namespace {

// Number of patches whose pulls stay in the first level cache. 16 columns are one cache line of phi and of the result.
const int tilePatches = 16;

// pull: sum over k of g_k c_k, of length D'. sum: the sum of all g_k. Most hinges of Eq. 2 are inactive: their g_k is
// 0.
void sumPulls(const Mat& C, const Mat& g, const Mat& indices, int patch, float* pull, float& sum)
{
    std::fill_n(pull, C.cols, 0.f);
    sum = 0;
    for (int k = 0; k < g.rows; k++)
    {
        const float weight = g.at<float>(k, patch);
        if (weight == 0)
            continue;
        sum += weight;
        const float* center = C.ptr<float>(indices.at<int>(k, patch));
        for (int d = 0; d < C.cols; d++)
            pull[d] += weight * center[d];
    }
}

// The gradient of a tile of patches, from column `first` on: d/d phi of sum_k g_k |phi - c_k|^2 = 2 (sum_k g_k phi -
// sum_k g_k c_k).
void gradientOfTile(const Mat& phi, const Mat& C, const Mat& g, const Mat& indices, int first, Mat& result,
                    float* pulls)
{
    const int count = std::min(tilePatches, phi.cols - first), length = phi.rows;
    float sums[tilePatches];
    for (int p = 0; p < count; p++)
        sumPulls(C, g, indices, first + p, pulls + p * length, sums[p]);
    for (int d = 0; d < length; d++)
    {
        const float* from = phi.ptr<float>(d) + first;
        float* to = result.ptr<float>(d) + first;
        for (int p = 0; p < count; p++)
            to[p] = 2 * (sums[p] * from[p] - pulls[p * length + d]);
    }
}

} // namespace

void distanceGradientToDescriptors(const Mat& phi, const Mat& bank, const Mat& g, const Mat& indices, Mat& result)
{
    const int tiles = (phi.cols + tilePatches - 1) / tilePatches;
    result.create(phi.size(), CV_32F);
    parallel_for_(Range(0, tiles), [&](const Range& range) {
        std::vector<float> pulls(size_t(tilePatches) * phi.rows);
        for (int tile = range.start; tile < range.end; tile++)
            gradientOfTile(phi, bank, g, indices, tile * tilePatches, result, pulls.data());
    });
}

}} // namespace cv::anomaly
