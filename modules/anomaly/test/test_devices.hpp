// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_TEST_ANOMALY_DEVICES_HPP
#define OPENCV_TEST_ANOMALY_DEVICES_HPP

#include "test_textures.hpp"

#include "../src/training/trainer_loader.hpp"

namespace opencv_test {

//! Whether this machine and build have what training on a device of TrainerDevice needs.
inline bool canTrainOn(int device)
{
    return errorOf([=] { requireTrainer(device); }).empty();
}

inline String skipReason()
{
    return canTrainOn(TRAIN_ON_CPU) ? "LibTorch has no CUDA device here"
                                    : "opencv_anomaly_train is not here: built without LibTorch";
}

} // namespace opencv_test

#define SKIP_WITHOUT_DEVICE(device)                                                                                    \
    if (!canTrainOn(device))                                                                                           \
    SKIP_TEST(skipReason())

#endif
