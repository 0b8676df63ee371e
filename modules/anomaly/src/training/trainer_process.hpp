// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_TRAINER_PROCESS_HPP
#define OPENCV_ANOMALY_TRAINER_PROCESS_HPP

#include "trainer.hpp"

#include "opencv2/core.hpp"

#include <memory>

namespace cv { namespace anomaly {

//! Throws StsNotImplemented, naming what to install.
CV_NORETURN void reportMissingTrainer(const String& why);

/** @brief Training in a helper process, opencv_anomaly_trainer.

LibTorch then never enters the process that fits, which may hold another one, such as PyTorch's in Python, or import it
later. A helper that has done its work waits for the next training, so that LibTorch is loaded once, and ends with the
process that started it.
*/
class TrainerProcess
{
public:
    //! program: of the helper. libraries: where opencv_anomaly_train may be, in the order in which they are tried.
    TrainerProcess(const String& program, const std::vector<String>& libraries);

    //! Whether the helper is there; else this process has to load LibTorch itself.
    bool isAvailable() const;

    //! Throws where the helper can not start, or not load the library.
    void require() const;

    //! Null where the library does not speak this interface, or LibTorch can not start. Throws where the library can
    //! not be loaded.
    std::unique_ptr<Trainer> create(const TrainerSettings& settings) const;
    int countCudaDevices() const;

private:
    String program;
    std::vector<String> libraries;
};

}} // namespace cv::anomaly

#endif
