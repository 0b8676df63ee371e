// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_GPU_LAYERS_HPP
#define OPENCV_ANOMALY_GPU_LAYERS_HPP

#include "../device/gpu_memory.hpp"
#include "network_layers.hpp"

namespace cv { namespace anomaly {

//! A layer that is set up for maps of one shape.
class GpuTask
{
public:
    virtual ~GpuTask() {}
    virtual size_t workspaceBytes() const { return 0; }
    //! Enqueues the layer and returns before the GPU is done. `added` is the second input, or null.
    virtual void run(const GpuMemory& in, const GpuMemory* added, const GpuMemory& out,
                     const GpuMemory& workspace) const = 0;
};

//! A layer whose weights are in the GPU's memory.
class GpuLayer : public NetworkLayer
{
public:
    virtual std::unique_ptr<GpuTask> setUp(const MapShape& in) const = 0;
};

//! Each throws StsNotImplemented if the layer cannot be computed on a GPU. threeDigits: see GpuConvolutionSettings.
std::unique_ptr<GpuLayer> createConvolutionLayer(const Convolution& convolution, bool threeDigits);
std::unique_ptr<GpuLayer> createMaxPoolLayer(const Window& window);
std::unique_ptr<GpuLayer> createAddLayer();
std::unique_ptr<GpuLayer> createClipLayer(const Clip& clip);

}} // namespace cv::anomaly

#endif
