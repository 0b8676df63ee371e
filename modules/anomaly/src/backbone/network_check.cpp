// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "network_check.hpp"
#include "../base/error_text.hpp"
#include "../base/file_name.hpp"
#include "onnx_fields.hpp"
#include "onnx_file.hpp"
#include "onnx_tensor.hpp"

#include "opencv2/core/utils/filesystem.hpp"

#include <fstream>
#include <regex>
#include <set>
#include <sys/stat.h>

namespace cv { namespace anomaly {

namespace {

// A call of PyTorch's exporter whose result cv::dnn reads: one file, an older opset, single precision.
String exportAdvice(const BackboneSource& network)
{
    String names;
    for (const String& output : network.outputs)
        names += (names.empty() ? "'" : ", '") + output + "'";
    return "Export it as one file in single precision: "
           "torch.onnx.export(model.float().eval(), torch.zeros(1, 3, 224, 224), '" +
           network.name + "', output_names=[" + names +
           "], opset_version=11, dynamo=False); PyTorch before 2.5 has no argument dynamo.";
}

// ---- weights beside the ONNX file

#ifdef _WIN32
const char* const separators = "/\\";
#else
const char* const separators = "/";
#endif

// One of the entries that say where a tensor lies in a file of its own: location, offset or length. Empty if missing.
std::string externalEntry(const OnnxTensor& tensor, const char* key)
{
    const auto found = tensor.outside.find(key);
    return found == tensor.outside.end() ? std::string() : found->second;
}

//! The files of weights beside an ONNX file, which are read only if they lie in its folder or below it.
class WeightFiles
{
public:
    WeightFiles(const BackboneSource& n, const String& file)
        : network(n),
          folder(folderOf(file)),
          realFolder(folderOf(utils::fs::canonical(file))),
          total(n.bytes.size())
    {}

    std::vector<uchar> read(const OnnxTensor& tensor)
    {
        const std::string location = externalEntry(tensor, "location");
        checkPlace(location);
        const String file = utils::fs::join(folder, location);
        const uint64 available = sizeOf(file, location), offset = number(tensor, "offset", 0);
        const uint64 length = number(tensor, "length", available - std::min(offset, available)),
                     expected = tensor.count() * tensor.elementSize();
        if (offset > available || length > available - offset || length != expected)
            CV_Error_(Error::StsParseError,
                      ("Backbone %s has tensor '%s' of %.0f bytes, but the file '%s' has only %.0f there: it belongs "
                       "to another network, or is damaged. %s",
                       network.name.c_str(), tensor.name.c_str(), double(expected), location.c_str(),
                       offset > available ? 0. : double(std::min(length, available - offset)),
                       exportAdvice(network).c_str()));
        addToTotal(length);
        return readPart(file, offset, size_t(length));
    }

private:
    // The path is checked as text first, because a path that leads out of the folder is refused even if no such file
    // exists.
    void checkPlace(const std::string& location) const
    {
        const bool isAbsolute =
            location.empty() || location.find_first_of("/\\") == 0 || location.find(':') != std::string::npos;
        if (isAbsolute || ("/" + location + "/").find("/../") != std::string::npos ||
            location.find('\\') != std::string::npos || location.find('\0') != std::string::npos)
            refusePlace(location);
    }

    void refusePlace(const std::string& location) const
    {
        CV_Error_(Error::StsParseError, ("Backbone %s names '%s' as the file of its weights, expected one in the "
                                         "folder of the ONNX file, or below it. %s",
                                         network.name.c_str(), location.c_str(), exportAdvice(network).c_str()));
    }

    static bool isBelow(const String& file, const String& parent)
    {
        const String name = utils::fs::canonical(parent);
        const size_t size = name.find_last_not_of(separators) + 1; // 0 for the root
        return file.compare(0, size, name, 0, size) == 0 && file.find_first_of(separators, size) == size;
    }

    // A symbolic link may lead to a file in the folder or below it. If the ONNX file is itself a link, the folder of
    // its target is allowed as well.
    uint64 sizeOf(const String& file, const std::string& location) const
    {
        struct stat status;
        if (stat(file.c_str(), &status) != 0)
            CV_Error_(Error::StsObjectNotFound,
                      ("Backbone %s keeps its weights in a file of their own, '%s', which is not beside it: put both "
                       "into one folder. %s",
                       network.name.c_str(), location.c_str(), exportAdvice(network).c_str()));
        const String real = utils::fs::canonical(file);
        if ((status.st_mode & S_IFMT) != S_IFREG || !(isBelow(real, folder) || isBelow(real, realFolder)))
            refusePlace(location);
        return uint64(status.st_size);
    }

