// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ADAPTATION_HPP
#define OPENCV_ANOMALY_ADAPTATION_HPP

#include "../training/training_images.hpp"
#include "cfa_model.hpp"
#include "training_checkpoint.hpp"

namespace cv { namespace anomaly {

//! Whether the descriptor learns, for which the trainer is needed.
inline bool adapts(const CFA::Params& params)
{
    return params.adaptation != CFA::ADAPTATION_NONE && params.epochs > 0;
}

//! Learns descriptor, bank and radius; `engine` is resolved, `trainerDevice` one of TrainerDevice.
std::shared_ptr<const CfaModel> adapt(const TrainingData& data, const CFA::Params& params, int engine,
                                      int trainerDevice, TrainingCheckpoint& checkpoint, FitReporter& reporter);

//! `before` with the patches of further images in its scoring bank; descriptor and radius stay. Throws
//! StsNotImplemented for other scoring banks than a coreset of patches.
std::shared_ptr<const CfaModel> withFurtherPatches(const CfaModel& before, const TrainingData& data,
                                                   const CFA::Params& params, int engine, FitReporter& reporter);

//! A descriptor at its random start.
Descriptor randomDescriptor(const std::vector<int>& channels, double gammaD, int init, int seed);

}} // namespace cv::anomaly

#endif
