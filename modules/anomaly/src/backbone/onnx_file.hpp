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

//! What a node of an ONNX graph says of itself.
struct OnnxNode
{
    std::string name, type;
    std::vector<std::string> inputs, outputs;
    std::map<std::string, std::vector<int64>> integers; // attributes that are one or several whole numbers
    std::map<std::string, float> floats;                // attributes that are one number
};

//! The numbers of an attribute, or what ONNX takes where there is none.
std::vector<int64> numbersOf(const OnnxNode& node, const char* name, const std::vector<int64>& byDefault);

//! Sizes of the graph's single precision constants, by name.
typedef std::map<std::string, std::vector<int64>> OnnxConstants;

//! The text in this field of a message, such as the name of a tensor.
std::string onnxName(Bytes message, int field);

//! The node that a message of the graph describes.
OnnxNode readNode(Bytes message);

/** @brief The network with another operator type in the nodes that `chosen` picks; all else stays as it is, byte for
byte.

Throws when `onnx` is not a protocol buffer.
*/
std::vector<uchar> renameOperators(const std::vector<uchar>& onnx, const std::string& type,
                                   const std::function<bool(const OnnxNode&, const OnnxConstants&)>& chosen);

/** @brief The network without Identity nodes on constants, whose results cv::dnn does not take as weights: their
readers get the constant itself.

PyTorch's exporter writes such a node for each tensor that equals another one.
*/
std::vector<uchar> withoutConstantIdentities(const std::vector<uchar>& onnx);

}} // namespace cv::anomaly

#endif
