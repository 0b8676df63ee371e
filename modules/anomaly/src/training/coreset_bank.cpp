// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "coreset_bank.hpp"
#include "patch_pool.hpp"

namespace cv { namespace anomaly {

// Memory for the patches that a bank is chosen from: a million of them in 128 dimensions, from 1,300 images of 28 x 28.
// It is no setting, since it changes what is chosen from more than that.
static const size_t poolBytes = size_t(512) << 20;

typedef std::vector<PatchPool::Place> Places;

static Places chooseCoreset(const TrainingData& data, const CoresetBankSettings& settings,
                            const DescribePatches& describe, const FitReporter& reporter, const CoresetBank* before)
{
    const int fromImage = settings.poolSize > 0 ? 1 + (settings.poolSize - 1) / data.images : 0;
    PatchPool pool({fromImage, settings.bankSize, settings.projection, poolBytes, settings.seed, settings.engine,
                    settings.contamination, settings.grid, settings.window});
    if (before)
        pool.addBank(before->rows, before->places);
    Mat phi;
    for (int image = 0; image < data.images; image++)
    {
        const TrainingFeatures features = data.features.get(image);
        describe(features.maps, phi);
        pool.add(image, phi, features.mask);
        reporter.report("patches", image + 1, data.images);
    }
    return pool.choose([&](int chosen, int count) { reporter.report("coreset", chosen, count); });
}

static std::vector<std::vector<int>> rowsByImage(const Places& places, int images)
{
    std::vector<std::vector<int>> rows(images);
    for (size_t row = 0; row < places.size(); row++)
        if (!places[row].isOfBank())
            rows[places[row].image].push_back(int(row));
    return rows;
}

CoresetBank coresetBank(const TrainingData& data, const CoresetBankSettings& settings, const DescribePatches& describe,
                        const char* lastStage, const FitReporter& reporter, const CoresetBank* before)
{
    const Places places = chooseCoreset(data, settings, describe, reporter, before);
    const std::vector<std::vector<int>> rows = rowsByImage(places, data.images);
    CoresetBank bank;
    if (before)
        bank.rows.create(int(places.size()), before->rows.cols, CV_32F);
    for (size_t row = 0; row < places.size(); row++)
    {
        bank.pieces.push_back(places[row].image);
        bank.places.push_back(places[row].patch);
        if (places[row].isOfBank())
            before->rows.row(places[row].bankRow).copyTo(bank.rows.row(int(row)));
    }
    Mat phi;
    for (int image = 0; image < data.images; image++)
    {
        if (!rows[image].empty())
            describe(data.features.get(image).maps, phi);
        if (bank.rows.empty() && !phi.empty())
            bank.rows.create(int(places.size()), phi.rows, CV_32F);
        for (const int row : rows[image])
            Mat(phi.col(places[row].patch).t()).copyTo(bank.rows.row(row));
        reporter.report(lastStage, image + 1, data.images);
    }
    return bank;
}

std::vector<int> rowsWithout(const std::vector<int>& pieces, const std::vector<int>& left)
{
    std::vector<int> rows;
    for (size_t row = 0; row < pieces.size(); row++)
        if (std::find(left.begin(), left.end(), pieces[row]) == left.end())
            rows.push_back(int(row));
    return rows;
}

}} // namespace cv::anomaly
