// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "onnx_file.hpp"
#include "onnx_fields.hpp"

#include <cstring>
#include <set>

namespace cv { namespace anomaly {

namespace {

// Adds an attribute to a node. Attributes that are neither numbers nor lists of integers get an empty list. PyTorch's
// newer exporter writes out defaults: auto_pad of NOTSET says that there is none.
void readAttribute(Bytes message, OnnxNode& node)
{
    std::string name, text;
    std::vector<int64> numbers;
    std::vector<float> floats; // the name may come last
    forEachField(message, [&](const Field& field) {
        if (field.number == ATTRIBUTE_NAME)
            name = field.text();
        else if (field.number == ATTRIBUTE_TEXT)
            text = field.text();
        else if (field.number == ATTRIBUTE_INT || field.number == ATTRIBUTE_INTS)
            appendNumbers(field, numbers);
        else if (field.number == ATTRIBUTE_FLOAT && field.payload.size() == sizeof(float))
        {
            floats.resize(1);
            std::memcpy(floats.data(), field.payload.begin, sizeof(float));
        }
    });
    if (name == "auto_pad" && text == "NOTSET")
        return;
    node.integers[name] = numbers;
    if (!floats.empty())
        node.floats[name] = floats[0];
}

// Notes the sizes of an initializer if its elements are floats.
void readConstant(Bytes message, OnnxConstants& constants)
{
    std::string name;
    std::vector<int64> sizes;
    uint64 type = 0;
    forEachField(message, [&](const Field& field) {
        if (field.number == TENSOR_NAME)
            name = field.text();
        else if (field.number == TENSOR_DIMS)
            appendNumbers(field, sizes);
        else if (field.number == TENSOR_TYPE)
            type = field.number64();
    });
    if (type == ONNX_FLOAT)
        constants[name] = sizes;
}

} // namespace

std::string onnxName(Bytes message, int nameField)
{
    std::string name;
    forEachField(message, [&](const Field& field) {
        if (field.number == nameField)
            name = field.text();
    });
    return name;
}

OnnxNode readNode(Bytes message)
{
    OnnxNode node;
    std::string domain;
    forEachField(message, [&](const Field& field) {
        if (field.number == NODE_INPUT)
            node.inputs.push_back(field.text());
        else if (field.number == NODE_OUTPUT)
            node.outputs.push_back(field.text());
        else if (field.number == NODE_NAME)
            node.name = field.text();
        else if (field.number == NODE_TYPE)
            node.type = field.text();
        else if (field.number == NODE_DOMAIN)
            domain = field.text();
        else if (field.number == NODE_ATTRIBUTE)
            readAttribute(field.message(), node);
    });
    if (!domain.empty() && domain != "ai.onnx")
        node.type = domain + "::" + node.type;
    return node;
}

std::vector<int64> numbersOf(const OnnxNode& node, const char* name, const std::vector<int64>& byDefault)
{
    const auto found = node.integers.find(name);
    return found == node.integers.end() ? byDefault : found->second;
}

std::vector<uchar> renameOperators(const std::vector<uchar>& onnx, const std::string& type,
                                   const std::function<bool(const OnnxNode&, const OnnxConstants&)>& chosen)
{
    return rewrite(bytesOf(onnx), MODEL_GRAPH, [&](Bytes graph, std::vector<uchar>& newGraph) {
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

namespace {

typedef std::map<std::string, std::string> Aliases;

// For each name that an Identity node gives to a constant, the name of the constant. An Identity whose result is an
// output of the network stays.
Aliases constantAliases(Bytes graph)
{
    std::set<std::string> constants, outputs;
    Aliases aliases;
    forEachField(graph, [&](const Field& field) {
        if (field.number == GRAPH_INITIALIZER)
            constants.insert(onnxName(field.payload, TENSOR_NAME));
        else if (field.number == GRAPH_OUTPUT)
            outputs.insert(onnxName(field.payload, VALUE_NAME));
    });
    forEachField(graph, [&](const Field& field) {
        if (field.number != GRAPH_NODE)
            return;
        const OnnxNode node = readNode(field.payload);
        if (node.type != "Identity" || node.inputs.size() != 1 || node.outputs.size() != 1 ||
            outputs.count(node.outputs[0]))
            return;
        const auto earlier = aliases.find(node.inputs[0]);
        const std::string source = earlier == aliases.end() ? node.inputs[0] : earlier->second;
        if (constants.count(source))
            aliases[node.outputs[0]] = source;
    });
    return aliases;
}

// The node with the constants' own names in place of the aliases.
std::vector<uchar> withInputs(Bytes node, const Aliases& aliases)
{
    return rewrite(node, NODE_INPUT, [&](Bytes name, std::vector<uchar>& changed) {
        const auto found = aliases.find(name.text());
        if (found == aliases.end())
            return false;
        changed.assign(found->second.begin(), found->second.end());
        return true;
    });
}

// The graph without the Identity nodes of the aliases.
std::vector<uchar> withoutAliases(Bytes graph, const Aliases& aliases)
{
    std::vector<uchar> out;
    forEachField(graph, [&](const Field& field) {
        if (field.number != GRAPH_NODE)
            return append(out, field.all);
        const OnnxNode node = readNode(field.payload);
        if (node.outputs.size() == 1 && aliases.count(node.outputs[0]))
            return;
        const std::vector<uchar> changed = withInputs(field.payload, aliases);
        appendField(out, GRAPH_NODE, changed.data(), changed.size());
    });
    return out;
}

} // namespace

std::vector<uchar> withoutConstantIdentities(const std::vector<uchar>& onnx)
{
    return rewrite(bytesOf(onnx), MODEL_GRAPH, [](Bytes graph, std::vector<uchar>& changed) {
        const Aliases aliases = constantAliases(graph);
        if (aliases.empty())
            return false;
        changed = withoutAliases(graph, aliases);
        return true;
    });
}

}} // namespace cv::anomaly
