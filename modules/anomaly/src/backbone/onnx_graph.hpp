// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ONNX_GRAPH_HPP
#define OPENCV_ANOMALY_ONNX_GRAPH_HPP

#include "onnx_file.hpp"

namespace cv { namespace anomaly {

//! The graph of an ONNX file, for networks that are computed without cv::dnn.
struct OnnxGraph
{
    std::string input;                    // the first input that is not a constant
    std::vector<OnnxNode> nodes;          // each node comes after those whose results it reads
    std::map<std::string, Mat> constants; // CV_32F with the tensor's shape, by name
};

//! Throws if `onnx` is not a protocol buffer, or if the size of a constant differs from its declaration.
OnnxGraph readOnnxGraph(const std::vector<uchar>& onnx);

}} // namespace cv::anomaly

#endif
