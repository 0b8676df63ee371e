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

//! What a method learned from the good images of one input mode. Never changed once made, and shared by threads.
class LearnedModel
{
public:
    virtual ~LearnedModel() {}

    //! Of each scale of the features that it was learned from.
    virtual std::vector<int> channels() const = 0;

    //! What scores images; a device that the method does not know is an error (see Method::checkDevice).
    virtual std::shared_ptr<const ScoreMap> createScoreMap(const MapSettings& settings, const Device& device) const = 0;

    //! What would score images had one of them not been learned, of which these are all pieces by their numbers in
    //! TrainingData; null where the model cannot tell, as after it is read from a file.
    virtual std::shared_ptr<const ScoreMap>
    createScoreMapWithout(const std::vector<int>& pieces, const MapSettings& settings, const Device& device) const;

    //! Adds to a graph of ONNX what gives patches the scores that createScoreMap's PatchScorer gives them, from the
    //! backbone's maps of an input of this size. Throws StsNotImplemented with the reason where that cannot be: unless
    //! a model does it, it cannot.
    virtual ScoreNodes addNodes(OnnxBuilder& graph, const std::vector<MapsNode>& features, Size input) const;

    //! Writes the fields of this model into the map that is open in `file`.
    virtual void write(FileStorage& file) const = 0;

    //! All matrices that decide on scores: the file's checksum is theirs.
    virtual std::vector<Mat> matrices() const = 0;
};

//! Learns the models of one fit, one for each input mode.
class Learner
{
public:
    virtual ~Learner() {}

    virtual FeatureKeeping featureKeeping() const { return {1, true, nullptr}; }

    //! index: of the model in an ensemble, 0 for the first.
    virtual std::shared_ptr<const LearnedModel> learn(const TrainingData& data, int index, FitReporter& reporter) = 0;

    //! What `before` is with what further good images teach. Their pieces have the numbers of `data` in
    //! createScoreMapWithout of what it returns. Unless a method does it, it throws StsNotImplemented.
    virtual std::shared_ptr<const LearnedModel> update(const LearnedModel& before, const TrainingData& data,
                                                       FitReporter& reporter) const;
};

/** @brief What tells one method of detection from another: its settings, what it learns of the features of good images,
and how that
is written and read. All else of a detector is DetectorCore's.

The methods that there are stand in registry.cpp.
*/
class Method
{
public:
    virtual ~Method() {}

    //! As model files have it.
    virtual const char* name() const = 0;

    //! The settings that all detectors have.
    virtual DetectorParams& sharedParams() = 0;
    const DetectorParams& sharedParams() const { return const_cast<Method*>(this)->sharedParams(); }

    virtual std::unique_ptr<Method> clone() const = 0;

    //! Shows each setting of the method's own that a model file holds, with its range.
    virtual void visitParams(ParamsVisitor& visitor) = 0;

    //! What ranges do not say; throws StsOutOfRange naming the setting.
    virtual void checkParams() const {}

    //! Throws StsNotImplemented where the method does not compute on this device.
    virtual void checkDevice(const Device& device) const = 0;

    //! Begins a fit; throws before anything is computed where something is missing for it.
    virtual std::unique_ptr<Learner> startFit(const Device& device) const = 0;

    //! Begins to add images to what was learned.
    virtual std::unique_ptr<Learner> startUpdate(const LearnedModel& before, const Device& device) const;

    //! Reads what LearnedModel::write wrote; throws StsParseError naming the field that is not as it should be.
    virtual std::shared_ptr<const LearnedModel> read(const ModelNode& node) const = 0;

    //! A detector of this method's class around what a core holds.
    virtual Ptr<AnomalyDetector> detectorOf(const std::shared_ptr<DetectorCore>& core) const = 0;
};

//! A method with the settings of its class.
template <typename Params> class MethodWith : public Method
{
public:
    explicit MethodWith(const Params& p) : params(p) {}
    using Method::sharedParams;
    DetectorParams& sharedParams() CV_OVERRIDE { return params; }

    Params params;
};

//! Throws that `name` computes on the processor only, if the device is another.
void requireProcessor(const char* name, const Device& device);

//! Shows all settings, those that all detectors have first.
void visitAllParams(Method& method, ParamsVisitor& visitor);

//! Throws StsOutOfRange naming the setting that is not as it should be.
void checkAllParams(const Method& method);

}} // namespace cv::anomaly

#endif
