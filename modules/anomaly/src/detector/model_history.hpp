// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_MODEL_HISTORY_HPP
#define OPENCV_ANOMALY_MODEL_HISTORY_HPP

#include "../base/sha256.hpp"
#include "calibration.hpp"
#include "model_binary.hpp"

namespace cv { namespace anomaly {

//! What an update needs from earlier fits and updates, and what DriftMonitor needs to know of the good images.
struct ModelHistory
{
    static const int most = 1 << 30; // images and updates: numbers of a hostile file must not overflow an int later

    int images = 0;    // number of images that the model learned from; 0: the file is older than this record
    int updates = 0;   // number of updates since fit
    int rotations = 1; // turns in which images are learned if the settings leave that to fit
    // Whether a threshold is the quantile of the good images' scores. It is not if it was set by hand or from labels.
    bool imageFollows = true, pixelFollows = true;
    GoodImages good;
};

//! Writes the history as a map named `history` into the map that is open; writes nothing if there is none.
void writeHistory(FileStorage& file, const ModelHistory& history);

//! Reads the history from the map of a model; the result is empty if the map lacks it.
ModelHistory readHistory(const ModelNode& model);

//! Adds the history to a checksum; adds nothing if there is none.
void addHistory(Sha256& sum, const ModelHistory& history);

}} // namespace cv::anomaly

#endif
