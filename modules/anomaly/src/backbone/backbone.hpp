// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_BACKBONE_HPP
#define OPENCV_ANOMALY_BACKBONE_HPP

#include "../device/device.hpp"
#include "../input/preprocess.hpp"
#include "../base/stage_clock.hpp"
#include "../base/workspace_pool.hpp"

#include <memory>
#include <vector>

namespace cv { namespace anomaly {

struct GpuMaps; // of gpu_memory.hpp
class GpuQueue; // of gpu_queue.hpp

//! Feature maps of a batch, each images x channels x rows x columns, CV_32F, finest first. The memory belongs to the
//! network that computed them; `owner` keeps it from being used for another call while this object lives.
struct FeatureMaps
{
    //! Maps of one image, 1 x channels x rows x columns, which share the memory of `maps`.
    std::vector<Mat> of(int image) const;

    std::vector<int> channels;                         // of each map
    std::vector<Mat> maps;                             // empty if the maps are left on a GPU
    std::shared_ptr<const std::vector<GpuMaps>> onGpu; // the maps on a GPU, else null
    std::shared_ptr<GpuQueue> queue;                   // the GPU's maps are complete when it is done with this queue
    std::shared_ptr<void> owner;
};

//! A backbone as a model file identifies it.
struct BackboneSource
{
    String name;                 // "efficientnet-lite0/1", or the ONNX file's name without its folder
    std::vector<uchar> bytes;    // contents of the ONNX file
    std::vector<String> outputs; // finest map first
    // Ranges and means of the network's maps, with which it is computed in whole numbers of 8 bits (see rangesOfMaps).
    // Empty: it is computed in single precision.
    std::vector<Vec2f> ranges;
};

//! A frozen network that computes feature maps. forward may be called from several threads at a time.
class Backbone
{
public:
    virtual ~Backbone() {}
    //! Computes the maps of an input: images x 3 x rows x columns, CV_32F. The maps are in the processor's memory.
    virtual FeatureMaps forward(const Mat& input) const = 0;
    //! Preprocesses images and computes their maps, which a GPU may keep in its own memory. The clock may be null.
    virtual FeatureMaps forward(const Mat* images, int count, const InputSettings& input, StageClock* clock) const = 0;

    //! Sets up what the first call of forward with one image of this size would set up. Never throws: forward reports
    //! what is wrong with a network.
    virtual void prepare(Size) const {}

    //! Makes a network for a device. A source with ranges is run by int8_network, on the processor only. Otherwise
    //! cv::dnn runs it on the processor; with ENGINE_HALIDE onednn_network if the build has oneDNN and the network's
    //! operators are known, else cv::dnn with our layers for its convolutions. On a GPU, gpu_network runs it, or
    //! cv::dnn if an operator is not known and OpenCV is built with CUDA. Throws if the bytes are no network or lack an
    //! output.
    static std::shared_ptr<const Backbone> create(const BackboneSource& source, const Device& device);
};

//! Base of the networks that take their input in the processor's memory.
class ProcessorBackbone : public Backbone
{
public:
    using Backbone::forward;
    FeatureMaps forward(const Mat* images, int count, const InputSettings& input,
                        StageClock* clock) const CV_OVERRIDE CV_FINAL;

protected:
    explicit ProcessorBackbone(const BackboneSource& source) : name(source.name), outputs(source.outputs) {}

    //! Packs maps together with their owner. Throws unless each has this number of images and none is finer than the
    //! first.
    FeatureMaps checkedMaps(const std::vector<Mat>& maps, int images, const std::shared_ptr<void>& owner) const;

    const String name;
    const std::vector<String> outputs;

private:
    mutable WorkspacePool<InputMemory> inputs; // buffers of preprocess
};

//! Shape of a Mat for messages, such as "1x3x224x224".
String shapeOf(const Mat& map);

//! Makes a network that cv::dnn runs, even if there is a faster way. Backbone::create uses it as the last choice.
std::shared_ptr<const Backbone> createDnnBackbone(const BackboneSource& source, const Device& device);

//! Loads the embedded network for "", "lite0" and its full name, else the file of that name.
BackboneSource loadBackbone(const String& nameOrFile, const std::vector<String>& outputs);

bool isEmbeddedBackbone(const String& name);

//! An input of zeros, 1 x 3 x rows x columns, to try a backbone with.
Mat blackInput(Size size);

//! Pixels of the input from one patch of the coarsest map to the next. Tries an input of 256 x 256 pixels; throws if
//! the backbone does not take it.
int coarsestStride(const Backbone& backbone);

}} // namespace cv::anomaly

#endif
