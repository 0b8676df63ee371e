// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_ONNX_EXPORT_HPP
#define OPENCV_ANOMALY_ONNX_EXPORT_HPP

#include "../backbone/onnx_builder.hpp"
#include "fitted_model.hpp"

namespace cv { namespace anomaly {

//! What a graph is to be of, as AnomalyDetector::exportOnnx has it.
struct OnnxExportSettings
{
    Size imageSize;
    int colors, layout; // of ExportColors and ExportLayout
    int batch;          // 0: any
};

struct ExportedGraph
{
    OnnxBuilder graph;
    int batch; // images of one that it takes; 0: any
};

//! All of predict as a graph. Throws StsNotImplemented with the reason where the model has no such form.
ExportedGraph onnxOf(const FittedModel& model, const OnnxExportSettings& settings);

//! Throws unless all of the file is written.
void writeOnnx(const OnnxBuilder& graph, const String& filename);

}} // namespace cv::anomaly

#endif
