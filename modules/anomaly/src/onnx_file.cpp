// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "precomp.hpp"
#include "onnx_file.hpp"

#include <cstring>

namespace cv {
namespace anomaly {

namespace {

// Numbers of fields, of onnx.proto.
enum { MODEL_GRAPH = 7, GRAPH_NODE = 1, GRAPH_INITIALIZER = 5, GRAPH_INPUT = 11, INPUT_NAME = 1, NODE_INPUT = 1, NODE_OUTPUT = 2, NODE_TYPE = 4, NODE_ATTRIBUTE = 5,
       ATTRIBUTE_NAME = 1, ATTRIBUTE_FLOAT = 2, ATTRIBUTE_INT = 3, ATTRIBUTE_TENSOR = 5, ATTRIBUTE_INTS = 8, TENSOR_DIMS = 1, TENSOR_TYPE = 2, TENSOR_FLOATS = 4, TENSOR_NAME = 8,
       TENSOR_BYTES = 9 };
enum { TENSOR_FLOAT = 1 };

// A part of the file: a message, a text or packed numbers.
struct Bytes
{
    const uchar* begin;
    const uchar* end;

    std::string text() const { return std::string(begin, end); }
    bool empty() const { return begin == end; }
    size_t size() const { return size_t(end - begin); }
};

uint64 takeVarint(Bytes& from)
{
    uint64 value = 0;
    for (int shift = 0; shift < 64; shift += 7)
    {
        CV_Assert(!from.empty());
        const uchar byte = *from.begin++;
        value |= uint64(byte & 127) << shift;
        if (byte < 128)
            return value;
    }
    CV_Error(Error::StsParseError, "A number in an ONNX file has more than 64 bits");
}

struct Field
{
    int number;
    uint64 value;  // of a number
    Bytes payload; // of anything with a length
    Bytes all;     // with what announces it
    bool hasLength;
};

// Takes the next field of a message.
Field takeField(Bytes& message)
{
    enum { VARINT, FIXED_64, LENGTH, FIXED_32 = 5 };
    Field field = Field();
    field.all.begin = message.begin;
    const uint64 key = takeVarint(message);
    field.number = int(key >> 3);
    const int kind = int(key & 7);
    field.hasLength = kind == LENGTH;
    if (kind == VARINT)
        field.value = takeVarint(message);
    else
    {
        CV_Assert(kind == FIXED_64 || kind == LENGTH || kind == FIXED_32);
        const uint64 length = kind == LENGTH ? takeVarint(message) : kind == FIXED_64 ? 8 : 4;
        CV_Assert(length <= uint64(message.end - message.begin));
        field.payload.begin = message.begin;
        field.payload.end = message.begin += length;
    }
    field.all.end = message.begin;
    return field;
}

template <typename Action> void forEachField(Bytes message, const Action& action)
{
    while (!message.empty())
        action(takeField(message));
}

// Repeated numbers come one a field, or packed.
void appendNumbers(const Field& field, std::vector<int64>& numbers)
{
    if (!field.hasLength)
        numbers.push_back(int64(field.value));
    for (Bytes packed = field.payload; field.hasLength && !packed.empty();)
        numbers.push_back(int64(takeVarint(packed)));
}

void readAttribute(Bytes message, OnnxNode& node)
{
    std::string name;
    std::vector<int64> numbers;
    forEachField(message, [&](const Field& field) {
        if (field.number == ATTRIBUTE_NAME)
            name = field.payload.text();
        else if (field.number == ATTRIBUTE_INT || field.number == ATTRIBUTE_INTS)
            appendNumbers(field, numbers);
        else if (field.number == ATTRIBUTE_FLOAT && field.payload.size() == sizeof(float))
            std::memcpy(&node.floats[name], field.payload.begin, sizeof(float));
    });
    node.integers[name] = numbers;
}

OnnxNode readNode(Bytes message)
{
    OnnxNode node;
    forEachField(message, [&](const Field& field) {
        if (field.number == NODE_INPUT)
            node.inputs.push_back(field.payload.text());
        else if (field.number == NODE_OUTPUT)
            node.outputs.push_back(field.payload.text());
        else if (field.number == NODE_TYPE)
            node.type = field.payload.text();
        else if (field.number == NODE_ATTRIBUTE)
            readAttribute(field.payload, node);
    });
    return node;
}

void readConstant(Bytes message, OnnxConstants& constants)
{
    std::string name;
    std::vector<int64> sizes;
    uint64 type = 0;
    forEachField(message, [&](const Field& field) {
        if (field.number == TENSOR_NAME)
            name = field.payload.text();
        else if (field.number == TENSOR_DIMS)
            appendNumbers(field, sizes);
        else if (field.number == TENSOR_TYPE)
            type = field.value;
    });
    if (type == TENSOR_FLOAT)
        constants[name] = sizes;
}

// A float's bytes as protocol buffers have them are this machine's: OpenCV runs on little-endian ones.
Mat readTensor(Bytes message, std::string& name)
{
    std::vector<int64> sizes;
    std::vector<uchar> data;
    uint64 type = 0;
    forEachField(message, [&](const Field& field) {
        if (field.number == TENSOR_NAME)
            name = field.payload.text();
        else if (field.number == TENSOR_DIMS)
            appendNumbers(field, sizes);
        else if (field.number == TENSOR_TYPE)
            type = field.value;
        else if (field.number == TENSOR_FLOATS || field.number == TENSOR_BYTES)
            data.insert(data.end(), field.payload.begin, field.payload.end);
    });
    if (type != TENSOR_FLOAT || data.empty())
        return Mat();
    std::vector<int> shape(sizes.begin(), sizes.end());
    shape.resize(std::max(shape.size(), size_t(1)), 1); // a scalar has no sizes
    const uint64 count = data.size() / sizeof(float);
    uint64 expected = 1;
    for (const int size : shape)
        expected = size >= 1 && expected <= count / uint64(size) ? expected * uint64(size) : 0;
    CV_CheckEQ(expected, count, "A constant of an ONNX file must be as large as it says");
    CV_CheckLE(shape.size(), size_t(8), "A constant of an ONNX file has too many dimensions");
    Mat tensor(int(shape.size()), shape.data(), CV_32F);
    std::memcpy(tensor.data, data.data(), data.size());
    return tensor;
}

void readConstantNode(Bytes message, const std::string& output, OnnxGraph& graph)
{
    std::string unnamed;
    forEachField(message, [&](const Field& field) {
        if (field.number == NODE_ATTRIBUTE)
            forEachField(field.payload, [&](const Field& attribute) {
                if (attribute.number == ATTRIBUTE_TENSOR)
                    graph.constants[output] = readTensor(attribute.payload, unnamed);
            });
    });
}

std::string readInputName(Bytes message)
{
    std::string name;
    forEachField(message, [&](const Field& field) {
        if (field.number == INPUT_NAME)
            name = field.payload.text();
    });
    return name;
}

void readGraphField(const Field& field, OnnxGraph& graph, std::vector<std::string>& inputs)
{
    if (field.number == GRAPH_INITIALIZER)
    {
        std::string name;
        const Mat tensor = readTensor(field.payload, name);
        if (!tensor.empty())
            graph.constants[name] = tensor;
    }
    else if (field.number == GRAPH_INPUT)
        inputs.push_back(readInputName(field.payload));
    else if (field.number == GRAPH_NODE)
    {
        const OnnxNode node = readNode(field.payload);
        if (node.type == "Constant" && node.outputs.size() == 1)
            readConstantNode(field.payload, node.outputs[0], graph);
        else
            graph.nodes.push_back(node);
    }
}

void append(std::vector<uchar>& to, const Bytes& bytes)
{
    to.insert(to.end(), bytes.begin, bytes.end);
}

void appendVarint(std::vector<uchar>& to, uint64 value)
{
    for (; value >= 128; value >>= 7)
        to.push_back(uchar(value) | 128);
    to.push_back(uchar(value));
}

void appendField(std::vector<uchar>& to, int number, const uchar* data, size_t size)
{
    appendVarint(to, uint64(number) << 3 | 2);
    appendVarint(to, size);
    to.insert(to.end(), data, data + size);
}

// A message in which `change` gives the field's new payload, or false to leave it.
template <typename Change> std::vector<uchar> rewrite(Bytes message, int number, const Change& change)
{
    std::vector<uchar> out;
    forEachField(message, [&](const Field& field) {
        std::vector<uchar> payload;
        if (field.number == number && change(field.payload, payload))
            appendField(out, number, payload.data(), payload.size());
        else
            append(out, field.all);
    });
    return out;
}

} // namespace

std::vector<uchar> renameOperators(const std::vector<uchar>& onnx, const std::string& type,
                                   const std::function<bool(const OnnxNode&, const OnnxConstants&)>& chosen)
{
    const Bytes model = {onnx.data(), onnx.data() + onnx.size()};
    return rewrite(model, MODEL_GRAPH, [&](Bytes graph, std::vector<uchar>& newGraph) {
        OnnxConstants constants;
        forEachField(graph, [&](const Field& field) {
            if (field.number == GRAPH_INITIALIZER)
                readConstant(field.payload, constants);
        });
        newGraph = rewrite(graph, GRAPH_NODE, [&](Bytes node, std::vector<uchar>& newNode) {
            if (!chosen(readNode(node), constants))
                return false;
            newNode = rewrite(node, NODE_TYPE, [&](Bytes, std::vector<uchar>& name) {
                name.assign(type.begin(), type.end());
                return true;
            });
            return true;
        });
        return true;
    });
}

std::vector<int64> numbersOf(const OnnxNode& node, const char* name, const std::vector<int64>& byDefault)
{
    const auto found = node.integers.find(name);
    return found == node.integers.end() ? byDefault : found->second;
}

OnnxGraph readOnnxGraph(const std::vector<uchar>& onnx)
{
    OnnxGraph graph;
    std::vector<std::string> inputs;
    forEachField(Bytes{onnx.data(), onnx.data() + onnx.size()}, [&](const Field& model) {
        if (model.number == MODEL_GRAPH)
            forEachField(model.payload, [&](const Field& field) { readGraphField(field, graph, inputs); });
    });
    for (const std::string& name : inputs)
        if (graph.input.empty() && !graph.constants.count(name))
            graph.input = name;
    return graph;
}

}} // namespace cv::anomaly
