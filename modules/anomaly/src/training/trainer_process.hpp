// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_TRAINER_PROCESS_HPP
#define OPENCV_ANOMALY_TRAINER_PROCESS_HPP

#include "trainer.hpp"

#include "opencv2/core.hpp"

#include <memory>

namespace cv { namespace anomaly {

//! Throws StsNotImplemented, with what to install.
CV_NORETURN void reportMissingTrainer(const String& why);

/** @brief Trains in a helper process, opencv_anomaly_trainer.

This keeps LibTorch out of the process that fits, which may hold another LibTorch, such as the one of PyTorch in Python,
or load one later. A helper that has finished waits for the next training, so that LibTorch is loaded only once. It ends
with the process that started it.
*/
class TrainerProcess
{
public:
    //! program: path of the helper. libraries: files that may be opencv_anomaly_train, in the order in which to try
    //! them.
    TrainerProcess(const String& program, const std::vector<String>& libraries);

    //! Whether the helper's program exists. If not, this process has to load LibTorch itself.
    bool isAvailable() const;

    //! Throws if the helper cannot start or cannot load its library.
    void require() const;

    //! Makes a trainer. Returns null if the library has another interface version or LibTorch cannot start. Throws if
    //! the library cannot be loaded.
    std::unique_ptr<Trainer> create(const TrainerSettings& settings) const;
    //! Number of CUDA devices that LibTorch finds; -1 if it is built without CUDA.
    int countCudaDevices() const;

private:
    String program;
    std::vector<String> libraries;
};

}} // namespace cv::anomaly

#endif
