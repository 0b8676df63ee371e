// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_FIT_REPORTER_HPP
#define OPENCV_ANOMALY_FIT_REPORTER_HPP

#include "opencv2/anomaly/detector.hpp"

namespace cv { namespace anomaly {

//! Reports the progress of a fit to its callback, with steps and epochs counted over all models of an ensemble. If the
//! callback asks to cancel, it throws.
class FitReporter
{
public:
    typedef std::map<String, double> Figures;

    FitReporter(const FitCallback& c, int modelCount) : callback(c), models(modelCount), model(0), epoch(0), epochs(0)
    {}

    //! Sets the model of an ensemble, by index, to which the following reports belong.
    void startModel(int index) { model = index; }

    //! Reports that `done` of `count` steps of this model's stage are finished.
    void report(const char* stage, int64 done, int64 count) const
    {
        if (!callback)
            return;
        FitProgress progress;
        progress.stage = stage;
        progress.step = saturate_cast<int>(model * count + done);
        progress.steps = saturate_cast<int>(models * count);
        progress.epoch = epoch ? saturate_cast<int>(model * epochs + epoch) : 0;
        progress.epochs = saturate_cast<int>(models * epochs);
        progress.figures = figures;
        if (!callback(progress))
            CV_Error(Error::StsError, "The fit was canceled; the detector has not changed");
    }

    //! Sets what further reports say about training: the running epoch, counted from 1, the number of epochs, and the
    //! means of figures over the epoch so far. After training it is called with 0 and 0.
    void setTraining(int currentEpoch, int epochCount, const Figures& means)
    {
        epoch = currentEpoch;
        epochs = epochCount;
        figures = means;
    }

private:
    FitCallback callback;
    int models, model, epoch;
    int64 epochs; // up to INT_MAX for each model, as the following reports may count more than an int holds
    Figures figures;
};

}} // namespace cv::anomaly

#endif
