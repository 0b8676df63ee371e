// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ADAPTATION_HPP
#define OPENCV_ANOMALY_ADAPTATION_HPP

#include "../training/feature_cache.hpp"
#include "../training/fit_reporter.hpp"
#include "../detector/model_io.hpp"
#include "training_checkpoint.hpp"

#include <functional>

namespace cv { namespace anomaly {

struct TrainingData
{
    int images;
    FeatureCache& features; // of the images as they are
    // Of what an epoch sees instead; empty: the images as they are
    std::function<TrainingFeatures(int image, int epoch)> view;
};

//! Whether the descriptor learns, for which the trainer is needed.
inline bool adapts(const CFA::Params& params)
{
    return params.adaptation != CFA::ADAPTATION_NONE && params.epochs > 0;
}

//! Learns descriptor, bank and radius; `engine` is resolved, `trainerDevice` one of TrainerDevice.
TrainedModel adapt(const TrainingData& data, const CFA::Params& params, int engine, int trainerDevice,
                   TrainingCheckpoint& checkpoint, FitReporter& reporter);

}} // namespace cv::anomaly

#endif
