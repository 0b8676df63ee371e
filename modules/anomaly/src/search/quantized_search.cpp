// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "quantized_search.hpp"
#include "bounded_pairs.hpp"
#include "shortened_bank.hpp"
#include "../device/halide_runtime.hpp"
#include "../kernels/panels.hpp"

#include "anomaly_quantize_2.h"
#include "anomaly_quantize_4.h"

#include <cfloat>

namespace cv { namespace anomaly {

namespace {

const int greatestWhole = 127;

// In products of floats: a distance that is computed alone reads both of its rows for a single use.
const int costOfDistance = 4;

const QuantizedKernel* bestKernel()
{
#ifdef HAVE_ANOMALY_QUANTIZED_BOUNDS
    if (kernelsMayUse(KERNELS_AVX512_VNNI))
        return &quantizedKernelAvx512Vnni;
    if (kernelsMayUse(KERNELS_AVX2))
        return &quantizedKernelAvx2;
#endif
    return nullptr;
}

} // namespace

bool QuantizedSearch::isAvailable()
{
    return bestKernel() != nullptr;
}

// Measured on Zen 4: 0.24 and 0.4 of the products in floats; the rest is rounding, and distances of what is left.
double QuantizedSearch::cost() const
{
    return kernel->valuesInWord == 4 ? 0.35 : 0.6;
}

QuantizedSearch::QuantizedSearch(const Mat& centers)
    : kernel(bestKernel()),
      length(centers.cols),
      count(centers.rows),
      words(divideUp(length, kernel->valuesInWord)),
      panels(divideUp(count, panelWidth)),
      C(withWholeVectors(centers, partialSums)),
      packed(Mat::zeros(panels, words * panelWidth, CV_32S)),
      starts(panels * panelWidth, 0),
      squaredNorms(starts.size(), FLT_MAX),
      scales(starts.size(), 0.f),
      restLengths(starts.size(), 0.f),
      lengths(starts.size(), 0.f)
{
    reduce(centers, mean, 0, REDUCE_AVG, CV_32F);
    for (int c = 0; c < count; c++)
        packCenter(c, centers.row(c) - mean);
    greatestNorm = *std::max_element(squaredNorms.begin(), squaredNorms.begin() + count);
}

void QuantizedSearch::packCenter(int c, const Mat& z)
{
    const int values = kernel->valuesInWord, bits = 32 / values;
    Mat whole, rounded;
    scales[c] = float(std::max(norm(z, NORM_INF), 1e-30) / greatestWhole);
    z.convertTo(whole, CV_32S, 1 / double(scales[c]));
    whole.convertTo(rounded, CV_32F, scales[c]);
    squaredNorms[c] = float(z.dot(z));
    restLengths[c] = float(norm(z, rounded, NORM_L2));
    lengths[c] = float(norm(rounded, NORM_L2));
    starts[c] = -kernel->patchOffset * int(sum(whole)[0]);
    int* const panel = packed.ptr<int>(c / panelWidth) + c % panelWidth;
    for (int d = 0; d < length; d++)
    {
        const unsigned value = unsigned(whole.at<int>(d)) & ((1u << bits) - 1);
        panel[d / values * panelWidth] |= int(value << (d % values * bits));
    }
}

bool QuantizedSearch::search(const Mat& phi, int k, Mat squaredDistances, Mat indices) const
{
    const WorkspacePool<Workspace>::Loan work(workspaces);
    quantize(phi, *work);
    boundAll(k, *work);
    setLimits(k, phi.cols, *work);
    if (!listCandidates(phi.cols, *work))
        return false;
    measurePairs(work->pairs, work->rows, C, work->distances);
    return writeNearest(work->pairs, work->distances, squaredDistances, indices);
}

void QuantizedSearch::quantize(const Mat& phi, Workspace& work) const
{
    work.rows.create(tileWidth, C.cols, CV_32F);
    work.rows.colRange(length, C.cols).setTo(0);
    Mat rows = work.rows(Rect(0, 0, length, phi.cols));
    transpose(phi, rows);
    work.words.create(words, tileWidth, CV_32S);
    work.terms.create(quantizedTerms, tileWidth, CV_32F);
    runKernel("quantize", [&](void* context) {
        return (kernel->valuesInWord == 4 ? anomaly_quantize_4 : anomaly_quantize_2)(
            context, viewOf<float>(phi), viewOf<float>(mean, {length}), viewOf<int>(work.words),
            viewOf<float>(work.terms));
    });
}

void QuantizedSearch::boundAll(int k, Workspace& work) const
{
    const int slots = k == 1 ? 1 : listLength(k);
    work.bounds.create(panels * panelWidth, tileWidth, CV_32F);
    work.promising.create(slots, tileWidth, CV_32S);
    const QuantizedTile tile = {words,
                                panels,
                                work.words.ptr<int>(),
                                packed.ptr<int>(),
                                starts.data(),
                                squaredNorms.data(),
                                scales.data(),
                                restLengths.data(),
                                lengths.data(),
                                work.terms.ptr<float>()};
    kernel->bound(tile, {work.bounds.ptr<float>(), work.promising.ptr<int>(), slots});
}

void QuantizedSearch::setLimits(int k, int patches, Workspace& work) const
{
    const int slots = work.promising.rows;
    work.pairs.clear();
    for (int p = 0; p < patches; p++)
        for (int s = 0; s < slots; s++)
            work.pairs.push_back(Vec2i(p, work.promising.at<int>(s, p)));
    measurePairs(work.pairs, work.rows, C, work.distances);
    std::fill_n(work.limits, tileWidth, -FLT_MAX);
    for (int p = 0; p < patches; p++)
    {
        float* const distances = &work.distances[p * slots];
        std::nth_element(distances, distances + k - 1, distances + slots);
        // All of this is rounded: |y|^2 and |z|^2, the bound's four terms, the distance.
        const double distance = distances[k - 1], energy = work.terms.at<float>(quantizedTerms - 1, p);
        work.limits[p] = float(distance - energy + 4 * roundingError(length) * (distance + energy + greatestNorm));
    }
}

bool QuantizedSearch::listCandidates(int patches, Workspace& work) const
{
    work.pairs.clear();
    for (int c = 0; c < count; c++)
        for (int p = 0; p < tileWidth; p += 16)
            forEachBit(atMost(work.bounds.ptr<float>(c) + p, work.limits + p),
                       [&](int n) { work.pairs.push_back(Vec2i(p + n, c)); });
    return double(work.pairs.size()) * costOfDistance < (1 - cost()) * patches * count;
}

}} // namespace cv::anomaly
