// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "onnx_graph.hpp"
#include "onnx_fields.hpp"
#include "onnx_tensor.hpp"

#include <cstring>

namespace cv { namespace anomaly {

namespace {

// The elements of a tensor of floats, with its shape; empty for other types. Protocol buffers store floats in
// little-endian order, which is also the order of all machines that OpenCV runs on.
Mat elementsOf(Bytes message, const OnnxTensor& tensor)
{
    const size_t mostDimensions = 8;
    std::vector<uchar> bytes;
    forEachField(message, [&](const Field& field) {
        if (field.number == TENSOR_FLOATS || field.number == TENSOR_RAW)
            append(bytes, field.payload);
    });
    if (tensor.type != ONNX_FLOAT || bytes.empty())
        return Mat();
    if (bytes.size() != tensor.count() * sizeof(float) || tensor.sizes.size() > mostDimensions)
        CV_Error_(Error::StsParseError,
                  ("Constant '%s' of an ONNX file does not have the size that it declares", tensor.name.c_str()));
    std::vector<int> shape(tensor.sizes.begin(), tensor.sizes.end());
    shape.resize(std::max(shape.size(), size_t(1)), 1); // a scalar has no sizes; it becomes one element
    Mat elements(int(shape.size()), shape.data(), CV_32F);
    std::memcpy(elements.data, bytes.data(), bytes.size());
    return elements;
}

// Adds a tensor of floats to the constants, by the name `output`, or its own name if that is empty.
void addConstant(Bytes message, OnnxGraph& graph, const std::string& output)
{
    const OnnxTensor tensor(message);
    const Mat elements = elementsOf(message, tensor);
    if (!elements.empty())
        graph.constants[output.empty() ? tensor.name : output] = elements;
}

// Adds a node in the order of the file, which is the order of execution. A Constant has its tensor as an attribute, and
// becomes a constant in place of a node.
void addNode(Bytes message, OnnxGraph& graph)
{
    const OnnxNode node = readNode(message);
    if (node.type == "Constant" && node.outputs.size() == 1)
        forEachTensorOfNode(message, [&](Bytes tensor) { addConstant(tensor, graph, node.outputs[0]); });
    else
        graph.nodes.push_back(node);
}

} // namespace

OnnxGraph readOnnxGraph(const std::vector<uchar>& onnx)
{
    OnnxGraph graph;
    std::vector<std::string> inputs;
    const auto readField = [&](const Field& field) {
        if (field.number == GRAPH_INITIALIZER)
            addConstant(field.payload, graph, std::string());
        else if (field.number == GRAPH_INPUT)
            inputs.push_back(onnxName(field.payload, VALUE_NAME));
        else if (field.number == GRAPH_NODE)
            addNode(field.payload, graph);
    };
    forEachField(bytesOf(onnx), [&](const Field& model) {
        if (model.number == MODEL_GRAPH)
            forEachField(model.payload, readField);
    });
    for (const std::string& name : inputs)
        if (graph.input.empty() && !graph.constants.count(name))
            graph.input = name;
    return graph;
}

}} // namespace cv::anomaly
