// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_TRAINER_HPP
#define OPENCV_ANOMALY_TRAINER_HPP

/** @file
The border between the main library and opencv_anomaly_train, which alone includes LibTorch. Only plain numbers cross it,
so neither side sees the other's OpenCV or LibTorch. All arrays are dense, float32, and stay the caller's.
*/

#include <cstddef>

namespace cv {
namespace anomaly {

//! Changes with every change of this file.
const int trainerInterface = 1;

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
    const float* bank; // centres x D'
    int centres;
    int K, J;
    double radius;
    bool learnRadius;
    bool repulsion;
    double alpha, learningRate, weightDecay;
};

//! The neighbours of a batch's descriptors, found outside of autograd by the same search that predicts.
class BatchSearch
{
public:
    virtual ~BatchSearch() {}
    //! phi: images x D' x patches; squaredDistances and indices: images x k x patches. Must not throw; false: failed.
    virtual bool search(const float* phi, int images, int k, float* squaredDistances, int* indices) = 0;
};

//! Adapts W, b and r by AdamW with amsgrad. No exception leaves it: a false result is explained by error().
class Trainer
{
public:
    virtual ~Trainer() {}
    //! maps: for each scale the batch's pooled maps, images x channels x rows x cols. patchWeights: images x patches, or
    //! null for 1 each: how much a patch counts. loss: of the batch before the step.
    virtual bool step(const float* const* maps, const float* patchWeights, int images, BatchSearch& search, double& loss) = 0;
    virtual void read(float* W, float* b, double& radius) const = 0;
    virtual const char* error() const = 0;
};

//! Exported by opencv_anomaly_train as anomalyCreateTrainer. Null when it speaks another interface or cannot start.
typedef Trainer* (*CreateTrainer)(int interfaceVersion, const TrainerSettings& settings);

}} // namespace cv::anomaly

#endif
