// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_FIT_REPORTER_HPP
#define OPENCV_ANOMALY_FIT_REPORTER_HPP

#include "opencv2/anomaly/detector.hpp"

namespace cv { namespace anomaly {

//! Tells the caller of fit how it goes on, counting through all models of an ensemble, and ends it when the caller says
//! so.
class FitReporter
{
public:
    typedef std::map<String, double> Figures;

    FitReporter(const FitCallback& c, int modelCount) : callback(c), models(modelCount), model(0), epoch(0), epochs(0)
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
        progress.figures = figures;
        if (!callback(progress))
            CV_Error(Error::StsError, "Fit was canceled; the detector is as it was");
    }

    //! What reports say of the training from now on: the epoch under way, counted from 1, how many there are, and the
    //! means of the epoch so far by their names. 0 of 0 after the training.
    void setTraining(int currentEpoch, int epochCount, const Figures& means)
    {
        epoch = currentEpoch;
        epochs = epochCount;
        figures = means;
    }

private:
    FitCallback callback;
    int models, model, epoch, epochs;
    Figures figures;
};

}} // namespace cv::anomaly

#endif
