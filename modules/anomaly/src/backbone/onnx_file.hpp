// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ONNX_FILE_HPP
#define OPENCV_ANOMALY_ONNX_FILE_HPP

#include "protobuf.hpp"

#include <functional>
#include <map>
#include <vector>

namespace cv { namespace anomaly {

//! A node of an ONNX graph.
struct OnnxNode
{
    std::string name, type; // domain::type, unless the domain is ONNX's own
    std::vector<std::string> inputs, outputs;
    std::map<std::string, std::vector<int64>> integers; // attributes that are an integer or a list of integers
    std::map<std::string, float> floats;                // attributes that are one floating point number
};

//! The integers of an attribute, or `byDefault` if the node does not have it.
std::vector<int64> numbersOf(const OnnxNode& node, const char* name, const std::vector<int64>& byDefault);

//! Sizes of the constants of single precision in a graph, by name.
typedef std::map<std::string, std::vector<int64>> OnnxConstants;

//! The text in one field of a message, such as the name of a tensor.
std::string onnxName(Bytes message, int field);

//! Reads a node from its message.
OnnxNode readNode(Bytes message);

/** @brief Changes the operator type of the nodes that `chosen` selects. All other bytes stay as they are.

Throws if `onnx` is not a protocol buffer.
*/
std::vector<uchar> renameOperators(const std::vector<uchar>& onnx, const std::string& type,
                                   const std::function<bool(const OnnxNode&, const OnnxConstants&)>& chosen);

/** @brief Removes Identity nodes whose input is a constant, because cv::dnn does not take their results as weights.
Nodes that read such a result then read the constant itself.

PyTorch's exporter writes such a node for each tensor that equals another one.
*/
std::vector<uchar> withoutConstantIdentities(const std::vector<uchar>& onnx);

}} // namespace cv::anomaly

#endif
