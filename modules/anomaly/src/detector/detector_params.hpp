// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_DETECTOR_PARAMS_HPP
#define OPENCV_ANOMALY_DETECTOR_PARAMS_HPP

#include "params_visitor.hpp"

#include "opencv2/anomaly/detector.hpp"

namespace cv { namespace anomaly {

//! Passes each setting that all detectors have, and that a model file holds, to the visitor with its range. Checking,
//! writing and reading all use this one list. The backbone's name and bytes are a section of their own in the file.
void visitDetectorParams(DetectorParams& params, ParamsVisitor& visitor);

//! Checks relations between the shared settings, beyond the range of each. Throws StsOutOfRange naming the setting.
void checkDetectorParams(const DetectorParams& params);

//! Visitor that throws StsOutOfRange naming the first setting that is out of its range.
class RangeCheck CV_FINAL : public ParamsVisitor
{
public:
    void visit(const char* name, int& value, int lowest, int highest) CV_OVERRIDE;
    void visit(const char* name, double& value, double lowest, double highest) CV_OVERRIDE;
    void visit(const char*, bool&) CV_OVERRIDE {}
    void visit(const char* name, Size& value, int lowest, int highest) CV_OVERRIDE;
    void visit(const char* name, Scalar& value) CV_OVERRIDE;
    void visit(const char* name, std::vector<String>& value) CV_OVERRIDE;
};

}} // namespace cv::anomaly

#endif
