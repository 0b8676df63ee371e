// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_METHOD_HPP
#define OPENCV_ANOMALY_METHOD_HPP

#include "../base/sha256.hpp"
#include "../export/patch_nodes.hpp"
#include "../scoring/score_map.hpp"
#include "../training/training_images.hpp"
#include "detector_params.hpp"
#include "model_binary.hpp"

namespace cv { namespace anomaly {

class DetectorCore;

//! What a method learned from the good images of one input mode. It never changes once made, so threads may share it.
class LearnedModel
{
public:
    virtual ~LearnedModel() {}

    //! Number of channels of each of the feature maps that it was learned from, in the order of the backbone's outputs.
    virtual std::vector<int> channels() const = 0;

    //! Makes what scores images on a device. Throws if the method does not support the device (see
    //! Method::checkDevice).
    virtual std::shared_ptr<const ScoreMap> createScoreMap(const MapSettings& settings, const Device& device) const = 0;

    //! Makes what would score images if one of the training images had not been learned. `pieces` are the indices of
    //! all its pieces in TrainingData. Returns null if the model cannot do that, as after it was read from a file.
    virtual std::shared_ptr<const ScoreMap>
    createScoreMapWithout(const std::vector<int>& pieces, const MapSettings& settings, const Device& device) const;

    //! Adds nodes to an ONNX graph that compute the same patch scores as createScoreMap's PatchScorer. `features` are
    //! the backbone's maps for an input of the size `input`. Throws StsNotImplemented with the reason if that is not
    //! possible; so does the default implementation.
    virtual ScoreNodes addNodes(OnnxBuilder& graph, const std::vector<MapsNode>& features, Size input) const;

    //! Writes the fields of this model into the map that is open in `file`.
    virtual void write(FileStorage& file) const = 0;

    //! All matrices that determine scores. The checksum in the model file is computed from them.
    virtual std::vector<Mat> matrices() const = 0;
};

//! Learns the models of one fit or update, one for each input mode.
class Learner
{
public:
    virtual ~Learner() {}

    //! How the features of training images are kept until the model is learned. By default they are kept as they are.
    virtual FeatureKeeping featureKeeping() const { return {1, true, nullptr}; }

    //! Learns one model. `index` is that of the model in an ensemble, 0 for the first.
    virtual std::shared_ptr<const LearnedModel> learn(const TrainingData& data, int index, FitReporter& reporter) = 0;

    //! Makes a model that adds further good images to `before`. In the new model's createScoreMapWithout, indices of
    //! pieces refer to `data`. The default implementation throws StsNotImplemented.
    virtual std::shared_ptr<const LearnedModel> update(const LearnedModel& before, const TrainingData& data,
                                                       FitReporter& reporter) const;
};

/** @brief A detection method: its settings, what it learns from the features of good images, and how that is written
and read. DetectorCore does everything else.

All methods are listed in registry.cpp.
*/
class Method
{
public:
    virtual ~Method() {}

    //! Name of the method in model files.
    virtual const char* name() const = 0;

    //! Settings that all detectors have.
    virtual DetectorParams& sharedParams() = 0;
    const DetectorParams& sharedParams() const { return const_cast<Method*>(this)->sharedParams(); }

    virtual std::unique_ptr<Method> clone() const = 0;

    //! Passes each setting that only this method has to the visitor, with its range. Settings that model files do not
    //! hold are left out.
    virtual void visitParams(ParamsVisitor& visitor) = 0;

    //! Checks relations between settings, beyond the range of each. Throws StsOutOfRange naming the setting.
    virtual void checkParams() const {}

    //! Throws StsNotImplemented if the method does not compute on this device.
    virtual void checkDevice(const Device& device) const = 0;

    //! Begins a fit. If something is missing for it, throws before anything is computed.
    virtual std::unique_ptr<Learner> startFit(const Device& device) const = 0;

    //! Begins an update, which adds images to a model.
    virtual std::unique_ptr<Learner> startUpdate(const LearnedModel& before, const Device& device) const;

    //! Whether fit looks for parts that lie at any angle, to learn few images of them in turns.
    virtual bool choosesRotations() const { return false; }

    //! Reads what LearnedModel::write wrote. Throws StsParseError naming the field that is wrong.
    virtual std::shared_ptr<const LearnedModel> read(const ModelNode& node) const = 0;

    //! Makes an object of the method's public class around a core.
    virtual Ptr<AnomalyDetector> detectorOf(const std::shared_ptr<DetectorCore>& core) const = 0;
};

//! Base of a method whose settings are of the type Params.
template <typename Params> class MethodWith : public Method
{
public:
    explicit MethodWith(const Params& p) : params(p) {}
    using Method::sharedParams;
    DetectorParams& sharedParams() CV_OVERRIDE { return params; }

    Params params;
};

//! Throws StsNotImplemented if the device is not the processor. `name` is the method's name in the message.
void requireProcessor(const char* name, const Device& device);

//! Passes all settings to the visitor: first those that all detectors have, then the method's own.
void visitAllParams(Method& method, ParamsVisitor& visitor);

//! Throws StsOutOfRange naming the first setting that is wrong.
void checkAllParams(const Method& method);

}} // namespace cv::anomaly

#endif
