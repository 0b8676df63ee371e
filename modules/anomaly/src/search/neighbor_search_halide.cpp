// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "neighbor_search.hpp"
#include "../kernels/halide_buffers.hpp"
#include "../device/halide_runtime.hpp"
#include "../kernels/panels.hpp"
#include "pruned_search.hpp"
#include "quantized_search.hpp"

#include "anomaly_nearest_3.h"
#include "anomaly_nearest_6.h"

#include <mutex>

namespace cv { namespace anomaly {

namespace {

//! A search that computes the product of every patch with every center.
class DenseSearch
{
public:
    explicit DenseSearch(const Mat& C) : DenseSearch(C, originOf(C)) {}

    void search(const Mat& phi, int k, Mat squaredDistances, Mat indices) const
    {
        runKernel("nearest_centers", [&](void* context) {
            return (listLength(k) == shortList ? anomaly_nearest_3 : anomaly_nearest_6)(
                context, viewOf<float>(phi), viewOf<float>(panels, {panelWidth, length, panels.rows}),
                viewOf<float>(norms), viewOf<float>(centers), viewOf<float>(squaredDistances), viewOf<int>(indices));
        });
    }

private:
    // Ranks centers by |c'|^2 + 2 o.c' - 2 phi.c' with c' = c - o, which sorts them in the same order as their
    // distances.
    DenseSearch(const Mat& C, const Mat& origin) : length(C.cols), centers(withWholeVectors(C, exactLanes))
    {
        const Mat moved = C - repeat(origin, C.rows, 1);
        panels = packPanels(moved, panelWidth, -2);
        norms = packSquaredNorms(moved, panelWidth);
        for (int c = 0; c < C.rows; c++)
            norms.at<float>(c / panelWidth, c % panelWidth) += float(2 * origin.dot(moved.row(c)));
    }

    int length;
    Mat centers; // the bank's rows, padded with zeros to whole vectors
    Mat panels, norms;
};

// Copies `count` patches that are evenly spread over phi.
void samplePatches(const Mat& phi, int count, Mat& sample)
{
    sample.create(phi.rows, count, CV_32F);
    for (int row = 0; row < phi.rows; row++)
        for (int i = 0; i < count; i++)
            sample.at<float>(row, i) = phi.at<float>(row, int(int64(phi.cols) * (2 * i + 1) / (2 * count)));
}

//! Whether few axes hold so little of the variance that nothing is worth setting up for a search that rules centers out
//! by them, which takes 10 ms for 4,000 centers. With R effective axes, 16 hold at most sqrt(16 / R) of the variance,
//! by the Cauchy-Schwarz inequality. R is 6 to 9 for banks of trained descriptors, where pruning takes 0.4 to 4 times
//! what the products of whole numbers take, and 51 to 70 for whitened ones, where it takes 2.6 to 13 times as much.
bool isHardToPrune(const Mat& bank)
{
    return effectiveAxes(bank) > 32;
}

//! An object that is set up when it is first asked for. Safe for calls from several threads.
template <typename Thing> class OnFirstUse
{
public:
    //! make: returns a pointer to the object. If it throws, the next call tries again.
    template <typename Make> const Thing& get(const Make& make) const
    {
        std::call_once(isMade, [&]() { thing = make(); });
        return *thing;
    }

private:
    mutable std::once_flag isMade;
    mutable std::shared_ptr<const Thing> thing;
};

//! Chooses between the searches for each call, by what the pruned search would cost for some of the patches. If it
//! costs too much, all products are computed: of whole numbers if the processor has instructions for them, and else of
//! floats.
class HalideNeighborSearch CV_FINAL : public NeighborSearch
{
public:
    HalideNeighborSearch(const Mat& C, const PrincipalAxes* axes) : bank(C), count(bank.rows), length(bank.cols)
    {
        if (count < fewestCenters)
            return;
        if (QuantizedSearch::isAvailable())
            quantized = std::make_shared<QuantizedSearch>(bank);
        if (axes || !quantized || !isHardToPrune(bank))
            pruned = std::make_shared<PrunedSearch>(bank, axes ? *axes : searchAxes(bank),
                                                    quantized ? quantized->cost() : 1);
    }

