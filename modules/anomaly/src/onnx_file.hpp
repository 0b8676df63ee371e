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
    std::vector<std::string> inputs;
    std::map<std::string, std::vector<int64> > integers; // attributes that are one or several whole numbers
};

//! Sizes of the graph's single precision constants, by name.
typedef std::map<std::string, std::vector<int64> > OnnxConstants;

/** @brief The network with another operator type in the nodes that `chosen` picks; all else stays as it is, byte for byte.

Throws when `onnx` is not a protocol buffer.
*/
CV_EXPORTS std::vector<uchar> renameOperators(const std::vector<uchar>& onnx, const std::string& type,
                                   const std::function<bool(const OnnxNode&, const OnnxConstants&)>& chosen);

}} // namespace cv::anomaly

#endif
