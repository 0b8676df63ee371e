// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ONNX_EXPORT_HPP
#define OPENCV_ANOMALY_ONNX_EXPORT_HPP

#include "../backbone/onnx_builder.hpp"
#include "fitted_model.hpp"

namespace cv { namespace anomaly {

//! Arguments of AnomalyDetector::exportOnnx.
struct OnnxExportSettings
{
    Size imageSize;
    int colors, layout; // values of ExportColors and ExportLayout
    int batch;          // number of images in a batch; 0: any number
};

//! The graph of a whole model.
struct ExportedGraph
{
    OnnxBuilder graph;
    int batch; // number of images in a batch that the graph takes; 0: any number
};

//! Makes a graph that computes all that predict does. Throws StsNotImplemented with the reason if the model has no such
//! form.
ExportedGraph onnxOf(const FittedModel& model, const OnnxExportSettings& settings);

//! Writes the graph to a file; throws unless all bytes are written.
void writeOnnx(const OnnxBuilder& graph, const String& filename);

}} // namespace cv::anomaly

#endif
