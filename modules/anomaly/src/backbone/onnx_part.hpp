// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ONNX_PART_HPP
#define OPENCV_ANOMALY_ONNX_PART_HPP

#include "opencv2/core.hpp"

#include <string>
#include <vector>

namespace cv { namespace anomaly {

//! A network that is a part of a larger graph.
struct OnnxPart
{
    std::vector<uchar> fields;        // fields of a graph's message: the network's nodes and constants
    std::string input;                // name of the network's input in the larger graph
    std::vector<std::string> outputs; // names of its outputs in the larger graph
    int opset, irVersion;
    bool takesAnyBatch; // whether all of its nodes treat the images of a batch independently
};

//! Prefixes of the network's names in the larger graph. If a network is added twice, both parts share one set of
//! constants.
struct OnnxPartNames
{
    std::string results, constants;
    bool constantsAreThere; // whether another part has added them already
};

/** @brief Makes a network a part of a graph of onnxBuilderOpset, or of the network's own opset if that is newer.

Nodes on which no output depends are left out. Nodes of older opsets are converted if there is an equivalent form.
@throws cv::Exception of code Error::StsNotImplemented that names the operator which cannot be used
*/
OnnxPart onnxPart(const std::vector<uchar>& onnx, const std::vector<std::string>& outputs, const OnnxPartNames& names);

}} // namespace cv::anomaly

#endif
