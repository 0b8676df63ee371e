// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ONNX_PART_HPP
#define OPENCV_ANOMALY_ONNX_PART_HPP

#include "opencv2/core.hpp"

#include <string>
#include <vector>

namespace cv { namespace anomaly {

//! A network as a part of a larger graph.
struct OnnxPart
{
    std::vector<uchar> fields;        // of a graph: the network's nodes and constants
    std::string input;                // what it takes,
    std::vector<std::string> outputs; // and gives, by their names in the larger graph
    int opset, irVersion;
    bool takesAnyBatch; // whether all of its nodes treat images one by one
};

//! How the names of a network begin in the larger graph. A network that is there twice has its weights but once.
struct OnnxPartNames
{
    std::string results, constants;
    bool constantsAreThere; // by another part
};

/** @brief Makes a network a part of a graph of onnxBuilderOpset, or of the network's own later set.

What the outputs do not need is left out. Nodes of older sets of operators are brought to onnxBuilderOpset where another
form of theirs means the same there.
@throws cv::Exception of code Error::StsNotImplemented that names the operator that stands in the way
*/
OnnxPart onnxPart(const std::vector<uchar>& onnx, const std::vector<std::string>& outputs, const OnnxPartNames& names);

}} // namespace cv::anomaly

#endif
