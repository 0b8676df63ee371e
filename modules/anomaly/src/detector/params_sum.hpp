// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_PARAMS_SUM_HPP
#define OPENCV_ANOMALY_PARAMS_SUM_HPP

#include "../base/sha256.hpp"
#include "params_visitor.hpp"

#include <cstring>

namespace cv { namespace anomaly {

//! Visitor that adds the name and value of each setting to a checksum.
//! stored: settings in the file that is being read. The checksum of an older file covers only the settings that it has.
//! If it is empty, all settings are added.
class ParamsSum CV_FINAL : public ParamsVisitor
{
public:
    explicit ParamsSum(Sha256& s, const FileNode& n = FileNode()) : sum(s), stored(n) {}
    bool has(const char* name) CV_OVERRIDE { return stored.empty() || !stored[name].empty(); }
    void visit(const char* name, int& value, int, int) CV_OVERRIDE { add(name, &value, sizeof(value)); }
    void visit(const char* name, double& value, double, double) CV_OVERRIDE { add(name, &value, sizeof(value)); }
    void visit(const char* name, bool& value) CV_OVERRIDE { add(name, value ? "1" : "0", 1); }
    void visit(const char* name, Size& value, int, int) CV_OVERRIDE
    {
        const int sides[] = {value.width, value.height};
        add(name, sides, sizeof(sides));
    }
    void visit(const char* name, Scalar& value) CV_OVERRIDE { add(name, value.val, sizeof(value.val)); }
    void visit(const char* name, std::vector<String>& value) CV_OVERRIDE
    {
        for (const String& text : value)
            add(name, text.c_str(), text.size() + 1);
    }

private:
    void add(const char* name, const void* value, size_t size)
    {
        sum.add(name, std::strlen(name) + 1).add(value, size);
    }

    Sha256& sum;
    const FileNode stored;
};

}} // namespace cv::anomaly

#endif
