// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "training_checkpoint.hpp"
#include "../base/as_column.hpp"
#include "../base/file_replacement.hpp"
#include "../detector/detector_params.hpp"
#include "../detector/model_fields.hpp"
#include "../detector/model_io.hpp"
#include "../detector/params_sum.hpp"
#include "cfa_params.hpp"
#include "../base/sha256.hpp"

#include "opencv2/core/utils/filesystem.hpp"

namespace cv { namespace anomaly {

static const char* const rootName = "opencv_anomaly_checkpoint";

namespace {

// Hash of the settings on which training depends. An interrupted fit may go on with more epochs, or with other settings
// for scores, thresholds or the bank that is made after training.
String hashOf(CFA::Params params)
{
    const CFA::Params defaults;
    params.epochs = defaults.epochs;
    params.patience = defaults.patience;
    params.scoringBank = defaults.scoringBank;
    params.scoringBankSize = defaults.scoringBankSize;
    params.scoreMode = defaults.scoreMode;
    params.smoothSigma = defaults.smoothSigma;
    params.imageScore = defaults.imageScore;
    params.topShare = defaults.topShare;
    params.mapSize = defaults.mapSize;
    params.thresholdQuantile = defaults.thresholdQuantile;
    params.defectArea = defaults.defectArea;
    params.contamination = defaults.contamination;
    Sha256 sum;
    ParamsSum settings(sum);
    visitDetectorParams(params, settings);
    visitCfaParams(params, settings);
    return sum.digest();
}

// Hash of the bank to which the training adapts. It tells whether images and backbone are the same.
String hashOf(const Mat& bank)
{
    CV_Assert(bank.isContinuous());
    return Sha256().add(bank.data, bank.total() * bank.elemSize()).digest();
}

// Checksum of what is stored about one model.
String hashOf(const TrainingState& state)
{
    return Sha256()
        .add(state.losses.data(), state.losses.size() * sizeof(double))
        .add(state.radii.data(), state.radii.size() * sizeof(double))
        .add(state.distances.data(), state.distances.size() * sizeof(double))
        .add(state.trainer.data(), state.trainer.size())
        .digest();
}

} // namespace

TrainingCheckpoint::TrainingCheckpoint(const String& file, const CFA::Params& params)
    : filename(file),
      settings(hashOf(params)),
      epochs(params.epochs),
      model(0)
{
    if (filename.empty())
        return;
    checkModelFile(filename);
    if (utils::fs::exists(filename))
        read();
}

// Reads the state of each model of the fit. An ensemble has two models.
std::vector<TrainingCheckpoint::Entry> TrainingCheckpoint::entriesOf(const String& file, String& settings)
{
    const ModelFile storage = readModelFile(file);
    const ModelNode root = storage.map(rootName);
    settings = text(root, "settings");
    std::vector<Entry> found;
    for (const ModelNode& node : root["models"].elements())
    {
        Entry entry;
        entry.bank = text(node, "bank");
        entry.state.losses = readDoubles(node, "losses");
        entry.state.radii = readDoubles(node, "radii");
        if (!node["distances"].empty())
            entry.state.distances = readDoubles(node, "distances");
        CV_CheckEQ(entry.state.radii.size(), entry.state.losses.size(), "A checkpoint has a radius for each loss");
        CV_CheckLE(entry.state.distances.size(), entry.state.losses.size(), "A checkpoint has a loss for each epoch");
        matrix(node, "trainer", CV_8U).reshape(1, 1).copyTo(entry.state.trainer);
        CV_Assert(text(node, "checksum") == hashOf(entry.state));
        found.push_back(entry);
    }
    return found;
}

void TrainingCheckpoint::read()
{
    String storedSettings;
    try
    {
        entries = entriesOf(filename, storedSettings);
    }
    catch (const cv::Exception& e)
    {
        CV_Error_(Error::StsParseError,
                  ("Checkpoint '%s' is damaged, or is not a checkpoint: remove it to start anew. The error is: %s",
                   filename.c_str(), e.err.c_str()));
    }
    if (storedSettings != settings)
        CV_Error_(Error::StsBadArg,
                  ("Checkpoint '%s' was written with other settings: use those again, or remove it to start anew",
                   filename.c_str()));
}

TrainingState TrainingCheckpoint::find(const Mat& bank)
{
    if (size_t(model) >= entries.size())
        return TrainingState();
    const Entry& entry = entries[model];
    if (entry.bank != hashOf(bank))
        CV_Error_(Error::StsBadArg, ("Checkpoint '%s' was written with other images, another backbone or another "
                                     "number of threads: use those again, "
                                     "or remove it to start anew",
                                     filename.c_str()));
    if (entry.state.losses.size() > size_t(epochs))
        CV_Error_(Error::StsBadArg, ("Checkpoint '%s' has %zu finished epochs, expected at most %d, the epochs of this "
                                     "fit: remove it to start anew",
                                     filename.c_str(), entry.state.losses.size(), epochs));
    return entry.state;
}

void TrainingCheckpoint::keep(const Mat& bank, const TrainingState& state)
{
    if (filename.empty())
        return;
    entries.resize(model + 1);
    entries[model].bank = hashOf(bank);
    entries[model].state = state;
    replaceFile(filename, [&](const String& temporary) {
        writeModelFile(temporary, [&](FileStorage& file) { write(file); });
        checkWritten(temporary);
    });
}

// cv::FileStorage does not report a full disk. Until this check passes, the previous checkpoint file stays in place.
void TrainingCheckpoint::checkWritten(const String& temporary) const
{
    String storedSettings;
    try
    {
        CV_Assert(entriesOf(temporary, storedSettings).size() == entries.size());
    }
    catch (const cv::Exception& e)
    {
        CV_Error_(Error::StsError, ("Checkpoint '%s' could not be written whole, is the disk full? The checkpoint of "
                                    "the previous epoch is kept. The error is: %s",
                                    filename.c_str(), e.err.c_str()));
    }
}

void TrainingCheckpoint::write(FileStorage& file) const
{
    file << rootName << "{"
         << "settings" << settings << "models"
         << "[";
    for (const Entry& entry : entries)
        file << "{"
             << "bank" << entry.bank << "losses" << entry.state.losses << "radii" << entry.state.radii << "distances"
             << entry.state.distances << "trainer" << asColumn(entry.state.trainer) << "checksum" << hashOf(entry.state)
             << "}";
    file << "]"
         << "}";
}

}} // namespace cv::anomaly
