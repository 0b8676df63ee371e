// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "onnx_tensor.hpp"
#include "onnx_fields.hpp"

namespace cv { namespace anomaly {

OnnxTensor::OnnxTensor(Bytes message) : type(0), isOutside(false), rawBytes(0)
{
    forEachField(message, [this](const Field& field) {
        if (field.number == TENSOR_NAME)
            name = field.text();
        else if (field.number == TENSOR_TYPE)
            type = int(field.number64());
        else if (field.number == TENSOR_DIMS)
            appendNumbers(field, sizes);
        else if (field.number == TENSOR_LOCATION)
            isOutside = isOutside || field.number64() == 1;
        else if (field.number == TENSOR_EXTERNAL)
            readEntry(field.message());
        else
            countStored(field);
    });
    isOutside = isOutside || !outside.empty();
}

// Reads an entry about external elements, such as "location", "offset" and "length".
void OnnxTensor::readEntry(Bytes message)
{
    std::string key, value;
    forEachField(message, [&](const Field& field) {
        if (field.number == ENTRY_KEY)
            key = field.text();
        else if (field.number == ENTRY_VALUE)
            value = field.text();
    });
    outside[key] = value;
}

// Counts the elements that a field contains: raw bytes, or a list of numbers.
void OnnxTensor::countStored(const Field& field)
{
    std::vector<int64> numbers;
    switch (field.number)
    {
    case TENSOR_RAW:
        rawBytes = field.message().size();
        break;
    case TENSOR_FLOATS:
    case TENSOR_DOUBLES:
    {
        const size_t size = field.number == TENSOR_FLOATS ? sizeof(float) : sizeof(double);
        const bool isSingle = field.payload.size() == size; // else packed ones
        listed[field.number] += (isSingle ? field.payload : field.message()).size() / size;
        break;
    }
    case TENSOR_INT32S:
    case TENSOR_INT64S:
    case TENSOR_UINT64S:
        appendNumbers(field, numbers);
        listed[field.number] += numbers.size();
        break;
    }
}

uint64 OnnxTensor::count() const
{
    uint64 product = 1;
    for (const int64 size : sizes)
    {
        if (size < 0 || size > INT_MAX || (product *= uint64(size)) > INT_MAX)
            CV_Error_(Error::StsParseError,
                      ("Tensor '%s' of an ONNX file has %.0f as one of its sizes, or more than 2^31 elements",
                       name.c_str(), double(size)));
    }
    return product;
}

size_t OnnxTensor::elementSize() const
{
    switch (type)
    {
    case ONNX_UINT8:
    case ONNX_INT8:
    case ONNX_BOOL:
        return 1;
    case ONNX_UINT16:
    case ONNX_INT16:
    case ONNX_FLOAT16:
    case ONNX_BFLOAT16:
        return 2;
    case ONNX_FLOAT:
    case ONNX_INT32:
    case ONNX_UINT32:
        return 4;
    case ONNX_INT64:
    case ONNX_DOUBLE:
    case ONNX_UINT64:
        return 8;
    }
    return 0;
}

// The list that holds the elements of a type if they are not raw bytes.
static int listOf(int type)
{
    switch (type)
    {
    case ONNX_FLOAT:
        return TENSOR_FLOATS;
    case ONNX_DOUBLE:
        return TENSOR_DOUBLES;
    case ONNX_INT64:
        return TENSOR_INT64S;
    case ONNX_UINT32:
    case ONNX_UINT64:
        return TENSOR_UINT64S;
    }
    return TENSOR_INT32S;
}

uint64 OnnxTensor::stored() const
{
    const auto list = listed.find(listOf(type));
    return list != listed.end() && list->second ? list->second : rawBytes / std::max<size_t>(1, elementSize());
}

std::vector<uchar> tensorStart(const std::string& name, int type, const std::vector<int64>& sizes, uint64 rawBytes)
{
    std::vector<uchar> message;
    for (const int64 size : sizes)
        appendNumber(message, TENSOR_DIMS, size);
    appendNumber(message, TENSOR_TYPE, type);
    appendText(message, TENSOR_NAME, name);
    appendFieldStart(message, TENSOR_RAW, rawBytes);
    return message;
}

std::vector<uchar> withElements(Bytes tensor, const std::vector<uchar>& raw)
{
    std::vector<uchar> whole;
    forEachField(tensor, [&whole](const Field& field) {
        if (field.number != TENSOR_RAW && field.number != TENSOR_EXTERNAL && field.number != TENSOR_LOCATION)
            append(whole, field.all);
    });
    appendField(whole, TENSOR_RAW, raw.data(), raw.size());
    return whole;
}

namespace {

// Graphs of If and Loop can be nested. A hostile file must not overflow the stack with them.
const int deepestGraph = 32;

typedef std::function<bool(Bytes tensor, std::vector<uchar>& payload)> TensorChange;

void checkDepth(int depth)
{
    if (depth > deepestGraph)
        CV_Error_(Error::StsParseError, ("An ONNX file has more than %d nested graphs", deepestGraph));
}

void visitGraph(Bytes graph, const std::function<void(Bytes tensor)>& visit, int depth);

void visitAttribute(Bytes attribute, const std::function<void(Bytes tensor)>& visit, int depth)
{
    int tensors = 0;
    forEachPayload(attribute, [&](const Field& field) {
        // A reader of protocol buffers joins two of them to one, whose sizes are those of both.
        if (field.number == ATTRIBUTE_TENSOR && ++tensors > 1)
            CV_Error(Error::StsParseError, "An attribute in an ONNX file is two tensors");
        if (field.number == ATTRIBUTE_TENSOR || field.number == ATTRIBUTE_TENSORS)
            visit(field.payload);
        else if (field.number == ATTRIBUTE_GRAPH || field.number == ATTRIBUTE_GRAPHS)
            visitGraph(field.payload, visit, depth + 1);
    });
}

void visitGraph(Bytes graph, const std::function<void(Bytes tensor)>& visit, int depth)
{
    checkDepth(depth);
    forEachPayload(graph, [&](const Field& field) {
        if (field.number == GRAPH_INITIALIZER)
            visit(field.payload);
        else if (field.number == GRAPH_NODE)
            forEachPayload(field.payload, [&](const Field& part) {
                if (part.number == NODE_ATTRIBUTE)
                    visitAttribute(part.payload, visit, depth);
            });
    });
}

std::vector<uchar> rewriteGraph(Bytes graph, const TensorChange& change, int depth);

// Changes the tensors in an attribute of a node, which may be a tensor or a whole graph.
std::vector<uchar> rewriteAttribute(Bytes attribute, const TensorChange& change, int depth)
{
    return rewriteFields(attribute, [&](const Field& field, std::vector<uchar>& payload) {
        if (field.number == ATTRIBUTE_TENSOR || field.number == ATTRIBUTE_TENSORS)
            return change(field.payload, payload);
        if (field.number != ATTRIBUTE_GRAPH && field.number != ATTRIBUTE_GRAPHS)
            return false;
        payload = rewriteGraph(field.payload, change, depth + 1);
        return true;
    });
}

// Changes the tensors of a graph: its initializers, and those in the attributes of its nodes.
std::vector<uchar> rewriteGraph(Bytes graph, const TensorChange& change, int depth)
{
    checkDepth(depth);
    return rewriteFields(graph, [&](const Field& field, std::vector<uchar>& payload) {
        if (field.number == GRAPH_INITIALIZER)
            return change(field.payload, payload);
        if (field.number != GRAPH_NODE)
            return false;
        payload = rewrite(field.payload, NODE_ATTRIBUTE, [&](Bytes attribute, std::vector<uchar>& changed) {
            changed = rewriteAttribute(attribute, change, depth);
            return true;
        });
        return true;
    });
}

} // namespace

void forEachTensor(const std::vector<uchar>& onnx, const std::function<void(Bytes tensor)>& visit)
{
    forEachPayload(bytesOf(onnx), [&](const Field& field) {
        if (field.number == MODEL_GRAPH)
            visitGraph(field.payload, visit, 0);
    });
}

void forEachTensorOfNode(Bytes node, const std::function<void(Bytes tensor)>& visit)
{
    forEachPayload(node, [&](const Field& field) {
        if (field.number == NODE_ATTRIBUTE)
            forEachPayload(field.payload, [&](const Field& part) {
                if (part.number == ATTRIBUTE_TENSOR)
                    visit(part.payload);
            });
    });
}

std::vector<uchar> rewriteTensors(const std::vector<uchar>& onnx, const TensorChange& change)
{
    return rewrite(bytesOf(onnx), MODEL_GRAPH, [&](Bytes graph, std::vector<uchar>& changed) {
        changed = rewriteGraph(graph, change, 0);
        return true;
    });
}

}} // namespace cv::anomaly