    uint64 number(const OnnxTensor& tensor, const char* key, uint64 byDefault) const
    {
        const std::string text = externalEntry(tensor, key);
        if (text.empty())
            return byDefault;
        if (text.size() > 15 || text.find_first_not_of("0123456789") != std::string::npos)
            CV_Error_(Error::StsParseError,
                      ("Backbone %s has '%s' as %s of tensor '%s' in its file, expected a number of bytes",
                       network.name.c_str(), text.c_str(), key, tensor.name.c_str()));
        return std::stoull(text);
    }

    // Called before memory is allocated, because many tensors may name the same large file.
    void addToTotal(uint64 length)
    {
        total += length;
        if (total > INT_MAX)
            CV_Error_(Error::StsOutOfRange, ("Backbone %s has more than 2 GiB of weights, the most that an ONNX file "
                                             "can hold: a smaller network is needed",
                                             network.name.c_str()));
    }

    std::vector<uchar> readPart(const String& file, uint64 offset, size_t length) const
    {
        std::vector<uchar> bytes(length);
        std::ifstream stream(file.c_str(), std::ios::binary);
        stream.seekg(std::streamoff(offset));
        stream.read(reinterpret_cast<char*>(bytes.data()), std::streamsize(length));
        if (!stream)
            CV_Error_(Error::StsObjectNotFound,
                      ("The weights '%s' of backbone %s cannot be read", file.c_str(), network.name.c_str()));
        return bytes;
    }

    const BackboneSource& network;
    const String folder, realFolder;
    uint64 total;
};

// ---- faults that end the process in cv::dnn

// The elements of a tensor must be in the file, and must not be fewer than its sizes say.
void checkTensor(const OnnxTensor& tensor, const BackboneSource& network)
{
    if (tensor.isOutside)
        CV_Error_(Error::StsParseError,
                  ("Backbone %s keeps its weights in a file of their own, '%s', which a network within a model file "
                   "cannot have. %s",
                   network.name.c_str(), externalEntry(tensor, "location").c_str(), exportAdvice(network).c_str()));
    if (!tensor.elementSize())
        CV_Error_(Error::StsParseError,
                  ("Backbone %s has tensor '%s' of type %d, of which OpenCV reads no numbers. %s", network.name.c_str(),
                   tensor.name.c_str(), tensor.type, exportAdvice(network).c_str()));
    const uint64 expected = tensor.count();
    if (tensor.stored() < expected)
        CV_Error_(Error::StsParseError, ("Backbone %s has %.0f numbers in tensor '%s', expected %.0f: its weights are "
                                         "missing, or the file is cut off. %s",
                                         network.name.c_str(), double(tensor.stored()), tensor.name.c_str(),
                                         double(expected), exportAdvice(network).c_str()));
}

void checkTensors(const BackboneSource& network)
{
    forEachTensor(network.bytes, [&](Bytes message) { checkTensor(OnnxTensor(message), network); });
}

void checkAttribute(const OnnxNode& node, const char* name, int lowest, const BackboneSource& network)
{
    for (const int64 value : numbersOf(node, name, {}))
        if (value < lowest)
            CV_Error_(Error::StsParseError,
                      ("Backbone %s has %.0f in %s of node '%s' (%s), expected %d or more", network.name.c_str(),
                       double(value), name, node.name.c_str(), node.type.c_str(), lowest));
}

// cv::dnn and our layers divide by these attributes, and add a border as wide as the pads.
void checkSteps(const OnnxNode& node, const BackboneSource& network)
{
    for (const char* name : {"strides", "dilations", "kernel_shape", "group"})
        checkAttribute(node, name, 1, network);
    if (node.type != "Pad") // which may also cut a border off
        checkAttribute(node, "pads", 0, network);
}

// Number of inputs that an operator must have, for operators whose weights cv::dnn uses without a check.
size_t neededInputs(const std::string& type)
{
    static const std::map<std::string, size_t> counts = {{"Conv", 2},
                                                         {"ConvTranspose", 2},
                                                         {"Gemm", 2},
                                                         {"MatMul", 2},
                                                         {"BatchNormalization", 5},
                                                         {"InstanceNormalization", 3},
                                                         {"PRelu", 2},
                                                         {"Add", 2},
                                                         {"Sub", 2},
                                                         {"Mul", 2},
                                                         {"Div", 2}};
    const auto found = counts.find(type);
    return found == counts.end() ? 0 : found->second;
}

//! Checks the nodes of a graph in the order of the file.
class NodeCheck
{
public:
    explicit NodeCheck(const BackboneSource& n) : network(n) {}

    void addInput(const std::string& name) { results.insert(name); }

