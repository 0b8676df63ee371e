// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_TRAINER_LOADER_HPP
#define OPENCV_ANOMALY_TRAINER_LOADER_HPP

#include "trainer.hpp"

#include "opencv2/core.hpp"

#include <memory>

namespace cv { namespace anomaly {

//! Throws StsNotImplemented, with what to install, if opencv_anomaly_train is missing, or a GPU for TRAIN_ON_CUDA.
void requireTrainer(int device = TRAIN_ON_CPU);

//! Makes a trainer, in a helper process if there is one. Throws StsNotImplemented if that is not possible.
std::unique_ptr<Trainer> createTrainer(const TrainerSettings& settings);

}} // namespace cv::anomaly

#endif
