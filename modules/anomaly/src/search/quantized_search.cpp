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

// In products of floats. A distance that is computed by itself loads both of its rows for a single use.
const int costOfDistance = 4;

// The best code for this processor, or null.
const QuantizedKernel* bestKernel()
{
#ifdef HAVE_ANOMALY_QUANTIZED_BOUNDS
    if (kernelsMayUse(KERNELS_AVX512_VNNI))
        return &quantizedKernelAvx512Vnni;
#ifdef HAVE_ANOMALY_AVX_VNNI
    if (kernelsMayUse(KERNELS_AVX_VNNI))
        return &quantizedKernelAvxVnni;
#endif
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

// Measured on Zen 4. The products take 0.24 and 0.4 of the time of products of floats. The rest is for rounding to
// whole numbers, and for the distances of the remaining pairs.
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
    parallel_for_(Range(0, divideUp(count, tileWidth)), [&](const Range& tiles) {
        Workspace work;
        for (int first = tiles.start * tileWidth; first < std::min(tiles.end * tileWidth, count); first += tileWidth)
            packCenters(Range(first, std::min(first + tileWidth, count)), work);
    });
    greatestNorm = *std::max_element(squaredNorms.begin(), squaredNorms.begin() + count);
}

// Rounds centers to whole numbers, and packs them side by side in panels.
void QuantizedSearch::packCenters(const Range& centers, Workspace& work)
{
    quantize(C(centers, Range(0, length)).t(), 0, work);
    for (int c = centers.start; c < centers.end; c++)
    {
        const int column = c - centers.start;
        const auto term = [&](QuantizedTerms which) { return work.terms.at<float>(which, column); };
        scales[c] = term(TWICE_SCALE) / 2;
        restLengths[c] = term(TWICE_REST) / 2;
        lengths[c] = (term(TWICE_LENGTH) + term(TWICE_REST)) / 2;
        squaredNorms[c] = term(ENERGY);
        starts[c] = -kernel->patchOffset * int(term(SUM_OF_WHOLE));
        int* const panel = packed.ptr<int>(c / panelWidth) + c % panelWidth;
        for (int w = 0; w < words; w++)
            panel[w * panelWidth] = work.words.at<int>(w, column);
    }
}

bool QuantizedSearch::search(const Mat& phi, int k, Mat squaredDistances, Mat indices) const
{
    const WorkspacePool<Workspace>::Loan work(workspaces);
    copyToRows(phi, tileWidth, C.cols, work->rows);
    quantize(phi, kernel->patchOffset, *work);
    boundAll(k, *work);
    setLimits(k, phi.cols, *work);
    if (!listCandidates(phi.cols, *work))
        return false;
    measurePairs(work->pairs, work->rows, C, work->distances);
    return writeNearest(work->pairs, work->distances, squaredDistances, indices);
}

// Rounds up to tileWidth vectors, which are the columns of phi.
void QuantizedSearch::quantize(const Mat& phi, int offset, Workspace& work) const
{
    work.words.create(words, tileWidth, CV_32S);
    work.terms.create(QUANTIZED_TERMS, tileWidth, CV_32F);
    runKernel("quantize", [&](void* context) {
        return (kernel->valuesInWord == 4 ? anomaly_quantize_4 : anomaly_quantize_2)(
            context, viewOf<float>(phi), viewOf<float>(mean, {length}), offset, viewOf<int>(work.words),
            viewOf<float>(work.terms));
    });
}

// Computes the bounds of all pairs.
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

// Measures the most promising centers, and derives the limit of each patch's bounds from them.
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
        // Rounding errors occur in |y|^2 and |z|^2, in the four terms of the bound, and in the distance.
        const double distance = distances[k - 1], energy = work.terms.at<float>(ENERGY, p);
        work.limits[p] = float(distance - energy + 4 * roundingError(length) * (distance + energy + greatestNorm));
    }
}

// Lists the pairs whose bounds do not exceed the limits. Returns false if too many are left.
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
