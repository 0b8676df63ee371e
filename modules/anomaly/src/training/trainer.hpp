// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_TRAINER_HPP
#define OPENCV_ANOMALY_TRAINER_HPP

/** @file
The border between the main library and opencv_anomaly_train, which alone includes LibTorch. Only plain numbers cross
it,
so neither side sees the other's OpenCV or LibTorch. All arrays are dense, float32, and stay the caller's.
*/

#include <cstddef>

namespace cv { namespace anomaly {

//! Changes with every change of this file.
const int trainerInterface = 6;

//! Where a step computes.
enum TrainerDevice
{
    TRAIN_ON_CPU = 0,
    TRAIN_ON_CUDA = 1,
    TRAIN_AS_ON_CUDA = 2 //!< CUDA's code on the CPU, for tests without a GPU
};

struct ScaleShape
{
    int channels, rows, cols;
};

struct TrainerSettings
{
    const ScaleShape* scales; // finest first
    int scaleCount;
    const float* W; // D' x (D + 2) at the start
    const float* b; // D' at the start
    int descriptorLength;
    int K, J;
    double radius;
    bool learnRadius;
    bool repulsion;
    double alpha, learningRate, weightDecay;
    int threads; // for what is not a matrix product
    int device;  // one of TrainerDevice
};

//! What a training reports of each step. The loss and the distance are those before the step changed anything.
struct StepFigures
{
    double loss;     // mean of the batch
    double distance; // mean, over the patches that count, to the nearest center
    double radius;   // after the step
};

/** @brief The memory bank: for the CPU what a step needs of it, done outside of autograd by the search that predicts;
for CUDA the
centers themselves.

phi: D' x patches, of all images of the batch side by side. No method may throw; false: it failed.
*/
class BankAccess
{
public:
    virtual ~BankAccess() {}
    //! The k nearest centers of each patch. squaredDistances and indices: k x patches.
    virtual bool search(const float* phi, int patches, int k, float* squaredDistances, int* indices) = 0;
    //! gradient, D' x patches: of the loss by phi, given its gradient by the squared distances.
    virtual bool backward(const float* phi, int patches, int k, const float* distanceGradient, const int* indices,
                          float* gradient) = 0;
    //! centerCount() x D', a center a row.
    virtual const float* centers() const = 0;
    virtual int centerCount() const = 0;
};

//! Adapts W, b and r by AdamW with amsgrad. No exception leaves it: a false result is explained by error().
class Trainer
{
public:
    virtual ~Trainer() {}
    //! maps: for each scale the batch's pooled maps, channels x images x rows x cols. patchWeights: images x patches,
    //! or null for 1 each: how much a patch counts. bank: the same in all steps.
    virtual bool step(const float* const* maps, const float* patchWeights, int images, BankAccess& bank,
                      StepFigures& figures) = 0;
    //! What is learned so far. W and b take megabytes, so they are read once, at the end of a training.
    virtual bool read(float* W, float* b, double& radius) = 0;
    //! All that the next step depends on, in a form of the trainer's own: the size with bytes null, then the bytes.
    virtual bool save(unsigned char* bytes, size_t& size) = 0;
    virtual bool restore(const unsigned char* bytes, size_t size) = 0;
    virtual const char* error() const = 0;
};

//! Exported by opencv_anomaly_train as anomalyCreateTrainer. Null when it speaks another interface or cannot start.
typedef Trainer* (*CreateTrainer)(int interfaceVersion, const TrainerSettings& settings);

//! Exported as anomalyCudaDevices: how many LibTorch finds; -1 where it is built without CUDA.
typedef int (*CountCudaDevices)();

}} // namespace cv::anomaly

#endif
