// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "onnx_builder.hpp"
#include "onnx_fields.hpp"
#include "onnx_part.hpp"
#include "onnx_tensor.hpp"
#include "protobuf.hpp"

#include <ostream>

namespace cv { namespace anomaly {

namespace {

typedef std::vector<uchar> Message;

// The first version of the format that has opset 13. In it constants need not be inputs of the graph as well.
const int oldestIrVersion = 7;

// Each of these functions returns a message of the ONNX format, whose fields are named in onnx_fields.hpp: here an
// attribute of a node, which is an integer or a list of integers.
Message attributeMessage(const OnnxAttribute& attribute)
{
    Message message;
    appendText(message, ATTRIBUTE_NAME, attribute.name);
    for (const int64 value : attribute.values)
        appendNumber(message, attribute.isList ? ATTRIBUTE_INTS : ATTRIBUTE_INT, value);
    appendNumber(message, ATTRIBUTE_KIND, attribute.isList ? ONNX_ATTRIBUTE_INTS : ONNX_ATTRIBUTE_INT);
    return message;
}

// A dimension of a shape. The size 0 stands for any number of images, which ONNX writes as a name.
Message dimensionMessage(int64 size)
{
    Message message;
    if (size < 1)
        appendText(message, DIMENSION_NAME, "batch");
    else
        appendNumber(message, DIMENSION_VALUE, size);
    return message;
}

// The declaration of an input or output of the graph: its name, element type and shape.
Message valueMessage(const std::string& name, int type, const std::vector<int64>& sizes)
{
    Message shape, tensor, kind, value;
    for (const int64 size : sizes)
        appendField(shape, SHAPE_DIMENSION, dimensionMessage(size));
    appendNumber(tensor, TENSOR_TYPE_ELEMENT, type);
    appendField(tensor, TENSOR_TYPE_SHAPE, shape);
    appendField(kind, TYPE_TENSOR, tensor);
    appendText(value, VALUE_NAME, name);
    appendField(value, VALUE_TYPE, kind);
    return value;
}

// The tag and length of a field whose contents follow.
Message fieldStart(int number, uint64 size)
{
    Message start;
    appendFieldStart(start, number, size);
    return start;
}

size_t bytesOf(const Mat& numbers)
{
    return numbers.total() * numbers.elemSize();
}

void writeMessage(std::ostream& stream, const Message& message)
{
    stream.write(reinterpret_cast<const char*>(message.data()), std::streamsize(message.size()));
}

} // namespace

OnnxBuilder::OnnxBuilder(const std::string& v)
    : producerVersion(v),
      names(0),
      opset(onnxBuilderOpset),
      irVersion(oldestIrVersion)
{
    appendText(fields, GRAPH_NAME, "anomaly");
}

std::string OnnxBuilder::newName(const std::string& what)
{
    return part + "/" + what + "_" + std::to_string(names++);
}

std::string OnnxBuilder::add(const char* type, const std::vector<std::string>& inputs,
                             const std::vector<OnnxAttribute>& attributes)
{
    return addWithOutputs(1, type, inputs, attributes)[0];
}

std::vector<std::string> OnnxBuilder::addWithOutputs(int outputs, const char* type,
                                                     const std::vector<std::string>& inputs,
                                                     const std::vector<OnnxAttribute>& attributes)
{
    std::vector<std::string> newNames;
    for (int i = 0; i < outputs; i++)
        newNames.push_back(newName(type));
    addAs(newNames, type, inputs, attributes);
    return newNames;
}

void OnnxBuilder::addAs(const std::vector<std::string>& outputs, const char* type,
                        const std::vector<std::string>& inputs, const std::vector<OnnxAttribute>& attributes)
{
    Message node;
    for (const std::string& input : inputs)
        appendText(node, NODE_INPUT, input);
    for (const std::string& output : outputs)
        appendText(node, NODE_OUTPUT, output);
    appendText(node, NODE_NAME, outputs[0]);
    appendText(node, NODE_TYPE, type);
    for (const OnnxAttribute& attribute : attributes)
        appendField(node, NODE_ATTRIBUTE, attributeMessage(attribute));
    appendField(fields, GRAPH_NODE, node);
}

std::string OnnxBuilder::addConstant(const std::string& name, int type, const std::vector<int64>& sizes,
                                     const Mat& numbers)
{
    CV_Assert(numbers.isContinuous());
    constants.push_back({tensorStart(name, type, sizes, bytesOf(numbers)), numbers});
    return name;
}

std::string OnnxBuilder::constant(const Mat& numbers)
{
    CV_Assert(numbers.type() == CV_32FC1 || numbers.type() == CV_32SC1);
    const std::vector<int64> sizes(numbers.size.p, numbers.size.p + numbers.dims);
    const int type = numbers.type() == CV_32FC1 ? ONNX_FLOAT : ONNX_INT32;
    return addConstant(newName("constant"), type, sizes, numbers.isContinuous() ? numbers : numbers.clone());
}

std::string OnnxBuilder::constant(float number)
{
    return addConstant(newName("constant"), ONNX_FLOAT, {}, Mat(1, 1, CV_32F, Scalar(number)));
}

std::string OnnxBuilder::constant(double number)
{
    return addConstant(newName("constant"), ONNX_DOUBLE, {}, Mat(1, 1, CV_64F, Scalar(number)));
}

std::string OnnxBuilder::constant(const std::vector<int64>& numbers)
{
    const Mat bytes(1, int(numbers.size() * sizeof(int64)), CV_8U, const_cast<int64*>(numbers.data()));
    return addConstant(newName("constant"), ONNX_INT64, {int64(numbers.size())}, bytes.clone());
}

void OnnxBuilder::addPart(const OnnxPart& network)
{
    append(fields, anomaly::bytesOf(network.fields));
    opset = std::max(opset, network.opset);
    irVersion = std::max(irVersion, network.irVersion);
}

void OnnxBuilder::addInput(const std::string& name, int type, const std::vector<int64>& sizes)
{
    appendField(fields, GRAPH_INPUT, valueMessage(name, type, sizes));
}

void OnnxBuilder::addOutput(const std::string& name, int type, const std::vector<int64>& sizes)
{
    appendField(fields, GRAPH_OUTPUT, valueMessage(name, type, sizes));
}

uint64 OnnxBuilder::graphSize() const
{
    // Constants are not part of `fields`, because their elements stay in the matrices until the file is written.
    uint64 bytes = fields.size();
    for (const Constant& constant : constants)
    {
        const uint64 message = constant.header.size() + bytesOf(constant.numbers);
        bytes += fieldStart(GRAPH_INITIALIZER, message).size() + message;
    }
    return bytes;
}

Message OnnxBuilder::modelStart() const
{
    Message start, set;
    appendNumber(start, MODEL_IR_VERSION, irVersion);
    appendText(start, MODEL_PRODUCER, "opencv_anomaly");
    appendText(start, MODEL_PRODUCER_VERSION, producerVersion);
    appendNumber(set, OPSET_VERSION, opset);
    appendField(start, MODEL_OPSET, set);
    for (const std::pair<const std::string, std::string>& entry : metadata)
    {
        Message message;
        appendText(message, ENTRY_KEY, entry.first);
        appendText(message, ENTRY_VALUE, entry.second);
        appendField(start, MODEL_METADATA, message);
    }
    return start;
}

uint64 OnnxBuilder::size() const
{
    const uint64 graph = graphSize();
    return modelStart().size() + fieldStart(MODEL_GRAPH, graph).size() + graph;
}

// The format needs the length of the graph before its content, so that the size is computed first.
void OnnxBuilder::write(std::ostream& stream) const
{
    writeMessage(stream, modelStart());
    writeMessage(stream, fieldStart(MODEL_GRAPH, graphSize()));
    writeMessage(stream, fields);
    for (const Constant& constant : constants)
    {
        const size_t bytes = bytesOf(constant.numbers);
        writeMessage(stream, fieldStart(GRAPH_INITIALIZER, constant.header.size() + bytes));
        writeMessage(stream, constant.header);
        stream.write(constant.numbers.ptr<char>(), std::streamsize(bytes));
    }
}

}} // namespace cv::anomaly
