// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ONNX_FILE_HPP
#define OPENCV_ANOMALY_ONNX_FILE_HPP

#include "opencv2/core.hpp"

#include <functional>
#include <map>
#include <vector>

namespace cv {
namespace anomaly {

//! What a node of an ONNX graph says of itself.
struct OnnxNode
{
    std::string type;
    std::vector<std::string> inputs, outputs;
    std::map<std::string, std::vector<int64> > integers; // attributes that are one or several whole numbers
    std::map<std::string, float> floats;                 // attributes that are one number
};

//! Sizes of the graph's single precision constants, by name.
typedef std::map<std::string, std::vector<int64> > OnnxConstants;

/** @brief The network with another operator type in the nodes that `chosen` picks; all else stays as it is, byte for byte.

Throws when `onnx` is not a protocol buffer.
*/
CV_EXPORTS std::vector<uchar> renameOperators(const std::vector<uchar>& onnx, const std::string& type,
                                   const std::function<bool(const OnnxNode&, const OnnxConstants&)>& chosen);

//! The numbers of an attribute, or what ONNX takes where there is none.
std::vector<int64> numbersOf(const OnnxNode& node, const char* name, const std::vector<int64>& byDefault);

//! A graph, to be computed by others than cv::dnn.
struct OnnxGraph
{
    std::string input;                     // the first that is no constant
    std::vector<OnnxNode> nodes;           // each after those that it takes from
    std::map<std::string, Mat> constants;  // single precision, of their shape
};

//! Throws when `onnx` is not a protocol buffer, or its constants are not as large as they say.
CV_EXPORTS OnnxGraph readOnnxGraph(const std::vector<uchar>& onnx);

}} // namespace cv::anomaly

#endif
