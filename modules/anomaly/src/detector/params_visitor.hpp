// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_PARAMS_VISITOR_HPP
#define OPENCV_ANOMALY_PARAMS_VISITOR_HPP

#include "opencv2/core.hpp"

#include <algorithm>
#include <vector>

namespace cv { namespace anomaly {

//! Base of all that is done with each setting that a model file holds: to check its range, to write it, to read it.
class ParamsVisitor
{
public:
    virtual ~ParamsVisitor() {}
    //! False only while settings are read from a file of an older version that lacks this one.
    virtual bool has(const char*) { return true; }
    virtual void visit(const char* name, int& value, int lowest, int highest) = 0;
    virtual void visit(const char* name, double& value, double lowest, double highest) = 0;
    virtual void visit(const char* name, bool& value) = 0;
    //! lowest and highest are limits of both sides.
    virtual void visit(const char* name, Size& value, int lowest, int highest) = 0;
    virtual void visit(const char* name, Scalar& value) = 0;
    virtual void visit(const char* name, std::vector<String>& value) = 0;
};

inline bool sidesAreWithin(Size size, int lowest, int highest)
{
    return std::min(size.width, size.height) >= lowest && std::max(size.width, size.height) <= highest;
}

}} // namespace cv::anomaly

#endif
