// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_DRIFT_WATCH_HPP
#define ANOMALY_SAMPLES_DRIFT_WATCH_HPP

#include "opencv2/anomaly/drift.hpp"

#include <string>
#include <vector>

//! Tells the user in words when images no longer look like the good images of the model, if the model knows these.
class DriftWatch
{
public:
    explicit DriftWatch(const cv::Ptr<cv::anomaly::AnomalyDetector>& detector);

    //! Whether the model has figures of good images. If not, no change is ever reported.
    bool isKnown() const { return bool(monitor); }

    //! Adds an image. Returns a line for each cause that is new with it, with the figures that have left their range.
    std::vector<std::string> add(const cv::Mat& image, double score);

    //! The present causes, as DriftMonitor::getDrift names them.
    const std::vector<cv::String>& causes() const { return currentCauses; }

private:
    std::string noteOf(const std::string& cause) const;

    cv::Ptr<cv::anomaly::DriftMonitor> monitor;
    std::vector<cv::String> currentCauses;
};

#endif
