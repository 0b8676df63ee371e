// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_TRAINER_HPP
#define OPENCV_ANOMALY_TRAINER_HPP

/** @file
The interface between the main library and opencv_anomaly_train, which is the only part that includes LibTorch. Only
plain numbers are passed, so neither side sees the OpenCV or LibTorch of the other. All arrays are dense, float32, and
owned by the caller.
*/

#include <cstddef>

namespace cv { namespace anomaly {

//! Version of this interface. It has to be raised with every change of this file that is not only a comment.
const int trainerInterface = 6;

//! Device on which training computes.
enum TrainerDevice
{
    TRAIN_ON_CPU = 0,
    TRAIN_ON_CUDA = 1,
    TRAIN_AS_ON_CUDA = 2 //!< the code for CUDA, but on the CPU: for tests without a GPU
};

//! Shape of one feature map.
struct ScaleShape
{
    int channels, rows, cols;
};

//! What a trainer is made with.
struct TrainerSettings
{
    const ScaleShape* scales; // finest first
    int scaleCount;
    const float* W; // initial weights, D' x (D + 2)
    const float* b; // initial bias, D'
    int descriptorLength;
    int K, J;
    double radius;
    bool learnRadius;
    bool repulsion;
    double alpha, learningRate, weightDecay;
    int threads; // for all work that is not a matrix product
    int device;  // one of TrainerDevice
};

//! Figures of one step. Loss and distance are those before the step.
struct StepFigures
{
    double loss;     // mean over the batch
    double distance; // mean distance to the nearest center, over the patches that count
    double radius;   // radius after the step
};

/** @brief The trainer's access to the memory bank. On the CPU, search and gradient are computed by the library's own
search, outside of autograd. On CUDA, the trainer reads the centers and computes both itself.

phi: D' x patches, with the patches of all images of the batch. Methods must not throw; they return false if they fail.
*/
class BankAccess
{
public:
    virtual ~BankAccess() {}
    //! Finds the k nearest centers of each patch. squaredDistances and indices: k x patches.
    virtual bool search(const float* phi, int patches, int k, float* squaredDistances, int* indices) = 0;
    //! Computes the gradient with respect to phi, D' x patches, from the gradient with respect to the squared
    //! distances.
    virtual bool backward(const float* phi, int patches, int k, const float* distanceGradient, const int* indices,
                          float* gradient) = 0;
    //! centerCount() x D', one row for each center.
    virtual const float* centers() const = 0;
    virtual int centerCount() const = 0;
};

//! Trains W, b and the radius by AdamW with amsgrad. Methods do not throw; after false, error() tells the reason.
class Trainer
{
public:
    virtual ~Trainer() {}
    //! Trains one batch. maps: for each scale, maps after the 3x3 average, channels x images x rows x columns.
    //! patchWeights: images x patches, the weight of each patch; null: all are 1. bank: the same object in all steps.
    virtual bool step(const float* const* maps, const float* patchWeights, int images, BankAccess& bank,
                      StepFigures& figures) = 0;
    //! Returns what is learned so far. W and b take megabytes, so they are read only once, after the last step.
    virtual bool read(float* W, float* b, double& radius) = 0;
    //! Saves all that the next step depends on, in the trainer's own format. If bytes is null, only the size is
    //! returned.
    virtual bool save(unsigned char* bytes, size_t& size) = 0;
    virtual bool restore(const unsigned char* bytes, size_t size) = 0;
    virtual const char* error() const = 0;
};

//! Exported by opencv_anomaly_train as anomalyCreateTrainer. Returns null if the interface version differs or it cannot
//! start.
typedef Trainer* (*CreateTrainer)(int interfaceVersion, const TrainerSettings& settings);

//! Exported as anomalyCudaDevices. Returns the number of CUDA devices that LibTorch finds; -1 if it is built without
//! CUDA.
typedef int (*CountCudaDevices)();

}} // namespace cv::anomaly

#endif
