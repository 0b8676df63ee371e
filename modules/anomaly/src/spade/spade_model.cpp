// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "spade_model.hpp"
#include "../detector/model_fields.hpp"
#include "../input/preprocess.hpp"
#include "../patches/descriptor.hpp"
#include "../patches/grid_features.hpp"
#include "spade_scorer.hpp"

#include <numeric>

namespace cv { namespace anomaly {

namespace {

//! Retrieves the most similar images, then compares patches with those of the retrieved images.
class SpadeScorer CV_FINAL : public PatchScorer
{
public:
    //! w: indices of images in the bank that are never retrieved.
    SpadeScorer(const SpadeModel& model, int e, const std::vector<int>& w = std::vector<int>())
        : bank(model.bank),
          grid(model.grid),
          K(model.K),
          engine(e),
          without(w)
    {}

    double score(const std::vector<Mat>& maps, Mat& patchScores, StageClock* clock) const CV_OVERRIDE
    {
        const std::vector<Mat> pooled = averagedToGrid(poolPatches(maps), grid);
        const Mat summary = imageSummary(pooled);
        checkScores(summary);
        lap(clock, STAGE_DESCRIPTOR);
        const RetrievedImages retrieved = retrieveImages(summary, bank, K, without);
        scoreAgainst(retrieved.indices, bank, pooled, grid, engine, patchScores);
        lap(clock, STAGE_SEARCH);
        return retrieved.meanDistance;
    }

private:
    FeatureBank bank;
    Size grid;
    int K, engine;
    std::vector<int> without;
};

String countsName(size_t scale)
{
    return format("counts%zu", scale);
}

String rowsName(size_t scale)
{
    return format("rows%zu", scale);
}

// Half precision as 16-bit integers with the same bits, and back. cv::FileStorage writes those exactly in all formats.
Mat asType(const Mat& rows, int type)
{
    return Mat(rows.rows, rows.cols, type, const_cast<uchar*>(rows.data), rows.step);
}

// Number of rows of each image in one scale.
std::vector<int> countsOf(const std::vector<int>& ends)
{
    std::vector<int> counts;
    for (size_t i = 0; i < ends.size(); i++)
        counts.push_back(ends[i] - (i > 0 ? ends[i - 1] : 0));
    return counts;
}

std::vector<int> readEnds(const ModelNode& node, const String& key, int images, int mostRows)
{
    const std::vector<int> counts = readIntegers(node, key);
    const auto possible = [mostRows](int count) { return count >= 0 && count <= mostRows; };
    const int64 all = std::accumulate(counts.begin(), counts.end(), int64(0));
    if (int(counts.size()) != images || !std::all_of(counts.begin(), counts.end(), possible) || all > INT_MAX)
        CV_Error_(Error::StsParseError,
                  ("Model file has no list of %d counts from 0 to %d, one for each image, as '%s'", images, mostRows,
                   key.c_str()));
    std::vector<int> ends(counts.size());
    std::partial_sum(counts.begin(), counts.end(), ends.begin());
    return ends;
}

// A file holds no empty matrices. If masks left no patch of a scale, its matrix is missing.
Mat readRows(const ModelNode& node, size_t scale, int rows, int channels)
{
    const String key = rowsName(scale), countsKey = countsName(scale);
    if (rows == 0)
        return Mat(0, channels, CV_16F);
    const Mat bits = matrix(node, key, CV_16U);
    if (bits.rows != rows)
        CV_Error_(Error::StsParseError, ("Model file has %d rows in matrix '%s', but %d in the counts of '%s'",
                                         bits.rows, key.c_str(), rows, countsKey.c_str()));
    expectSize(bits, key.c_str(), rows, channels);
    Mat values, half;
    asType(bits, CV_16F).copyTo(half);
    for (int row = 0; row < rows; row++)
    {
        half.row(row).convertTo(values, CV_32F);
        if (!checkRange(values))
            CV_Error_(Error::StsParseError, ("Model file has NaN or infinity in matrix '%s'", key.c_str()));
    }
    return half;
}

} // namespace

std::vector<int> SpadeModel::channels() const
{
    std::vector<int> channels;
    for (const Mat& rows : bank.rows)
        channels.push_back(rows.cols);
    return channels;
}

std::shared_ptr<const ScoreMap> SpadeModel::createScoreMap(const MapSettings& settings, const Device& device) const
{
    return anomaly::createScoreMap(std::make_shared<SpadeScorer>(*this, device.engine), settings, device.engine);
}

std::shared_ptr<const ScoreMap> SpadeModel::createScoreMapWithout(const std::vector<int>& pieces,
                                                                  const MapSettings& settings,
                                                                  const Device& device) const
{
    if (int(pieces.size()) >= bank.images())
        return nullptr;
    std::vector<int> images = pieces;
    for (int& image : images)
        image += firstPiece;
    return anomaly::createScoreMap(std::make_shared<SpadeScorer>(*this, device.engine, images), settings,
                                   device.engine);
}

ScoreNodes SpadeModel::addNodes(OnnxBuilder&, const std::vector<MapsNode>&, Size) const
{
    CV_Error(Error::StsNotImplemented, "its bank has all patches of all good images, of which an image is compared "
                                       "with a few only, so that a graph would grow with the number of images and "
                                       "compute mostly distances that are not needed. PatchCore can be exported");
}

std::vector<Mat> SpadeModel::matrices() const
{
    std::vector<Mat> all = {bank.summaries};
    for (size_t scale = 0; scale < bank.rows.size(); scale++)
    {
        all.push_back(Mat(bank.ends[scale], true));
        all.push_back(bank.rows[scale]);
    }
    return all;
}

const char* const SpadeModel::smallerModel = "fit fewer images, or raise patchStride";

void SpadeModel::write(FileStorage& file) const
{
    checkFitsIntoFile(bank.bytes(), smallerModel);
    writeChannels(file, channels());
    file << "summaries" << bank.summaries;
    for (size_t scale = 0; scale < bank.rows.size(); scale++)
    {
        writeIntegers(file, countsName(scale), countsOf(bank.ends[scale]));
        if (!bank.rows[scale].empty())
            file << rowsName(scale) << asType(bank.rows[scale], CV_16U);
    }
}

std::shared_ptr<const SpadeModel> SpadeModel::read(const ModelNode& node, const SPADE::Params& params)
{
    const std::shared_ptr<SpadeModel> model = std::make_shared<SpadeModel>();
    model->K = params.K;
    model->grid = gridOfStride(inputShapeOf(params), params.patchStride);
    const std::vector<int> channels = readChannels(node, params.outputs.size());
    FeatureBank& bank = model->bank;
    bank.summaries = matrix(node, "summaries", CV_32F);
    expectSize(bank.summaries, "summaries", bank.summaries.rows, channels.back());
    for (size_t scale = 0; scale < channels.size(); scale++)
    {
        bank.ends.push_back(readEnds(node, countsName(scale), bank.images(), model->grid.area()));
        bank.rows.push_back(readRows(node, scale, bank.ends[scale].back(), channels[scale]));
    }
    return model;
}

}} // namespace cv::anomaly
