// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// The checks of an ONNX file before cv::dnn reads it: external weights, operators, and damaged files.
#include "test_networks.hpp"
#include "test_textures.hpp"

#include "../src/backbone/int8_layers.hpp"
#include "../src/backbone/network_check.hpp"
#include "../src/backbone/onnx_fields.hpp"
#include "../src/backbone/protobuf.hpp"

#include "opencv2/core/utils/filesystem.hpp"

#include <fstream>
#include <functional>
#include <iterator>

#ifndef _WIN32
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace opencv_test { namespace {

typedef std::vector<uchar> Buffer;

Buffer textBytes(const std::string& text)
{
    return Buffer(text.begin(), text.end());
}

Buffer readAll(const String& file)
{
    std::ifstream stream(file.c_str(), std::ios::binary);
    return Buffer(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
}

void writeAll(const String& file, const Buffer& bytes)
{
    std::ofstream(file.c_str(), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), std::streamsize(bytes.size()));
}

//! A folder that is removed with its content at the end.
struct TemporaryFolder
{
    TemporaryFolder() : name(cv::tempfile("")) { EXPECT_TRUE(utils::fs::createDirectory(name)); }
    ~TemporaryFolder() { utils::fs::remove_all(name); }
    String of(const String& file) const { return utils::fs::join(name, file); }

    String name;
};

//! Returns a network of the test data in which each tensor or node is replaced by another message.
Buffer withParts(const char* file, int part, const std::function<Buffer(Bytes)>& change)
{
    return rewrite(bytesOf(readAll(testDataPath(String("backbones/") + file))), MODEL_GRAPH,
                   [&](Bytes graph, Buffer& changed) {
                       changed = rewrite(graph, part, [&](Bytes message, Buffer& newMessage) {
                           newMessage = change(message);
                           return true;
                       });
                       return true;
                   });
}

Buffer without(Bytes message, int number)
{
    Buffer kept;
    forEachField(message, [&](const Field& field) {
        if (field.number != number)
            append(kept, field.all);
    });
    return kept;
}

Buffer entry(const std::string& key, const std::string& value)
{
    Buffer message;
    appendText(message, ENTRY_KEY, key);
    appendText(message, ENTRY_VALUE, value);
    return message;
}

typedef std::vector<std::pair<std::string, std::string>> Entries;

//! Returns the tensor with its elements in an external file.
Buffer outside(Bytes tensor, const Entries& entries)
{
    Buffer message = without(tensor, TENSOR_RAW);
    appendNumber(message, TENSOR_LOCATION, 1);
    for (const std::pair<std::string, std::string>& item : entries)
    {
        const Buffer text = entry(item.first, item.second);
        appendField(message, TENSOR_EXTERNAL, text.data(), text.size());
    }
    return message;
}

Bytes rawOf(Bytes tensor)
{
    Bytes raw = {NULL, NULL};
    forEachField(tensor, [&raw](const Field& field) {
        if (field.number == TENSOR_RAW)
            raw = field.payload;
    });
    return raw;
}

//! Writes two_scales.onnx with its weights in a separate file at multiples of 4096 bytes, as PyTorch does.
void writeSplit(const String& file, const String& dataFile, const std::string& location)
{
    Buffer data;
    writeAll(file, withParts("two_scales.onnx", GRAPH_INITIALIZER, [&](Bytes tensor) {
                 data.resize((data.size() + 4095) / 4096 * 4096);
                 const Bytes raw = rawOf(tensor);
                 const Entries entries = {{"location", location},
                                          {"offset", std::to_string(data.size())},
                                          {"length", std::to_string(raw.size())}};
                 append(data, raw);
                 return outside(tensor, entries);
             }));
    writeAll(dataFile, data);
}

CFA::Params paramsOf(const String& network)
{
    CFA::Params params = quickParams();
    params.backbone = network;
    params.outputs = {"fine", "coarse"};
    return params;
}

double scoreBy(const CFA& cfa)
{
    return cfa.predict(badImage(3));
}

TEST(Anomaly_NetworkCheck, weights_beside_the_network_are_read)
{
    const TemporaryFolder folder;
    writeSplit(folder.of("split.onnx"), folder.of("split.onnx.data"), "split.onnx.data");
    const double expected = scoreBy(*quickDetector(paramsOf(testDataPath("backbones/two_scales.onnx"))));
    const Ptr<CFA> cfa = quickDetector(paramsOf(folder.of("split.onnx")));
    EXPECT_EQ(expected, scoreBy(*cfa));
    cfa->save(folder.of("model.yml"));
    EXPECT_EQ(expected, scoreBy(*CFA::load(folder.of("model.yml"))));
    EXPECT_EQ(expected, scoreBy(*CFA::load(folder.of("model.yml"), folder.of("split.onnx"))));
}

TEST(Anomaly_NetworkCheck, embedded_networks_hold_their_weights)
{
    const TemporaryFolder folder;
    writeSplit(folder.of("split.onnx"), folder.of("split.onnx.data"), "split.onnx.data");
    CFA::Params params = paramsOf(folder.of("split.onnx"));
    params.embedBackbone = true;
    const Ptr<CFA> cfa = quickDetector(params);
    cfa->save(folder.of("model.yml"));
    ASSERT_EQ(0, std::remove(folder.of("split.onnx.data").c_str()));
    EXPECT_EQ(scoreBy(*cfa), scoreBy(*CFA::load(folder.of("model.yml"))));
}

TEST(Anomaly_NetworkCheck, weights_may_lie_below_the_network)
{
    const TemporaryFolder folder;
    ASSERT_TRUE(utils::fs::createDirectory(folder.of("weights")));
    writeSplit(folder.of("split.onnx"), folder.of("weights/w.bin"), "./weights/w.bin");
    EXPECT_EQ("", errorOf([&]() { CFA::create(paramsOf(folder.of("split.onnx"))); }));
}

TEST(Anomaly_NetworkCheck, missing_weights_are_named_with_what_to_export)
{
    const TemporaryFolder folder;
    writeSplit(folder.of("split.onnx"), folder.of("elsewhere"), "split.onnx.data");
    const String error = errorOf([&]() { CFA::create(paramsOf(folder.of("split.onnx"))); });
    EXPECT_NE(String::npos, error.find("'split.onnx.data', which is not beside it")) << error;
    EXPECT_NE(String::npos, error.find("torch.onnx.export(model.float().eval(), torch.zeros(1, 3, 224, 224), "
                                       "'split.onnx', output_names=['fine', 'coarse'], opset_version=11, "
                                       "dynamo=False)"))
        << error;
}

//! Returns the message about a network whose tensors are all said to be at this place.
String errorOfPlace(const TemporaryFolder& folder, const Entries& entries)
{
    writeAll(folder.of("place.onnx"),
             withParts("two_scales.onnx", GRAPH_INITIALIZER, [&](Bytes tensor) { return outside(tensor, entries); }));
    return errorOf([&]() { CFA::create(paramsOf(folder.of("place.onnx"))); });
}

TEST(Anomaly_NetworkCheck, weights_out_of_the_folder_are_not_read)
{
    const TemporaryFolder outer;
    const TemporaryFolder folder;
    writeAll(outer.of("secret"), Buffer(1 << 16));
    const String beside = "../" + outer.name.substr(outer.name.find_last_of("/\\") + 1) + "/secret";
    const std::vector<std::string> places = {beside,
                                             outer.of("secret"),
                                             "a/../" + beside,
                                             "..",
                                             "/",
                                             "",
                                             "..\\secret",
                                             "C:\\secret",
                                             "\\\\host\\secret",
                                             "file:///etc/passwd",
                                             std::string("ok\0/../secret", 13)};
    for (const std::string& place : places)
    {
        const String error = errorOfPlace(folder, {{"location", place}});
        EXPECT_NE(String::npos, error.find("expected one in the folder of the ONNX file")) << place << ": " << error;
    }
}

#ifndef _WIN32
TEST(Anomaly_NetworkCheck, links_do_not_lead_out_of_the_folder)
{
    const TemporaryFolder outer;
    const TemporaryFolder folder;
    writeSplit(folder.of("split.onnx"), outer.of("w.data"), "w.data");
    ASSERT_EQ(0, symlink(outer.of("w.data").c_str(), folder.of("w.data").c_str()));
    EXPECT_ERROR_WITH("expected one in the folder of the ONNX file", CFA::create(paramsOf(folder.of("split.onnx"))));
    // A store of files may link to the network as well, so that both targets are in one folder.
    writeAll(outer.of("stored"), readAll(folder.of("split.onnx")));
    ASSERT_EQ(0, std::remove(folder.of("split.onnx").c_str()));
    ASSERT_EQ(0, symlink(outer.of("stored").c_str(), folder.of("split.onnx").c_str()));
    EXPECT_EQ("", errorOf([&]() { CFA::create(paramsOf(folder.of("split.onnx"))); }));
}

TEST(Anomaly_NetworkCheck, a_pipe_is_no_file_of_weights)
{
    const TemporaryFolder folder;
    ASSERT_EQ(0, mkfifo(folder.of("pipe").c_str(), 0600));
    EXPECT_NE("", errorOfPlace(folder, {{"location", "pipe"}}));
}
#endif

TEST(Anomaly_NetworkCheck, places_that_do_not_fit_are_refused)
{
    const TemporaryFolder folder;
    writeAll(folder.of("w"), Buffer(1 << 16));
    const Entries inFile = {{"location", "w"}};
    for (const Entries& wrong : std::vector<Entries>{{{"offset", "65537"}},
                                                     {{"offset", "65536"}},
                                                     {{"offset", "18446744073709551615"}},
                                                     {{"offset", "-8"}},
                                                     {{"offset", "many"}},
                                                     {{"length", "0"}},
                                                     {{"length", "7"}},
                                                     {{"length", "65537"}},
                                                     {{"length", "999999999999999"}},
                                                     {}})
    {
        Entries entries = inFile;
        entries.insert(entries.end(), wrong.begin(), wrong.end());
        const String error = errorOfPlace(folder, entries);
        EXPECT_NE(String::npos, error.find("place.onnx")) << error;
    }
}

//! Returns the message about a network of these bytes.
String errorOfNetwork(const Buffer& onnx)
{
    const TemporaryFolder folder;
    writeAll(folder.of("net.onnx"), onnx);
    return errorOf([&]() { CFA::create(paramsOf(folder.of("net.onnx"))); });
}

#define EXPECT_PART(part, text) EXPECT_PRED_FORMAT2(testing::IsSubstring, part, text)

TEST(Anomaly_NetworkCheck, tensors_without_numbers_are_refused)
{
    const Buffer none =
        withParts("two_scales.onnx", GRAPH_INITIALIZER, [](Bytes tensor) { return without(tensor, TENSOR_RAW); });
    EXPECT_PART("has 0 numbers in tensor 'fine_w', expected 1152", errorOfNetwork(none));
    EXPECT_PART("opset_version=11", errorOfNetwork(none));
    const Buffer few = withParts("two_scales.onnx", GRAPH_INITIALIZER, [](Bytes tensor) {
        Buffer message = without(tensor, TENSOR_RAW);
        appendField(message, TENSOR_RAW, rawOf(tensor).begin, 100);
        return message;
    });
    EXPECT_PART("has 25 numbers in tensor 'fine_w'", errorOfNetwork(few));
    for (const uint64 size : {uint64(0), uint64(1) << 40, ~uint64(0)})
    {
        const Buffer resized = withParts("two_scales.onnx", GRAPH_INITIALIZER, [size](Bytes tensor) {
            Buffer message = without(tensor, TENSOR_DIMS);
            for (int i = 0; i < 4; i++)
                appendNumber(message, TENSOR_DIMS, size);
            return message;
        });
        EXPECT_NE("", errorOfNetwork(resized)) << size;
    }
}

// Returns two_scales.onnx with a change to each tensor of weights.
Buffer withTensors(const std::function<Buffer(Bytes)>& change)
{
    return withParts("two_scales.onnx", GRAPH_INITIALIZER, change);
}

// cv::dnn takes the elements from the list of the tensor's type, and reads on behind it if they are elsewhere.
TEST(Anomaly_NetworkCheck, numbers_of_another_type_are_none)
{
    const Buffer others = withTensors([](Bytes tensor) {
        Buffer message = without(tensor, TENSOR_RAW);
        const Buffer ones(20000, 1);
        appendField(message, TENSOR_INT32S, ones.data(), ones.size());
        return message;
    });
    EXPECT_PART("has 0 numbers in tensor 'fine_w'", errorOfNetwork(others));
    for (const int type : {0, 8, 14, 17, 99})
        EXPECT_PART(format("'fine_w' of type %d, of which", type), errorOfNetwork(withTensors([type](Bytes tensor) {
                        Buffer message = without(tensor, TENSOR_TYPE);
                        appendNumber(message, TENSOR_TYPE, uint64(type));
                        return message;
                    })));
}

// A reader of protocol buffers skips a field of another kind than it knows, and would see another file than the check.
TEST(Anomaly_NetworkCheck, fields_of_another_kind_are_refused)
{
    EXPECT_PART("is of another kind", errorOfNetwork(withTensors([](Bytes tensor) {
                    Buffer message(tensor.begin, tensor.end);
                    appendText(message, TENSOR_TYPE, "1");
                    return message;
                })));
    Buffer group = readAll(testDataPath("backbones/two_scales.onnx"));
    for (const int kind : {3, 4}) // the marks of a group's start and end, which ONNX does not use
        group.push_back(uchar(20 << 3 | kind));
    EXPECT_PART("not an ONNX network", errorOfNetwork(group));
}

TEST(Anomaly_NetworkCheck, constants_of_one_name_are_refused)
{
    const Buffer twice = rewrite(bytesOf(readAll(testDataPath("backbones/two_scales.onnx"))), MODEL_GRAPH,
                                 [](Bytes graph, Buffer& changed) {
                                     append(changed, graph);
                                     forEachField(graph, [&changed](const Field& field) {
                                         if (field.number == GRAPH_INITIALIZER)
                                             append(changed, field.all);
                                     });
                                     return true;
                                 });
    EXPECT_PART("has two constants 'fine_w'", errorOfNetwork(twice));
}

TEST(Anomaly_NetworkCheck, a_network_in_a_model_file_has_no_files_beside_it)
{
    const BackboneSource source = {"inside.onnx",
                                   withParts("two_scales.onnx", GRAPH_INITIALIZER,
                                             [](Bytes tensor) {
                                                 return outside(tensor, {{"location", "w"}});
                                             }),
                                   {"fine", "coarse"},
                                   {}};
    const Device processor = {ENGINE_PLAIN, 0};
    EXPECT_ERROR_WITH("which a network within a model file cannot have", createBackbone(source, processor));
}

TEST(Anomaly_NetworkCheck, half_precision_is_explained_where_this_opencv_lacks_it)
{
    const Buffer half = withParts("two_scales.onnx", GRAPH_INITIALIZER, [](Bytes tensor) {
        Buffer message = without(bytesOf(without(tensor, TENSOR_RAW)), TENSOR_TYPE);
        appendNumber(message, TENSOR_TYPE, ONNX_FLOAT16);
        appendField(message, TENSOR_RAW, rawOf(tensor).begin, rawOf(tensor).size() / 2);
        return message;
    });
    const String error = errorOfNetwork(half);
    if (error.empty())
        SKIP_TEST("OpenCV 4.7 and newer read it");
    EXPECT_PART("has weights in half precision", error);
}

Buffer withNodes(const std::function<Buffer(Bytes)>& change)
{
    return withParts("two_scales.onnx", GRAPH_NODE, change);
}

TEST(Anomaly_NetworkCheck, unknown_operators_are_named_before_opencv_speaks)
{
    const String error = errorOfNetwork(withNodes([](Bytes node) {
        Buffer message = without(node, NODE_TYPE);
        appendText(message, NODE_TYPE, "Imagined");
        return message;
    }));
    EXPECT_EQ(0u, error.find("Backbone net.onnx uses the operator Imagined in node 'fine', which OpenCV " CV_VERSION
                             " does not have, or not in this form. Export it as one file"))
        << error;
    EXPECT_PART("cv::dnn says: ", error);
}

//! Returns a network in which each node has an additional integer attribute of this name and value.
Buffer withAttribute(const std::string& name, int64 value)
{
    return withNodes([&](Bytes node) {
        Buffer message(node.begin, node.end), attribute;
        appendText(attribute, ATTRIBUTE_NAME, name);
        appendNumber(attribute, name == "group" ? ATTRIBUTE_INT : ATTRIBUTE_INTS, uint64(value));
        if (name != "group")
            appendNumber(attribute, ATTRIBUTE_INTS, uint64(value));
        appendField(message, NODE_ATTRIBUTE, attribute.data(), attribute.size());
        return message;
    });
}

TEST(Anomaly_NetworkCheck, steps_that_cv_dnn_divides_by_are_not_0)
{
    for (const char* name : {"strides", "dilations", "kernel_shape", "group"})
        for (const int64 value : {0, -1})
            EXPECT_PART(format("has %d in %s of node", int(value), name), errorOfNetwork(withAttribute(name, value)));
    EXPECT_PART("has -20 in pads of node", errorOfNetwork(withAttribute("pads", -20)));
}

// Many layers with large borders make maps whose number of values is no int.
TEST(Anomaly_NetworkCheck, maps_without_end_are_refused)
{
    Network network(3);
    std::string map = "image";
    for (int i = 0; i < 4; i++)
        map = network.convolve(map, 1, i ? 1 : 3, 1, {{"pads", std::vector<int64>{0, 16384, 0, 16384}}});
    map = network.convolve(map, 1, 1, 1, {{"pads", std::vector<int64>{16384, 0, 16384, 0}}});
    const BackboneSource source = network.source({map});
    const LayerGraph graph = readLayers(readOnnxGraph(source.bytes), source.outputs, Int8LayerFactory());
    EXPECT_ERROR_WITH("A map of 4305457152 values is too large", graph.shapes(MapShape{1, 3, Size(64, 64)}));
}

TEST(Anomaly_NetworkCheck, names_may_be_long)
{
    const std::string error = errorOfNetwork(withNodes([](Bytes node) {
        const Buffer unnamed = without(node, NODE_NAME);
        Buffer message = without(bytesOf(unnamed), NODE_TYPE);
        appendText(message, NODE_NAME, std::string(100000, 'n'));
        appendText(message, NODE_TYPE, "Imagined");
        return message;
    }));
    EXPECT_PART("nnnn", error);
    EXPECT_LT(error.size(), 5000u);
}

// PyTorch's newer exporter writes attributes that have their default value, and the order of fields is free.
TEST(Anomaly_NetworkCheck, attributes_are_read_as_onnx_has_them)
{
    Buffer pad, epsilon, node;
    appendText(pad, ATTRIBUTE_NAME, "auto_pad");
    appendText(pad, ATTRIBUTE_TEXT, "NOTSET");
    epsilon.push_back(uchar(ATTRIBUTE_FLOAT << 3 | 5));
    const float value = 3;
    epsilon.insert(epsilon.end(), reinterpret_cast<const uchar*>(&value), reinterpret_cast<const uchar*>(&value + 1));
    appendText(epsilon, ATTRIBUTE_NAME, "epsilon");
    for (const Buffer& attribute : {pad, epsilon})
        appendField(node, NODE_ATTRIBUTE, attribute.data(), attribute.size());
    appendText(node, NODE_TYPE, "Relu");
    EXPECT_EQ(0u, readNode(bytesOf(node)).integers.count("auto_pad"));
    EXPECT_EQ(3.f, readNode(bytesOf(node)).floats["epsilon"]);
    EXPECT_EQ("Relu", readNode(bytesOf(node)).type);
    appendText(node, NODE_DOMAIN, "com.acme");
    EXPECT_EQ("com.acme::Relu", readNode(bytesOf(node)).type);
}

TEST(Anomaly_NetworkCheck, inputs_that_nothing_gives_are_refused)
{
    for (const char* input : {"nowhere", ""})
    {
        const String error = errorOfNetwork(withNodes([input](Bytes node) {
            Buffer message = without(node, NODE_INPUT);
            appendText(message, NODE_INPUT, "image");
            appendText(message, NODE_INPUT, input);
            return message;
        }));
        EXPECT_PART(*input ? "has no 'nowhere', which node" : "lacks input 1, which node", error);
    }
}

TEST(Anomaly_NetworkCheck, identities_of_constants_are_read)
{
    Buffer identity;
    appendText(identity, NODE_INPUT, "fine_w");
    appendText(identity, NODE_OUTPUT, "same_w");
    appendText(identity, NODE_TYPE, "Identity");
    const Buffer renamed = withNodes([](Bytes node) {
        return rewrite(node, NODE_INPUT, [](Bytes name, Buffer& changed) {
            changed = textBytes("same_w");
            return name.text() == "fine_w";
        });
    });
    const Buffer onnx = rewrite(bytesOf(renamed), MODEL_GRAPH, [&identity](Bytes graph, Buffer& changed) {
        appendField(changed, GRAPH_NODE, identity.data(), identity.size());
        append(changed, graph);
        return true;
    });
    const TemporaryFolder folder;
    writeAll(folder.of("net.onnx"), onnx);
    EXPECT_EQ(scoreBy(*quickDetector(paramsOf(testDataPath("backbones/two_scales.onnx")))),
              scoreBy(*quickDetector(paramsOf(folder.of("net.onnx")))));
}

TEST(Anomaly_NetworkCheck, what_is_no_network_is_named)
{
    EXPECT_PART("is an empty file", errorOfNetwork(Buffer()));
    EXPECT_PART("git lfs pull",
                errorOfNetwork(textBytes("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")));
    EXPECT_PART("not an ONNX network", errorOfNetwork(textBytes("<html>not found</html>")));
    const TemporaryFolder folder;
    EXPECT_ERROR_WITH("is a folder", CFA::create(paramsOf(folder.name)));
}

// Any file gives an exception or a network, and never a crash.
TEST(Anomaly_NetworkCheck, cut_networks_are_refused_or_read)
{
    const Buffer whole = readAll(testDataPath("backbones/one_scale.onnx"));
    const Device processor = {ENGINE_PLAIN, 0};
    for (size_t size = 0; size < whole.size(); size += 61)
    {
        const BackboneSource source = {"cut.onnx", Buffer(whole.begin(), whole.begin() + size), {"fine"}, {}};
        EXPECT_NE("", errorOf([&]() { createBackbone(source, processor); })) << size;
    }
}

}} // namespace opencv_test
