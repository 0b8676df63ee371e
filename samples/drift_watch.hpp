// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_DRIFT_WATCH_HPP
#define ANOMALY_SAMPLES_DRIFT_WATCH_HPP

#include "opencv2/anomaly/drift.hpp"

#include <string>
#include <vector>

//! Says in words when images are no longer as the model knows good ones, where the model knows that.
class DriftWatch
{
public:
    explicit DriftWatch(const cv::Ptr<cv::anomaly::AnomalyDetector>& detector);

    //! Whether the model tells what good images show; else nothing is ever said.
    bool isKnown() const { return bool(monitor); }

    //! A line for each cause that is new with this image, with the figures that have left their range.
    std::vector<std::string> add(const cv::Mat& image, double score);

    //! What has changed, as DriftMonitor says it.
    const std::vector<cv::String>& causes() const { return now; }

private:
    std::string noteOf(const std::string& cause) const;

    cv::Ptr<cv::anomaly::DriftMonitor> monitor;
    std::vector<cv::String> now;
};

#endif
