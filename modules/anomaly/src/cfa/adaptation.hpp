// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ADAPTATION_HPP
#define OPENCV_ANOMALY_ADAPTATION_HPP

#include "../training/training_images.hpp"
#include "cfa_model.hpp"
#include "training_checkpoint.hpp"

namespace cv { namespace anomaly {

//! Whether the descriptor is trained, which needs the trainer.
inline bool adapts(const CFA::Params& params)
{
    return params.adaptation != CFA::ADAPTATION_NONE && params.epochs > 0;
}

//! Learns the descriptor, the bank and the radius. engine: ENGINE_PLAIN or ENGINE_HALIDE. trainerDevice: one of
//! TrainerDevice.
std::shared_ptr<const CfaModel> adapt(const TrainingData& data, const CFA::Params& params, int engine,
                                      int trainerDevice, TrainingCheckpoint& checkpoint, FitReporter& reporter);

//! Makes a model like `before` whose scoring bank also covers patches of further images. Descriptor and radius stay.
//! Throws StsNotImplemented unless the scoring bank is a coreset of patches.
std::shared_ptr<const CfaModel> withFurtherPatches(const CfaModel& before, const TrainingData& data,
                                                   const CFA::Params& params, int engine, FitReporter& reporter);

//! Makes a descriptor with random weights. channels: of each scale. init: one of CFA::DescriptorInit.
Descriptor randomDescriptor(const std::vector<int>& channels, double gammaD, int init, int seed);

}} // namespace cv::anomaly

#endif