    void addConstant(const std::string& name, const std::vector<int64>& sizes)
    {
        if (!shapes.insert(std::make_pair(name, sizes)).second)
            CV_Error_(Error::StsParseError,
                      ("Backbone %s has two constants '%s': the file is damaged", network.name.c_str(), name.c_str()));
    }

    void check(const OnnxNode& node)
    {
        if (node.type.empty() || node.outputs.empty())
            refuse(node, "has no type or no result");
        checkSteps(node, network);
        for (const std::string& input : node.inputs)
            if (!input.empty() && !results.count(input) && !shapes.count(input))
                refuse(node, "has no '" + input + "'");
        for (size_t i = 0; i < neededInputs(node.type); i++)
            checkWeights(node, i);
        checkBias(node);
        results.insert(node.outputs.begin(), node.outputs.end());
    }

private:
    void checkWeights(const OnnxNode& node, size_t input) const
    {
        if (input >= node.inputs.size() || node.inputs[input].empty())
            return refuse(node, format("lacks input %d", int(input)));
        const auto found = shapes.find(node.inputs[input]);
        if (found != shapes.end() && std::count(found->second.begin(), found->second.end(), 0))
            refuse(node, "has no numbers in '" + found->first + "'");
    }

    void checkBias(const OnnxNode& node) const
    {
        if (node.type != "Conv" || node.inputs.size() < 3)
            return;
        const auto weights = shapes.find(node.inputs[1]), bias = shapes.find(node.inputs[2]);
        if (weights != shapes.end() && bias != shapes.end() && !weights->second.empty() &&
            bias->second != std::vector<int64>(1, weights->second[0]))
            refuse(node, "has not one number a channel in '" + bias->first + "'");
    }

    void refuse(const OnnxNode& node, const String& what) const
    {
        CV_Error_(Error::StsParseError, ("Backbone %s %s, which node '%s' (%s) needs: the file is damaged, or was "
                                         "written by a program with a fault. %s",
                                         network.name.c_str(), what.c_str(), node.name.c_str(), node.type.c_str(),
                                         exportAdvice(network).c_str()));
    }

