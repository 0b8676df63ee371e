// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "onnx_part.hpp"
#include "onnx_builder.hpp"
#include "onnx_fields.hpp"
#include "onnx_file.hpp"
#include "onnx_tensor.hpp"

#include <set>

namespace cv { namespace anomaly {

namespace {

typedef std::vector<uchar> Message;

// From this opset on, batch normalization and broadcasting have the same meaning as in later ones.
const int oldestOpset = 9;

//! The parts of a model's message that are needed here.
struct ModelHead
{
    explicit ModelHead(const Message& onnx) : irVersion(0), opset(0), graph()
    {
        forEachField(bytesOf(onnx), [this](const Field& field) {
            if (field.number == MODEL_IR_VERSION)
                irVersion = int(field.value);
            else if (field.number == MODEL_OPSET)
                readOpset(field.payload);
            else if (field.number == MODEL_GRAPH)
                graph = field.payload;
        });
    }

    int irVersion, opset;
    Bytes graph;

private:
    void readOpset(Bytes message)
    {
        int version = 0;
        std::string domain;
        forEachField(message, [&](const Field& field) {
            if (field.number == OPSET_VERSION)
                version = int(field.value);
            else if (field.number == OPSET_DOMAIN)
                domain = field.payload.text();
        });
        if (domain.empty() || domain == "ai.onnx")
            opset = version;
    }
};

// Names of the initializers of a graph.
std::set<std::string> constantsOf(Bytes graph)
{
    std::set<std::string> constants;
    forEachField(graph, [&](const Field& field) {
        if (field.number == GRAPH_INITIALIZER)
            constants.insert(onnxName(field.payload, TENSOR_NAME));
    });
    return constants;
}

// ---- names

//! Changes the names of all tensors and nodes to those in the larger graph. Recursion into graphs within nodes is no
//! deeper than onnx_tensor.cpp allows, which checks every network first.
class Renaming
{
public:
    Renaming(const OnnxPartNames& n, const std::set<std::string>& c) : names(n), constants(c) {}

    std::string operator()(const std::string& name) const
    {
        if (name.empty()) // an input that is left out
            return name;
        return (constants.count(name) ? names.constants : names.results) + name;
    }

    Message graph(Bytes message) const
    {
        return rewriteFields(message, [&](const Field& field, Message& payload) {
            if (field.number == GRAPH_NODE)
                payload = node(field.payload);
            else if (field.number == GRAPH_INITIALIZER)
                payload = renamed(field.payload, TENSOR_NAME);
            else if (field.number == GRAPH_INPUT || field.number == GRAPH_OUTPUT || field.number == GRAPH_VALUE)
                payload = renamed(field.payload, VALUE_NAME);
            else
                return false;
            return true;
        });
    }

private:
    Message newName(Bytes name) const
    {
        const std::string text = (*this)(name.text());
        return Message(text.begin(), text.end());
    }

    Message renamed(Bytes message, int nameField) const
    {
        return rewrite(message, nameField, [&](Bytes name, Message& changed) {
            changed = newName(name);
            return true;
        });
    }

    Message node(Bytes message) const
    {
        return rewriteFields(message, [&](const Field& field, Message& payload) {
            if (field.number == NODE_INPUT || field.number == NODE_OUTPUT || field.number == NODE_NAME)
                payload = newName(field.payload);
            else if (field.number == NODE_ATTRIBUTE)
                payload = attribute(field.payload);
            else
                return false;
            return true;
        });
    }

    Message attribute(Bytes message) const
    {
        return rewriteFields(message, [&](const Field& field, Message& payload) {
            if (field.number != ATTRIBUTE_GRAPH && field.number != ATTRIBUTE_GRAPHS)
                return false;
            payload = graph(field.payload);
            return true;
        });
    }

