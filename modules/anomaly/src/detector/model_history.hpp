// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_MODEL_HISTORY_HPP
#define OPENCV_ANOMALY_MODEL_HISTORY_HPP

#include "../base/sha256.hpp"
#include "calibration.hpp"
#include "model_binary.hpp"

namespace cv { namespace anomaly {

//! What an update goes on from, and what tells whether images still are as the good ones were.
struct ModelHistory
{
    int images = 0;  // that the model learned from, those of updates included; 0: a file of before this was kept
    int updates = 0; // how often images were added
    // Whether a threshold is the quantile of the good images' scores: not one that was set, or comes from labels.
    bool imageFollows = true, pixelFollows = true;
    GoodImages good;
};

//! Writes the map `history`; none where a model has none.
void writeHistory(FileStorage& file, const ModelHistory& history);

//! Reads it from the map of a model, which may lack it.
ModelHistory readHistory(const ModelNode& model);

//! Adds to a checksum; nothing where a model has none.
void addHistory(Sha256& sum, const ModelHistory& history);

}} // namespace cv::anomaly

#endif
