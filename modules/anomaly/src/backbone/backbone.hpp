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

//! Feature maps, each images x channels x rows x cols, CV_32F. They belong to the backbone and stay valid as long as
//! this lives.
struct FeatureMaps
{
    //! Those of one image, 1 x channels x rows x cols, where `maps` has them.
    std::vector<Mat> of(int image) const;

    std::vector<int> channels;                         // of each scale
    std::vector<Mat> maps;                             // empty where the maps stay on a GPU,
    std::shared_ptr<const std::vector<GpuMaps>> onGpu; // which has them then,
    std::shared_ptr<GpuQueue> queue;                   // when it is done with this queue
    std::shared_ptr<void> owner;
};

//! What identifies a backbone in a model file.
struct BackboneSource
{
    String name;                 // "efficientnet-lite0/1", or the ONNX file's name without its folder
    std::vector<uchar> bytes;    // of the ONNX file
    std::vector<String> outputs; // finest map first
};

//! A frozen network. forward is safe from several threads.
class Backbone
{
public:
    virtual ~Backbone() {}
    //! input: images x 3 x rows x cols, CV_32F. The maps come to the host.
    virtual FeatureMaps forward(const Mat& input) const = 0;
    //! Of images as they come, preprocessed first. A GPU may keep the maps. The clock may be null.
    virtual FeatureMaps forward(const Mat* images, int count, const InputSettings& input, StageClock* clock) const = 0;

    //! Sets up what the first call of forward with one image of this size would set up. Never throws: forward says what
    //! is wrong with a network.
    virtual void prepare(Size) const {}

    //! On the processor run by cv::dnn; with ENGINE_HALIDE by onednn_network where that is built in and knows the
    //! operators, else cv::dnn's convolutions are layers of ours. On a GPU by gpu_network, and by cv::dnn where that
    //! does not know an operator and OpenCV is built with CUDA. Throws when the bytes are no network or lack an output.
    static std::shared_ptr<const Backbone> create(const BackboneSource& source, const Device& device);
};

//! What networks share that take their input on the processor.
class ProcessorBackbone : public Backbone
{
public:
    using Backbone::forward;
    FeatureMaps forward(const Mat* images, int count, const InputSettings& input,
                        StageClock* clock) const CV_OVERRIDE CV_FINAL;

protected:
    explicit ProcessorBackbone(const BackboneSource& source) : name(source.name), outputs(source.outputs) {}

    //! Maps that keep `owner`. Throws where they are no maps of so many images, the finest first.
    FeatureMaps checkedMaps(const std::vector<Mat>& maps, int images, const std::shared_ptr<void>& owner) const;

    const String name;
    const std::vector<String> outputs;

private:
    mutable WorkspacePool<InputMemory> inputs;
};

//! "1x3x224x224", for messages.
String shapeOf(const Mat& map);

//! Run by cv::dnn, whatever else there is: what create falls back to on the processor.
std::shared_ptr<const Backbone> createDnnBackbone(const BackboneSource& source, const Device& device);

//! The embedded network for "", "lite0" and its full name; else the file of that name.
BackboneSource loadBackbone(const String& nameOrFile, const std::vector<String>& outputs);

bool isEmbeddedBackbone(const String& name);

//! An input of zeros, to try a backbone with.
Mat blackInput(Size size);

//! Pixels of the input from one patch of the coarsest map to the next. Tries an input of 256 x 256; throws where the
//! backbone does not take that.
int coarsestStride(const Backbone& backbone);

}} // namespace cv::anomaly

#endif
