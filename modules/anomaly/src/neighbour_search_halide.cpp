// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "precomp.hpp"
#include "neighbour_search.hpp"
#include "halide_buffers.hpp"
#include "halide_runtime.hpp"
#include "panels.hpp"
#include "pruned_search.hpp"

#include "anomaly_nearest_3.h"
#include "anomaly_nearest_6.h"

namespace cv {
namespace anomaly {

namespace {

// As in halide_generators/nearest_centres_generator.cpp.
const int exactLanes = 8;

// The widest kernel; more neighbours, which no default asks for, are the plain search's.
const int mostNeighbours = PrunedSearch::mostNeighbours;

// 16 axes rule nearly everything out in a trained bank, 64 where patches are farther from the bank.
const int axisCounts[] = {16, 64};

//! Computes the product of every patch with every centre.
class DenseSearch
{
public:
    explicit DenseSearch(const Mat& C) : length(C.cols), panels(packPanels(C, panelWidth, -2)), norms(packSquaredNorms(C, panelWidth)), centres(padColumns(C, exactLanes)) {}

    void search(const Mat& phi, int k, Mat squaredDistances, Mat indices) const
    {
        runKernel("nearest_centres", [&](void* context) {
            return (k <= 3 ? anomaly_nearest_3 : anomaly_nearest_6)(context, viewOf<float>(phi), viewOf<float>(panels, {panelWidth, length, panels.rows}),
                                                                    viewOf<float>(norms), viewOf<float>(centres), viewOf<float>(squaredDistances), viewOf<int>(indices));
        });
    }

private:
    int length;
    Mat panels, norms, centres; // centres: C with zeros up to whole vectors
};

// Patches evenly spread.
void samplePatches(const Mat& phi, int count, Mat& sample)
{
    sample.create(phi.rows, count, CV_32F);
    for (int row = 0; row < phi.rows; row++)
        for (int i = 0; i < count; i++)
            sample.at<float>(row, i) = phi.at<float>(row, int(int64(phi.cols) * (2 * i + 1) / (2 * count)));
}

class HalideNeighbourSearch CV_FINAL : public NeighbourSearch
{
public:
    explicit HalideNeighbourSearch(const MemoryBank& bank) : count(bank.C.rows), length(bank.C.cols), dense(bank.C), plain(NeighbourSearch::create(bank, ENGINE_PLAIN))
    {
        if (count < fewestCentres || length < 4 * axisCounts[0])
            return;
        const PrincipalAxes all = principalAxes(bank.C, std::min(length, axisCounts[1]));
        for (int axes : axisCounts)
            if (4 * axes <= length)
            {
                const PrincipalAxes leading = {all.mean, all.axes.rowRange(0, axes)};
                pruned.push_back(std::make_shared<PrunedSearch>(bank.C, leading));
            }
    }

    void search(const Mat& phi, int k, Mat& squaredDistances, Mat& indices) const CV_OVERRIDE
    {
        const int slots = k <= 3 ? 3 : 6; // of the kernel's list, all of which must find a centre
        if (k > mostNeighbours || count < slots || phi.empty())
            return plain->search(phi, k, squaredDistances, indices);
        CV_CheckTypeEQ(phi.type(), CV_32FC1, "Descriptors must be single precision");
        CV_CheckEQ(phi.rows, length, "Descriptors must be as long as the bank's centres");
        squaredDistances.create(k, phi.cols, CV_32F);
        indices.create(k, phi.cols, CV_32S);
        if (const PrunedSearch* best = choose(phi, k))
            searchTiles(*best, phi, k, squaredDistances, indices);
        else
            dense.search(phi, k, squaredDistances, indices);
    }

    int axes(const Mat& phi, int k) const CV_OVERRIDE
    {
        const PrunedSearch* best = choose(phi, k);
        return best ? best->axisCount() : 0;
    }

private:
    static const int fewestCentres = 96, fewestTiles = 8;
    const double cheapEnough = 0.25; // trained banks take 0.1 to 0.2 with the fewest axes

    //! The form that is cheap for some of the patches, evenly spread; null if none is cheaper than all products.
    const PrunedSearch* choose(const Mat& phi, int k) const
    {
        if (pruned.empty() || phi.cols < fewestTiles * PrunedSearch::tileWidth)
            return NULL;
        const WorkspacePool<Mat>::Loan sample(samples);
        samplePatches(phi, PrunedSearch::tileWidth, *sample);
        const PrunedSearch* best = NULL;
        double least = 0.9; // less is not worth a wrong guess
        for (const std::shared_ptr<PrunedSearch>& form : pruned)
        {
            const double cost = form->cost(*sample, k);
            if (cost < least)
            {
                best = form.get();
                least = cost;
            }
            if (least < cheapEnough)
                break;
        }
        return best;
    }

    void searchTiles(const PrunedSearch& best, const Mat& phi, int k, Mat& squaredDistances, Mat& indices) const
    {
        const int width = PrunedSearch::tileWidth;
        const auto search = [&](const Range& tiles) {
            for (int t = tiles.start; t < tiles.end; t++)
            {
                const Range tile(t * width, std::min((t + 1) * width, phi.cols));
                if (!best.search(phi.colRange(tile), k, squaredDistances.colRange(tile), indices.colRange(tile)))
                    dense.search(phi.colRange(tile), k, squaredDistances.colRange(tile), indices.colRange(tile));
            }
        };
        parallel_for_(Range(0, divideUp(phi.cols, width)), [&search](const Range& tiles) { search(tiles); }); // as std::function keeps it without memory
    }

    int count, length;
    DenseSearch dense;
    std::vector<std::shared_ptr<PrunedSearch> > pruned; // with more and more axes
    std::shared_ptr<const NeighbourSearch> plain;
    mutable WorkspacePool<Mat> samples;
};

} // namespace

std::shared_ptr<const NeighbourSearch> createHalideNeighbourSearch(const MemoryBank& bank)
{
    return std::make_shared<HalideNeighbourSearch>(bank);
}

}} // namespace cv::anomaly
