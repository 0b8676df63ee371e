// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "coreset_bank.hpp"
#include "patch_pool.hpp"

#include <map>
#include <set>

namespace cv { namespace anomaly {

// Memory for the patches that a bank is chosen from: a million patches in 128 dimensions, of 1,300 images with 28 x 28
// patches. It is no setting, because with more images it changes which patches are chosen.
static const size_t poolBytes = size_t(512) << 20;

namespace {

typedef std::vector<PatchPool::Place> Places;

//! Result of a choice: the chosen patches, and two stand-ins for each (see CoresetBank).
struct Choice
{
    Places chosen;
    std::vector<std::pair<PatchPool::Place, PatchPool::Place>> standIns;
};

Choice chooseCoreset(const TrainingData& data, const CoresetBankSettings& settings, const DescribePatches& describe,
                     const FitReporter& reporter, const PatchRows* before)
{
    const int fromImage = settings.poolSize > 0 ? 1 + (settings.poolSize - 1) / data.images : 0;
    PatchPool pool({fromImage, settings.bankSize, settings.projection, poolBytes, settings.seed, settings.engine,
                    settings.contamination, settings.grid, settings.window},
                   data.sources);
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
    const Places chosen = pool.choose([&](int done, int count) { reporter.report("coreset", done, count); });
    return {chosen, pool.standIns()};
}

//! Collects patches without duplicates. Their vectors are filled in later.
class PatchList
{
public:
    explicit PatchList(const std::vector<int>& s) : sources(s) {}

    //! Adds a patch and returns its row; -1 if there is no patch.
    int add(const PatchPool::Place& place)
    {
        if (place.isNone())
            return -1;
        const Key key(place.image, place.isOfBank() ? place.bankRow : place.patch);
        const auto added = rowOf.insert({key, int(rowOf.size())});
        if (added.second)
        {
            patches.images.push_back(place.isOfBank() ? -1 : sources[place.image]);
            patches.places.push_back(place.patch);
        }
        return added.first->second;
    }

    // Whether patches of this piece were added.
    bool hasAnyOf(int piece) const
    {
        const auto first = rowOf.lower_bound(Key(piece, 0));
        return first != rowOf.end() && first->first.first == piece;
    }

    //! Fills in the vectors of a piece's patches. phi: length x patches of the piece.
    void describe(int piece, const Mat& phi)
    {
        copyRows(piece, phi.rows, [&](int patch) -> Mat { return phi.col(patch).t(); });
    }

    void describeBank(const Mat& bank)
    {
        copyRows(-1, bank.cols, [&](int row) { return bank.row(row); });
    }

    const PatchRows& described() const { return patches; }

private:
    typedef std::pair<int, int> Key; // (piece, patch), or (-1, row of the earlier bank)

    void copyRows(int piece, int length, const std::function<Mat(int)>& vectorOf)
    {
        if (patches.rows.empty() && !rowOf.empty())
            patches.rows.create(int(rowOf.size()), length, CV_32F);
        for (auto row = rowOf.lower_bound(Key(piece, 0)); row != rowOf.end() && row->first.first == piece; ++row)
            vectorOf(row->first.second).copyTo(patches.rows.row(row->second));
    }

    const std::vector<int>& sources;
    std::map<Key, int> rowOf;
    PatchRows patches;
};

void append(const PatchRows& from, int row, PatchRows& to)
{
    to.rows.push_back(from.rows.row(row));
    to.images.push_back(from.images[row]);
    to.places.push_back(from.places[row]);
}

} // namespace

CoresetBank coresetBank(const TrainingData& data, const CoresetBankSettings& settings, const DescribePatches& describe,
                        const char* lastStage, const FitReporter& reporter, const PatchRows* before)
{
    const Choice choice = chooseCoreset(data, settings, describe, reporter, before);
    PatchList chosen(data.sources), standIns(data.sources);
    CoresetBank bank;
    bank.sources = data.sources;
    for (const PatchPool::Place& place : choice.chosen)
        chosen.add(place);
    for (const auto& places : choice.standIns)
    {
        const int first = standIns.add(places.first);
        bank.standInsOf.push_back(Vec2i(first, standIns.add(places.second)));
    }
    if (before)
        for (PatchList* const list : {&chosen, &standIns})
            list->describeBank(before->rows);
    Mat phi;
    for (int piece = 0; piece < data.images; piece++)
    {
        if (chosen.hasAnyOf(piece) || standIns.hasAnyOf(piece))
        {
            describe(data.features.get(piece).maps, phi);
            chosen.describe(piece, phi);
            standIns.describe(piece, phi);
        }
        reporter.report(lastStage, piece + 1, data.images);
    }
    bank.chosen = chosen.described();
    bank.standIns = standIns.described();
    return bank;
}

PatchRows CoresetBank::without(int piece) const
{
    const int image = sources[piece];
    const PatchRows rest = withoutImages(image, mostSimilar(image));
    return rest.rows.empty() ? withoutImages(image, image) : rest;
}

// The image from which most first stand-ins for an image's patches come, or the image itself if there are none.
// Stand-ins from an earlier bank do not count, because it is not known which image they come from.
int CoresetBank::mostSimilar(int image) const
{
    std::map<int, int> votes;
    for (size_t row = 0; row < standInsOf.size(); row++)
        if (chosen.images[row] == image && standInsOf[row][0] >= 0 && standIns.images[standInsOf[row][0]] >= 0)
            votes[standIns.images[standInsOf[row][0]]]++;
    const auto fewer = [](const std::pair<const int, int>& a, const std::pair<const int, int>& b) {
        return a.second < b.second;
    };
    return votes.empty() ? image : std::max_element(votes.begin(), votes.end(), fewer)->first;
}

// Each patch of the two images is replaced by its first stand-in that comes from neither.
PatchRows CoresetBank::withoutImages(int image, int other) const
{
    const auto isLeft = [&](int taught) { return taught == image || taught == other; };
    PatchRows rest;
    std::set<int> taken;
    for (size_t row = 0; row < chosen.images.size(); row++)
    {
        if (!isLeft(chosen.images[row]))
        {
            append(chosen, int(row), rest);
            continue;
        }
        for (const int standIn : {standInsOf[row][0], standInsOf[row][1]})
            if (standIn >= 0 && !isLeft(standIns.images[standIn]))
            {
                if (taken.insert(standIn).second)
                    append(standIns, standIn, rest);
                break;
            }
    }
    return rest;
}

}} // namespace cv::anomaly
