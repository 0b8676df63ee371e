// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// The reader of ONNX files on a whole file and on damaged ones.
#include "test_precomp.hpp"

#include "../src/backbone/onnx_graph.hpp"

#include <fstream>
#include <iterator>

namespace opencv_test { namespace {

std::vector<uchar> bytesOfFile(const String& name)
{
    std::ifstream stream(testDataPath("backbones/" + name).c_str(), std::ios::binary);
    return std::vector<uchar>(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
}

TEST(Anomaly_OnnxGraph, has_nodes_and_constants_of_the_file)
{
    const OnnxGraph graph = readOnnxGraph(bytesOfFile("operators.onnx"));
    EXPECT_EQ("image", graph.input);
    ASSERT_EQ(25u, graph.nodes.size());
    EXPECT_EQ("Conv", graph.nodes[0].type);
    EXPECT_EQ(std::vector<std::string>(1, "first"), graph.nodes[0].outputs);
    EXPECT_EQ(std::vector<int64>({0, 0, 1, 1}), graph.nodes[0].integers.at("pads"));
    EXPECT_EQ("Clip", graph.nodes[4].type);
    EXPECT_EQ(1.f, graph.nodes[4].floats.at("max"));
    const Mat weights = graph.constants.at("first_w");
    ASSERT_EQ(4, weights.dims);
    EXPECT_EQ(8, weights.size[0]);
    EXPECT_EQ(3, weights.size[3]);
    EXPECT_TRUE(checkRange(weights));
    EXPECT_LT(0, cv::norm(weights, NORM_INF));
}

// A file that is cut off or changed is read or refused, and no byte after its end is accessed.
TEST(Anomaly_OnnxGraph, damaged_files_are_exceptions)
{
    const std::vector<uchar> whole = bytesOfFile("operators.onnx");
    int refused = 0;
    const auto tryReading = [&refused](const std::vector<uchar>& bytes) {
        try
        {
            readOnnxGraph(bytes);
        }
        catch (const cv::Exception&)
        {
            refused++;
        }
    };
    for (size_t size = 0; size < whole.size(); size += 7)
        tryReading(std::vector<uchar>(whole.begin(), whole.begin() + size));
    for (size_t at = 0; at < whole.size(); at += 3)
    {
        std::vector<uchar> changed = whole;
        changed[at] ^= 0x80 | at % 64;
        tryReading(changed);
    }
    EXPECT_LT(int(whole.size()) / 10, refused);
}

}} // namespace opencv_test