    const BackboneSource& network;
    std::map<std::string, std::vector<int64>> shapes; // of the constants
    std::set<std::string> results;                    // inputs of the graph, and outputs of the nodes checked so far
};

// A node of type Constant gives the name of its result to its tensor.
void checkNode(Bytes message, NodeCheck& nodes)
{
    const OnnxNode node = readNode(message);
    nodes.check(node);
    if (node.type == "Constant" && node.outputs.size() == 1)
        forEachTensorOfNode(message,
                            [&](Bytes tensor) { nodes.addConstant(node.outputs[0], OnnxTensor(tensor).sizes); });
}

void addInitializer(Bytes message, NodeCheck& nodes)
{
    const OnnxTensor tensor(message);
    nodes.addConstant(tensor.name, tensor.sizes);
}

// Nodes are in the order of execution, so that each one's inputs are known before it.
void checkGraph(Bytes graph, NodeCheck& nodes)
{
    forEachField(graph, [&nodes](const Field& field) {
        if (field.number == GRAPH_INPUT)
            nodes.addInput(onnxName(field.message(), VALUE_NAME));
        else if (field.number == GRAPH_INITIALIZER)
            addInitializer(field.message(), nodes);
    });
    forEachField(graph, [&nodes](const Field& field) {
        if (field.number == GRAPH_NODE)
            checkNode(field.message(), nodes);
    });
}

// Checks what cv::dnn would not survive: missing weights, and nodes whose numbers or inputs are impossible.
void checkNetwork(const BackboneSource& network)
{
    checkTensors(network);
    NodeCheck nodes(network);
    forEachField(bytesOf(network.bytes), [&nodes](const Field& field) {
        if (field.number == MODEL_GRAPH)
            checkGraph(field.message(), nodes);
    });
}

// ---- networks that cv::dnn refuses

// Whether any tensor is in half precision.
bool hasHalfPrecision(const BackboneSource& network)
{
    bool found = false;
    forEachTensor(network.bytes, [&found](Bytes message) {
        const int type = OnnxTensor(message).type;
        found |= type == ONNX_FLOAT16 || type == ONNX_BFLOAT16;
    });
    return found;
}

// OpenCV's error text in one line. In its messages of several lines each line starts with a mark.
String inOneLine(const String& text)
{
    const String line = std::regex_replace(text, std::regex("(^|\\s)(> ?)+|\\s+"), " ");
    return line.substr(std::min(line.size(), line.find_first_not_of(' ')));
}

// The error text of cv::dnn, without what Backbone wrote before it.
String reasonOfDnn(const String& refusal)
{
    const String before = "that this OpenCV reads: ";
    const size_t start = refusal.find(before);
    return inOneLine(start == String::npos ? refusal : refusal.substr(start + before.size()));
}

// The start of a text. std::regex calls itself for each character, so that a long name in a file would overflow the
// stack.
String startOf(const String& text)
{
    const size_t longest = 1000;
    return text.size() > longest ? text.substr(0, longest) + "..." : text;
}

// What is wrong with a network that cv::dnn refuses, as the predicate of a sentence.
String reasonOf(const BackboneSource& network, const String& refusal)
{
    std::smatch node;
    if (hasHalfPrecision(network))
        return "has weights in half precision, which OpenCV " CV_VERSION " does not read";
    if (std::regex_search(refusal, node,
                          std::regex("ode \\[([A-Za-z0-9_]+)[^\\]]*\\]:\\((?:onnx_node\\w*!)?([^)]*)\\)")))
        return "uses the operator " + node[1].str() + " in node '" + node[2].str() +
               "', which OpenCV " CV_VERSION " does not have, or not in this form";
    return "is an ONNX file, but OpenCV " CV_VERSION " does not read its network";
}

// Whether the bytes are an ONNX model with a graph.
bool isNetwork(const BackboneSource& source)
{
    bool hasGraph = false;
    try
    {
        forEachTensor(source.bytes, [](Bytes) {});
        forEachField(bytesOf(source.bytes), [&hasGraph](const Field& field) {
            hasGraph |= field.number == MODEL_GRAPH && field.hasLength && !field.payload.empty();
        });
    }
    catch (const cv::Exception&)
    {
        return false; // it is no protocol buffer, or one of another kind
    }
    return hasGraph;
}

// On Linux a folder can be opened like a file, and fails only when it is read.
void refuseFolder(const String& file)
{
    struct stat status;
    if (stat(file.c_str(), &status) == 0 && (status.st_mode & S_IFMT) == S_IFDIR)
        CV_Error_(Error::StsObjectNotFound,
                  ("Backbone '%s' is a folder: give an ONNX file, or '' for the embedded one", file.c_str()));
}

// Files that often stand where an ONNX file should.
void refuseOtherFiles(const BackboneSource& source)
{
    const std::string pointer = "version https://git-lfs";
    if (source.bytes.empty())
        CV_Error_(Error::StsParseError,
                  ("Backbone %s is an empty file: expected an ONNX network", source.name.c_str()));
    if (source.bytes.size() >= pointer.size() && std::equal(pointer.begin(), pointer.end(), source.bytes.begin()))
        CV_Error_(Error::StsParseError,
                  ("Backbone %s is a pointer of Git LFS, not the network: get the network with git lfs pull",
                   source.name.c_str()));
    CV_Error_(Error::StsParseError, ("Backbone %s is not an ONNX network, or is cut off or damaged. %s",
                                     source.name.c_str(), exportAdvice(source).c_str()));
}

} // namespace

BackboneSource loadWholeBackbone(const String& nameOrFile, const std::vector<String>& outputs)
{
    if (!isEmbeddedBackbone(nameOrFile))
        refuseFolder(nameOrFile);
    BackboneSource network = loadBackbone(nameOrFile, outputs);
    if (isEmbeddedBackbone(nameOrFile) || !isNetwork(network))
        return network;
    WeightFiles files(network, nameOrFile);
    bool hasOutside = false;
    const std::vector<uchar> whole = rewriteTensors(network.bytes, [&](Bytes message, std::vector<uchar>& payload) {
        const OnnxTensor tensor(message);
        if (!tensor.isOutside)
            return false;
        payload = withElements(message, files.read(tensor));
        return hasOutside = true;
    });
    if (hasOutside) // otherwise the bytes stay as they are, since a model file's hash was taken of them
        network.bytes = whole;
    return network;
}

std::shared_ptr<const Backbone> createBackbone(const BackboneSource& source, const Device& device)
{
    // cv::dnn must not get what cannot be checked: it divides by sizes that are missing, for instance.
    if (!isNetwork(source))
        refuseOtherFiles(source);
    checkNetwork(source);
    try
    {
        const BackboneSource readable = {source.name, withoutConstantIdentities(source.bytes), source.outputs,
                                         source.ranges};
        return Backbone::create(readable, device);
    }
    catch (const cv::Exception& e)
    {
        if (e.code != Error::StsParseError)
            throw;
        CV_Error_(Error::StsParseError,
                  ("Backbone %s %s. %s cv::dnn says: %s", source.name.c_str(), reasonOf(source, startOf(e.err)).c_str(),
                   exportAdvice(source).c_str(), reasonOfDnn(startOf(e.err)).c_str()));
    }
}

}} // namespace cv::anomaly
