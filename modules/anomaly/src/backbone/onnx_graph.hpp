// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ONNX_GRAPH_HPP
#define OPENCV_ANOMALY_ONNX_GRAPH_HPP

#include "onnx_file.hpp"

namespace cv { namespace anomaly {

//! The graph of an ONNX file, for those who compute it without cv::dnn.
struct OnnxGraph
{
    std::string input;                    // the first that is no constant
    std::vector<OnnxNode> nodes;          // each after those that it takes from
    std::map<std::string, Mat> constants; // single precision, of their shape
};

//! Throws when `onnx` is not a protocol buffer, or its constants are not as large as they say.
OnnxGraph readOnnxGraph(const std::vector<uchar>& onnx);

}} // namespace cv::anomaly

#endif