    void search(const Mat& phi, int k, Mat& squaredDistances, Mat& indices) const CV_OVERRIDE
    {
        if (!listKernelsHold(k, count) || phi.empty())
            return plain().search(phi, k, squaredDistances, indices);
        CV_CheckTypeEQ(phi.type(), CV_32FC1, "Descriptors must be single precision");
        CV_CheckEQ(phi.rows, length, "Descriptors must be as long as the bank's centers");
        squaredDistances.create(k, phi.cols, CV_32F);
        indices.create(k, phi.cols, CV_32S);
        PrunedSearch::Form form = PrunedSearch::Form();
        if (choose(phi, k, form))
            searchTiles(PrunedSearch::tileWidth, phi, squaredDistances, indices,
                        [&](const Mat& tile, Mat distances, Mat centers) {
                            return pruned->search(tile, k, form, distances, centers);
                        });
        else if (quantized)
            searchTiles(QuantizedSearch::tileWidth, phi, squaredDistances, indices,
                        [&](const Mat& tile, Mat distances, Mat centers) {
                            return quantized->search(tile, k, distances, centers);
                        });
        else
            dense().search(phi, k, squaredDistances, indices);
    }

    int axes(const Mat& phi, int k) const CV_OVERRIDE
    {
        PrunedSearch::Form form = PrunedSearch::Form();
        return choose(phi, k, form) ? form.axes : 0;
    }

private:
    static const int fewestCenters = 96, fewestTiles = 8;
    // As shares of the cost of all products. To estimate the cost of one form takes a fiftieth of a search.
    const double worthIt = 0.9, cheapEnough = 0.1;

    //! Finds the form of the pruned search that is cheapest for a sample of the patches. Returns false if computing all
    //! products is cheaper.
    bool choose(const Mat& phi, int k, PrunedSearch::Form& best) const
    {
        if (!pruned || phi.cols < fewestTiles * PrunedSearch::tileWidth)
            return false;
        const WorkspacePool<Mat>::Loan sample(samples);
        samplePatches(phi, PrunedSearch::tileWidth, *sample);
        double least = worthIt;
        for (const PrunedSearch::Form& form : pruned->forms())
        {
            if (pruned->leastCost(form) >= least) // 64 axes of 256, where products of bytes take a third of the time
                continue;
            const double cost = pruned->cost(*sample, k, form);
            if (cost < least)
            {
                best = form;
                least = cost;
            }
            if (least < cheapEnough)
                break;
        }
        return least < worthIt;
    }

    //! Calls searchTile for each tile of `width` patches, on several threads. If it returns false, the dense search
    //! searches for the tile.
    template <typename SearchTile>
    void searchTiles(int width, const Mat& phi, Mat& squaredDistances, Mat& indices, const SearchTile& searchTile) const
    {
        const auto search = [&](const Range& tiles) {
            for (int t = tiles.start; t < tiles.end; t++)
            {
                const Range tile(t * width, std::min((t + 1) * width, phi.cols));
                const Mat patches = phi.colRange(tile);
                Mat distances = squaredDistances.colRange(tile), centers = indices.colRange(tile);
                if (!searchTile(patches, distances, centers))
                    dense().search(patches, indices.rows, distances, centers);
            }
        };
        // This capture of one reference is small enough that std::function does not allocate.
        parallel_for_(Range(0, divideUp(phi.cols, width)), [&search](const Range& tiles) { search(tiles); });
    }

    // These two read all of the bank, and the first packs it once more, so they are set up when a search needs them:
    // with the others there, few ever do.
    const DenseSearch& dense() const
    {
        return denseSearch.get([&]() { return std::make_shared<const DenseSearch>(bank); });
    }
    const NeighborSearch& plain() const
    {
        return plainSearch.get([&]() { return NeighborSearch::create(bank, ENGINE_PLAIN); });
    }

    const Mat bank;
    int count, length;
    OnFirstUse<DenseSearch> denseSearch;
    OnFirstUse<NeighborSearch> plainSearch;
    std::shared_ptr<const QuantizedSearch> quantized;
    std::shared_ptr<const PrunedSearch> pruned;
    mutable WorkspacePool<Mat> samples;
};

} // namespace

std::shared_ptr<const NeighborSearch> createHalideNeighborSearch(const Mat& bank, const PrincipalAxes* axes)
{
    return std::make_shared<HalideNeighborSearch>(bank, axes);
}

}} // namespace cv::anomaly
