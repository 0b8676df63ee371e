// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Exported ONNX files: that graphs are complete, what cannot be exported, and that a failure keeps the old file.
#include "test_methods.hpp"

#include "../src/backbone/onnx_builder.hpp"
#include "../src/backbone/onnx_fields.hpp"
#include "../src/backbone/onnx_graph.hpp"
#include "../src/backbone/onnx_part.hpp"
#include "../src/backbone/onnx_tensor.hpp"

#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

namespace opencv_test { namespace {

std::vector<uchar> bytesOfFile(const String& name)
{
    std::ifstream stream(name.c_str(), std::ios::binary);
    return std::vector<uchar>(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
}

//! The names that a graph declares and uses.
struct GraphNames
{
    explicit GraphNames(const std::vector<uchar>& onnx)
    {
        forEachField(bytesOf(onnx), [this](const Field& model) {
            if (model.number == MODEL_GRAPH)
                forEachField(model.payload, [this](const Field& field) { add(field); });
            else if (model.number == MODEL_METADATA)
                metadata[onnxName(model.payload, ENTRY_KEY)] = onnxName(model.payload, ENTRY_VALUE);
        });
    }

    void add(const Field& field)
    {
        if (field.number == GRAPH_NODE)
            nodes.push_back(readNode(field.payload));
        else if (field.number == GRAPH_INPUT)
            inputs.push_back(onnxName(field.payload, VALUE_NAME));
        else if (field.number == GRAPH_OUTPUT)
            outputs.push_back(onnxName(field.payload, VALUE_NAME));
        else if (field.number == GRAPH_INITIALIZER)
            constants.insert(onnxName(field.payload, TENSOR_NAME));
    }

    std::vector<OnnxNode> nodes;
    std::vector<std::string> inputs, outputs;
    std::set<std::string> constants;
    std::map<std::string, std::string> metadata;
};

//! Checks that every tensor is defined before a node or an output uses it, and that no name is defined twice.
void expectComplete(const GraphNames& graph)
{
    std::set<std::string> there = graph.constants;
    there.insert(graph.inputs.begin(), graph.inputs.end());
    for (const OnnxNode& node : graph.nodes)
    {
        for (const std::string& input : node.inputs)
            EXPECT_TRUE(input.empty() || there.count(input)) << input << " of " << node.name;
        for (const std::string& output : node.outputs)
            EXPECT_TRUE(there.insert(output).second) << output << " of " << node.name;
    }
    for (const std::string& output : graph.outputs)
        EXPECT_TRUE(there.count(output)) << output;
}

GraphNames exported(const AnomalyDetector& detector, Size imageSize, int batch = 0)
{
    const TemporaryName file(".onnx");
    detector.exportOnnx(file.name, imageSize, EXPORT_BGR, EXPORT_NHWC, batch);
    const std::vector<uchar> bytes = bytesOfFile(file.name);
    EXPECT_EQ("image", readOnnxGraph(bytes).input);
    return GraphNames(bytes);
}

void expectExported(const AnomalyDetector& detector)
{
    for (const Size size : {Size(301, 217), Size(8, 64), Size(64, 64), Size(128, 128), Size(192, 128)})
    {
        const GraphNames graph = exported(detector, size);
        expectComplete(graph);
        EXPECT_EQ(std::vector<std::string>(1, "image"), graph.inputs);
        EXPECT_EQ((std::vector<std::string>{"score", "normalized_score", "defective", "map"}), graph.outputs);
        EXPECT_EQ(detector.getMethod(), graph.metadata.at("method"));
        EXPECT_EQ(detector.getImageThreshold(), std::stod(graph.metadata.at("image_threshold")));
        EXPECT_EQ(cv::format("%dx%d", size.width, size.height), graph.metadata.at("image_size"));
    }
}

TEST(Anomaly_OnnxExport, patchcore_is_a_whole_graph)
{
    expectExported(*quickDetectorOf<PatchCore>());
    PatchCore::Params params = quickParamsOf<PatchCore>();
    params.inputMode = INPUT_ENSEMBLE;
    params.K = 3;
    params.window = 2;
    expectExported(*quickDetectorOf<PatchCore>(params));
    params = quickParamsOf<PatchCore>();
    params.whitening = params.axes = 0;
    expectExported(*quickDetectorOf<PatchCore>(params));
}

TEST(Anomaly_OnnxExport, cfa_is_a_whole_graph)
{
    expectExported(*quickDetectorOf<CFA>());
    CFA::Params params = quickParamsOf<CFA>();
    params.inputMode = INPUT_ENSEMBLE;
    params.scoreMode = CFA::SCORE_CERTAINTY;
    expectExported(*quickDetectorOf<CFA>(params));
}

TEST(Anomaly_OnnxExport, padim_is_a_whole_graph)
{
    expectExported(*quickDetectorOf<PaDiM>());
    PaDiM::Params params = quickParamsOf<PaDiM>();
    params.inputMode = INPUT_CROPPED;
    params.reduction = PaDiM::FEATURES_PROJECTED;
    expectExported(*quickDetectorOf<PaDiM>(params));
}

// The file of an ensemble has the weights of the network only once.
TEST(Anomaly_OnnxExport, both_halves_of_an_ensemble_share_the_network)
{
    PaDiM::Params params = quickParamsOf<PaDiM>();
    params.inputMode = INPUT_ENSEMBLE;
    const GraphNames graph = exported(*quickDetectorOf<PaDiM>(params), Size(96, 80));
    int convolutions = 0;
    for (const OnnxNode& node : graph.nodes)
        if (node.type == "Conv" && node.name.compare(0, 17, "cropped_backbone/") == 0)
        {
            convolutions++;
            EXPECT_EQ(0u, node.inputs[1].find("backbone/")) << node.inputs[1];
        }
    EXPECT_LT(10, convolutions);
}

TEST(Anomaly_OnnxExport, refuses_what_it_can_not_write)
{
    const TemporaryName file(".onnx");
    const Size size(96, 80);
    EXPECT_ERROR_WITH("SPADE cannot be exported to ONNX: its bank",
                      quickDetectorOf<SPADE>()->exportOnnx(file.name, size));
    EXPECT_ERROR_WITH("empty", PaDiM::create(quickParamsOf<PaDiM>())->exportOnnx(file.name, size));
    const Ptr<PaDiM> padim = quickDetectorOf<PaDiM>();
    EXPECT_ERROR_WITH("7x80", padim->exportOnnx(file.name, Size(7, 80)));
    EXPECT_ERROR_WITH("-5x80", padim->exportOnnx(file.name, Size(-5, 80)));
    EXPECT_ERROR_WITH("100x40000", padim->exportOnnx(file.name, Size(100, 40000)));
    EXPECT_ERROR_WITH("0x0", padim->exportOnnx(file.name, Size()));
    EXPECT_ERROR_WITH("colors is 2", padim->exportOnnx(file.name, size, 2));
    EXPECT_ERROR_WITH("layout is -1", padim->exportOnnx(file.name, size, EXPORT_RGB, -1));
    EXPECT_ERROR_WITH("batch is -1", padim->exportOnnx(file.name, size, EXPORT_RGB, EXPORT_NCHW, -1));
    EXPECT_FALSE(std::ifstream(file.name.c_str()).is_open());
}

TEST(Anomaly_OnnxExport, places_that_can_not_be_written_to_are_named)
{
    const Ptr<PaDiM> padim = quickDetectorOf<PaDiM>();
    EXPECT_ERROR_WITH("no/such/folder/m.onnx", padim->exportOnnx("no/such/folder/m.onnx", Size(96, 80)));
    EXPECT_ERROR_WITH("it is a folder", padim->exportOnnx(testDataPath("backbones"), Size(96, 80)));
    EXPECT_NE("", errorOf([&]() { padim->exportOnnx("", Size(96, 80)); }));
#ifdef _WIN32 // which refuses the others in names
    const TemporaryName odd("a b'.onnx");
#else
    const TemporaryName odd("?a b'\n.onnx");
#endif
    padim->exportOnnx(odd.name, Size(96, 80));
    expectComplete(GraphNames(bytesOfFile(odd.name)));
}

// An old file stays intact if the new one cannot be made.
TEST(Anomaly_OnnxExport, a_refused_export_leaves_the_old_file)
{
    const TemporaryName file(".onnx");
    std::ofstream(file.name.c_str()) << "old";
    EXPECT_NE("", errorOf([&]() { quickDetectorOf<SPADE>()->exportOnnx(file.name, Size(96, 80)); }));
    EXPECT_EQ(3u, bytesOfFile(file.name).size());
}

TEST(Anomaly_OnnxExport, of_tiles_there_is_the_model_of_one)
{
    PaDiM::Params params = quickParamsOf<PaDiM>();
    params.tile = 48;
    const Ptr<PaDiM> detector = quickDetectorOf<PaDiM>(params);
    EXPECT_EQ("48", exported(*detector, Size(48, 48)).metadata.at("tile"));
    EXPECT_ERROR_WITH("export it for 48x48", exported(*detector, Size(96, 80)));
}

// The network's Reshape may mix the images of a batch.
TEST(Anomaly_OnnxExport, a_network_for_one_image_limits_the_batch)
{
    PaDiM::Params params = quickParamsOf<PaDiM>();
    params.backbone = testDataPath("backbones/fixed_size.onnx");
    params.outputs = {"fixed"};
    params.keepAspect = false;
    params.features = 2;
    const Ptr<PaDiM> detector = quickDetectorOf<PaDiM>(params);
    expectComplete(exported(*detector, Size(96, 80)));
    EXPECT_ERROR_WITH("may mix the images", exported(*detector, Size(96, 80), 2));

    const TemporaryName file(".onnx");
    EXPECT_EQ(1, detector->exportOnnx(file.name, Size(96, 80)));
    const Ptr<PaDiM> embedded = quickDetectorOf<PaDiM>();
    EXPECT_EQ(0, embedded->exportOnnx(file.name, Size(96, 80)));
    EXPECT_EQ(3, embedded->exportOnnx(file.name, Size(96, 80), EXPORT_BGR, EXPORT_NHWC, 3));
}

// ---- networks as parts of a graph

GraphNames partOf(const String& network, const std::vector<std::string>& outputs)
{
    OnnxBuilder builder("1");
    builder.addPart(
        onnxPart(bytesOfFile(testDataPath("backbones/" + network)), outputs, {"results/", "constants/", false}));
    std::ostringstream stream;
    builder.write(stream);
    const std::string text = stream.str();
    EXPECT_EQ(builder.size(), text.size());
    return GraphNames(std::vector<uchar>(text.begin(), text.end()));
}

TEST(Anomaly_OnnxPart, has_new_names)
{
    for (const OnnxNode& node : partOf("operators.onnx", {"clipped", "sum_relu", "last"}).nodes)
    {
        for (const std::string& input : node.inputs)
            EXPECT_TRUE(input.empty() || input.find("results/") == 0 || input.find("constants/") == 0) << input;
        EXPECT_EQ(0u, node.outputs[0].find("results/"));
    }
}

// Until opset 10 the limits of Clip were attributes.
TEST(Anomaly_OnnxPart, older_operators_take_their_newer_form)
{
    const GraphNames graph = partOf("operators.onnx", {"clipped", "sum_relu", "last"});
    int clips = 0;
    for (const OnnxNode& node : graph.nodes)
        if (node.type == "Clip")
        {
            clips++;
            EXPECT_TRUE(node.floats.empty());
            ASSERT_LE(2u, node.inputs.size());
            for (size_t i = 1; i < node.inputs.size(); i++)
                EXPECT_TRUE(node.inputs[i].empty() || graph.constants.count(node.inputs[i])) << node.inputs[i];
        }
    EXPECT_EQ(3, clips);
}

TEST(Anomaly_OnnxPart, what_outputs_do_not_need_is_left_out)
{
    const GraphNames graph = partOf("two_scales.onnx", {"fine"});
    ASSERT_EQ(1u, graph.nodes.size());
    EXPECT_EQ("results/fine", graph.nodes[0].outputs[0]);
    EXPECT_EQ(graph.nodes[0].inputs.size() - 1, graph.constants.size());
}

TEST(Anomaly_OnnxPart, damaged_networks_are_exceptions)
{
    const std::vector<uchar> whole = bytesOfFile(testDataPath("backbones/two_scales.onnx"));
    int refused = 0;
    for (size_t size = 0; size < whole.size(); size += 3)
        try
        {
            onnxPart(std::vector<uchar>(whole.begin(), whole.begin() + size), {"fine"}, {"a/", "b/", false});
        }
        catch (const cv::Exception&)
        {
            refused++;
        }
    EXPECT_LT(int(whole.size()) / 6, refused);
}

}} // namespace opencv_test
