// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_GPU_LAYERS_HPP
#define OPENCV_ANOMALY_GPU_LAYERS_HPP

#include "../device/gpu_memory.hpp"
#include "onnx_file.hpp"

namespace cv { namespace anomaly {

struct MapShape
{
    size_t total() const { return size_t(images) * channels * size.area(); }
    size_t bytes() const { return total() * sizeof(float); }

    int images, channels;
    Size size;
};

//! The range that an activation clips to.
struct Clip
{
    Clip() : lowest(-FLT_MAX), highest(FLT_MAX) {}
    Clip(float low, float high) : lowest(low), highest(high) {}
    bool isNone() const { return lowest == -FLT_MAX && highest == FLT_MAX; }
    bool isRelu() const { return lowest == 0 && highest == FLT_MAX; }

    float lowest, highest;
};

//! A layer set up for maps of one shape.
class GpuTask
{
public:
    virtual ~GpuTask() {}
    virtual size_t workspaceBytes() const { return 0; }
    //! `added`: the second input, or null. Returns before the GPU is done.
    virtual void run(const GpuMemory& in, const GpuMemory* added, const GpuMemory& out,
                     const GpuMemory& workspace) const = 0;
};

//! A layer of a network: which maps it takes and gives, by number, and its weights on the GPU.
class GpuLayer
{
public:
    GpuLayer() : input(-1), added(-1), output(-1) {}
    virtual ~GpuLayer() {}

    virtual MapShape outputShape(const MapShape& in) const { return in; }
    virtual std::unique_ptr<GpuTask> setUp(const MapShape& in) const = 0;

    //! Takes these along, if it can: to its result, before an activation; to its result; and to its input.
    virtual bool takeSum() { return false; }
    virtual bool takeScale(const Mat& /*scale*/, const Mat& /*shift*/) { return false; }
    virtual bool takeClip(const Clip& /*clip*/) { return false; }
    virtual bool takeClipBefore(const Clip& /*clip*/) { return false; }
    //! Weights go to the GPU: nothing is taken along any more.
    virtual void finish() {}

    int input, added, output;
};

//! For a node of type Conv; throws StsNotImplemented where there is no way to compute it. threeDigits: see
//! GpuConvolutionSettings.
std::unique_ptr<GpuLayer> createConvolutionLayer(const OnnxNode& node, const Mat& weights, const Mat& bias,
                                                 bool threeDigits);
std::unique_ptr<GpuLayer> createMaxPoolLayer(const OnnxNode& node);
std::unique_ptr<GpuLayer> createAddLayer();
std::unique_ptr<GpuLayer> createClipLayer(const Clip& clip);

}} // namespace cv::anomaly

#endif
