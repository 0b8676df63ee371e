// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_FIT_REPORTER_HPP
#define OPENCV_ANOMALY_FIT_REPORTER_HPP

#include "opencv2/anomaly/detector.hpp"

namespace cv {
namespace anomaly {

//! Tells the caller of fit how it goes on, counting through all models of an ensemble, and ends it when the caller says so.
class FitReporter
{
public:
    FitReporter(const FitCallback& c, int modelCount) : callback(c), models(modelCount), model(0), epoch(0), epochs(0), loss(0), radius(0) {}

    void startModel(int index) { model = index; }

    //! `done` of `count` steps of this model's stage.
    void report(const char* stage, int done, int count) const
    {
        if (!callback)
            return;
        FitProgress progress;
        progress.stage = stage;
        progress.step = model * count + done;
        progress.steps = models * count;
        progress.epoch = epoch ? model * epochs + epoch : 0;
        progress.epochs = models * epochs;
        progress.loss = loss;
        progress.radius = radius;
        if (!callback(progress))
            CV_Error(Error::StsError, "Fit was cancelled; the detector is as it was");
    }

    void setTraining(int e, int of, double l, double r)
    {
        epoch = e;
        epochs = of;
        loss = l;
        radius = r;
    }

private:
    FitCallback callback;
    int models, model, epoch, epochs;
    double loss, radius;
};

}} // namespace cv::anomaly

#endif
