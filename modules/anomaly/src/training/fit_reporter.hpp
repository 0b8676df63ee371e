// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_FIT_REPORTER_HPP
#define OPENCV_ANOMALY_FIT_REPORTER_HPP

#include "trainer.hpp"

#include "opencv2/anomaly/detector.hpp"

namespace cv { namespace anomaly {

//! Tells the caller of fit how it goes on, counting through all models of an ensemble, and ends it when the caller says
//! so.
class FitReporter
{
public:
    FitReporter(const FitCallback& c, int modelCount)
        : callback(c),
          models(modelCount),
          model(0),
          epoch(0),
          epochs(0),
          means{0, 0},
          radius(0)
    {}

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
        progress.loss = means.loss;
        progress.distance = means.distance;
        progress.radius = radius;
        if (!callback(progress))
            CV_Error(Error::StsError, "Fit was canceled; the detector is as it was");
    }

    //! m: of the epoch so far, the distance as a share of the first epoch's.
    void setTraining(int e, int of, const StepFigures& m, double r)
    {
        epoch = e;
        epochs = of;
        means = m;
        radius = r;
    }

private:
    FitCallback callback;
    int models, model, epoch, epochs;
    StepFigures means;
    double radius;
};

}} // namespace cv::anomaly

#endif