    const OnnxPartNames& names;
    const std::set<std::string>& constants;
};

// ---- what the outputs need

// Adds the names of all tensors that a node reads, including those that graphs within the node read from outside.
void addInputs(Bytes node, std::set<std::string>& names)
{
    const auto addOfGraph = [&names](const Field& field) {
        if (field.number == GRAPH_NODE)
            addInputs(field.payload, names);
        else if (field.number == GRAPH_OUTPUT) // this may be the name of a tensor of the outer graph
            names.insert(onnxName(field.payload, VALUE_NAME));
    };
    forEachField(node, [&](const Field& field) {
        if (field.number == NODE_INPUT)
            names.insert(field.payload.text());
        else if (field.number == NODE_ATTRIBUTE)
            forEachField(field.payload, [&](const Field& part) {
                if (part.number == ATTRIBUTE_GRAPH || part.number == ATTRIBUTE_GRAPHS)
                    forEachField(part.payload, addOfGraph);
            });
    });
}

bool givesOneOf(const OnnxNode& node, const std::set<std::string>& names)
{
    return std::any_of(node.outputs.begin(), node.outputs.end(),
                       [&names](const std::string& output) { return names.count(output) > 0; });
}

// The nodes on which the named tensors depend, each after those whose results it reads. `names` receives all that they
// read.
std::vector<Bytes> neededNodes(Bytes graph, std::set<std::string>& names)
{
    std::vector<Bytes> all, needed;
    forEachField(graph, [&all](const Field& field) {
        if (field.number == GRAPH_NODE)
            all.push_back(field.payload);
    });
    for (auto node = all.rbegin(); node != all.rend(); ++node)
        if (givesOneOf(readNode(*node), names))
        {
            addInputs(*node, names);
            needed.push_back(*node);
        }
    std::reverse(needed.begin(), needed.end());
    return needed;
}

// ---- older opsets

//! An attribute that became an input in a later opset.
struct MovedAttribute
{
    const char* type;
    int opset;
    const char* attribute;
    size_t input;
};

const MovedAttribute movedAttributes[] = {
    {"Clip", 11, "min", 1},       {"Clip", 11, "max", 2},       {"Pad", 11, "pads", 1},    {"Pad", 11, "value", 2},
    {"Slice", 10, "starts", 1},   {"Slice", 10, "ends", 2},     {"Slice", 10, "axes", 3},  {"Squeeze", 13, "axes", 1},
    {"Unsqueeze", 13, "axes", 1}, {"ReduceSum", 13, "axes", 1}, {"Split", 13, "split", 1}, {"Dropout", 12, "ratio", 1},
};

//! Operators whose meaning changed in the given opset, or which no longer exist in it.
const std::map<std::string, int> changedOperators = {
    {"Softmax", 13}, {"LogSoftmax", 13}, {"Hardmax", 13}, {"If", 13},   {"Loop", 13},
    {"Scan", 13},    {"Upsample", 13},   {"Resize", 11},  {"TopK", 10},
};

// Throws if the exported file cannot have this operator with the same meaning.
void checkOperator(Bytes message, const OnnxNode& node, int opset)
{
    const std::string domain = onnxName(message, NODE_DOMAIN);
    if (!domain.empty() && domain != "ai.onnx")
        CV_Error_(Error::StsNotImplemented, ("The backbone uses the operator %s of '%s', which is not a standard "
                                             "operator: a model is exported with standard operators only",
                                             node.type.c_str(), domain.c_str()));
    const auto changed = changedOperators.find(node.type);
    if (changed != changedOperators.end() && opset < changed->second)
        CV_Error_(Error::StsNotImplemented,
                  ("The backbone uses the operator %s of ONNX's opset %d, which means something else from opset %d "
                   "on, and export to ONNX needs opset %d: make the backbone's file with opset_version=%d",
                   node.type.c_str(), opset, changed->second, onnxBuilderOpset, onnxBuilderOpset));
}

//! An attribute as a tensor: one floating point number, or a list of integers.
Message tensorOf(const std::string& name, const OnnxNode& node, const char* attribute)
{
    const auto number = node.floats.find(attribute);
    const std::vector<int64>& list = node.integers.at(attribute);
    const bool isFloat = number != node.floats.end();
    const uchar* const elements =
        isFloat ? reinterpret_cast<const uchar*>(&number->second) : reinterpret_cast<const uchar*>(list.data());
    const size_t bytes = isFloat ? sizeof(float) : list.size() * sizeof(int64);
    Message tensor =
        isFloat ? tensorStart(name, ONNX_FLOAT, {}, bytes) : tensorStart(name, ONNX_INT64, {int64(list.size())}, bytes);
    append(tensor, Bytes{elements, elements + bytes});
    return tensor;
}

// The node with other inputs, and without some of its attributes.
Message withInputs(Bytes node, const std::vector<std::string>& inputs, const std::set<std::string>& withoutAttributes)
{
    Message changed;
    for (const std::string& input : inputs)
        appendText(changed, NODE_INPUT, input);
    forEachField(node, [&](const Field& field) {
        const bool isGone =
            field.number == NODE_ATTRIBUTE && withoutAttributes.count(onnxName(field.payload, ATTRIBUTE_NAME)) > 0;
        if (field.number != NODE_INPUT && !isGone)
            append(changed, field.all);
    });
    return changed;
}

//! The node in the form that it has in onnxBuilderOpset. Attributes that are inputs there are added to `fields` as
//! constants.
Message upgradedNode(Bytes message, const OnnxNode& node, int opset, Message& fields)
{
    std::vector<std::string> inputs = node.inputs;
    std::set<std::string> moved;
    for (const MovedAttribute& each : movedAttributes)
    {
        if (node.type != each.type || opset >= each.opset || !node.integers.count(each.attribute))
            continue;
        inputs.resize(std::max(inputs.size(), each.input + 1));
        inputs[each.input] = node.outputs[0] + "/" + each.attribute;
        appendField(fields, GRAPH_INITIALIZER, tensorOf(inputs[each.input], node, each.attribute));
        moved.insert(each.attribute);
    }
    return withInputs(message, inputs, moved);
}

// ---- batches

// Whether the operator works along other axes than the batch's, which is axis 0.
bool leavesBatchAxis(const OnnxNode& node, const char* axes)
{
    const std::vector<int64> numbers = numbersOf(node, axes, {});
    return !numbers.empty() && *std::min_element(numbers.begin(), numbers.end()) > 0;
}

//! Whether the operator treats the images of a batch independently. The listed operators do so whatever their
//! attributes are.
bool takesAnyBatch(const OnnxNode& node)
{
    static const std::string types =
        " Add AveragePool BatchNormalization Cast Clip Constant Conv ConvTranspose Div Dropout "
        "Elu Erf Exp GlobalAveragePool GlobalMaxPool HardSigmoid HardSwish Identity "
        "InstanceNormalization LeakyRelu MaxPool Mul PRelu Pow Relu Selu Sigmoid Softplus Sqrt "
        "Sub Tanh ";
    return types.find(" " + node.type + " ") != std::string::npos ||
           (node.type == "Concat" && leavesBatchAxis(node, "axis")) ||
           (node.type == "ReduceMean" && leavesBatchAxis(node, "axes"));
}

// The name of the image input. Older files list constants as inputs as well.
std::string inputOf(Bytes graph, const std::set<std::string>& constants)
{
    std::vector<std::string> inputs;
    forEachField(graph, [&](const Field& field) {
        if (field.number == GRAPH_INPUT)
            inputs.push_back(onnxName(field.payload, VALUE_NAME));
    });
    const auto found = std::find_if(inputs.begin(), inputs.end(),
                                    [&constants](const std::string& name) { return !constants.count(name); });
    if (found == inputs.end())
        CV_Error(Error::StsParseError, "The backbone's ONNX file has no input");
    return *found;
}

//! The nodes on which the named tensors depend, and if wanted their constants, with the names that they have in the
//! network.
Message neededFields(const ModelHead& model, std::set<std::string> names, bool withConstants, bool& takesAny)
{
    Message fields;
    takesAny = true;
    for (const Bytes& message : neededNodes(model.graph, names))
    {
        const OnnxNode node = readNode(message);
        checkOperator(message, node, model.opset);
        takesAny = takesAny && takesAnyBatch(node);
        appendField(fields, GRAPH_NODE, upgradedNode(message, node, model.opset, fields));
    }
    if (withConstants)
        forEachField(model.graph, [&](const Field& field) {
            if (field.number == GRAPH_INITIALIZER && names.count(onnxName(field.payload, TENSOR_NAME)))
                append(fields, field.all);
        });
    return fields;
}

} // namespace

OnnxPart onnxPart(const std::vector<uchar>& onnx, const std::vector<std::string>& outputs, const OnnxPartNames& names)
{
    const ModelHead model(onnx);
    if (model.opset < oldestOpset)
        CV_Error_(Error::StsNotImplemented,
                  ("The backbone's ONNX file is of opset %d, expected %d or newer for export to ONNX: make it with "
                   "opset_version=%d",
                   model.opset, oldestOpset, onnxBuilderOpset));
    const std::set<std::string> constants = constantsOf(model.graph), wanted(outputs.begin(), outputs.end());
    const Renaming renaming(names, constants);
    OnnxPart part = {{}, renaming(inputOf(model.graph, constants)), {}, model.opset, model.irVersion, true};
    for (const std::string& output : outputs)
        part.outputs.push_back(renaming(output));
    const Message fields = neededFields(model, wanted, !names.constantsAreThere, part.takesAnyBatch);
    part.fields = renaming.graph(bytesOf(fields));
    return part;
}

}} // namespace cv::anomaly
