// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "method.hpp"

namespace cv { namespace anomaly {

std::shared_ptr<const ScoreMap> LearnedModel::createScoreMapWithout(const std::vector<int>&, const MapSettings&,
                                                                    const Device&) const
{
    return nullptr;
}

ScoreNodes LearnedModel::addNodes(OnnxBuilder&, const std::vector<MapsNode>&, Size) const
{
    CV_Error(Error::StsNotImplemented, "this is not implemented for the method");
}

std::shared_ptr<const LearnedModel> Learner::update(const LearnedModel&, const TrainingData&, FitReporter&) const
{
    CV_Error(Error::StsNotImplemented, "Models of this method cannot be updated: fit one to old and new images");
}

std::unique_ptr<Learner> Method::startUpdate(const LearnedModel&, const Device& device) const
{
    return startFit(device);
}

void requireProcessor(const char* name, const Device& device)
{
    if (device.isGpu())
        CV_Error_(Error::StsNotImplemented, ("%s computes on the processor: use DNN_TARGET_CPU", name));
}

void visitAllParams(Method& method, ParamsVisitor& visitor)
{
    visitDetectorParams(method.sharedParams(), visitor);
    method.visitParams(visitor);
}

void checkAllParams(const Method& method)
{
    RangeCheck check;
    visitAllParams(*method.clone(), check);
    checkDetectorParams(method.sharedParams());
    method.checkParams();
}

}} // namespace cv::anomaly
