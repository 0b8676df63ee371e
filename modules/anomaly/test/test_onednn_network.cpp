// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Networks that oneDNN runs, compared with cv::dnn.
#include "test_textures.hpp"
#include "test_maps.hpp"
#include "test_networks.hpp"
#include "test_targets.hpp"

#ifdef HAVE_ANOMALY_ONEDNN

#include "../src/backbone/onednn_network.hpp"

#include <atomic>
#include <thread>

namespace opencv_test { namespace {

void expectAsOpenCV(const BackboneSource& source, const Mat& input, bool exactly = false, double bound = 1e-5)
{
    const FeatureMaps expected = byOpenCV(source, input), found = createOneDnnNetwork(source)->forward(input);
    ASSERT_EQ(expected.maps.size(), found.maps.size());
    EXPECT_EQ(expected.channels, found.channels);
    for (size_t i = 0; i < expected.maps.size(); i++)
    {
        ASSERT_EQ(shapeOf(expected.maps[i]), shapeOf(found.maps[i]));
        EXPECT_GT(cv::norm(expected.maps[i], NORM_INF), 0);
        EXPECT_LE(difference(found.maps[i], expected.maps[i]), exactly && opencvIsExact ? 0 : bound)
            << source.outputs[i];
    }
}

struct Kind
{
    int channels, outputs, groups, kernel, stride;
    std::vector<int64> pads; // top, left, bottom, right
};

void expectConvolutionAsOpenCV(const Kind& kind, Size map, bool whole, double bound = 1e-5)
{
    SCOPED_TRACE(format("%d -> %d channels in %d groups, %dx%d, stride %d, map %dx%d, pads %d %d %d %d", kind.channels,
                        kind.outputs, kind.groups, kind.kernel, kind.kernel, kind.stride, map.width, map.height,
                        int(kind.pads[0]), int(kind.pads[1]), int(kind.pads[2]), int(kind.pads[3])));
    Network network(kind.channels, whole);
    const std::string output = network.convolve(
        "image", kind.outputs, kind.channels / kind.groups, kind.kernel,
        {{"strides", std::vector<int64>(2, kind.stride)}, {"pads", kind.pads}, {"group", int64(kind.groups)}});
    expectAsOpenCV(network.source({output}), inputOf(2, kind.channels, map, whole), whole, bound);
}

void expectConvolutionsAsOpenCV(const std::vector<Kind>& kinds)
{
    for (const Size map : {Size(31, 37), Size(9, 115), Size(7, 5)})
        for (const Kind& kind : kinds)
            for (bool whole : {false, true})
                expectConvolutionAsOpenCV(kind, map, whole);
}

// Without this it would be taken for none, and all maps would lack it.
TEST(Anomaly_OneDnn, a_bias_that_is_no_constant_is_left_to_opencv)
{
    Network network(3);
    network.addInput("weights", {4, 3, 1, 1});
    network.addInput("bias", {4});
    const std::string output = network.add("Conv", {network.convolve("image", 3, 3, 1), "weights", "bias"},
                                           {{"kernel_shape", std::vector<int64>{1, 1}}});
    EXPECT_ERROR_WITH("bias", createOneDnnNetwork(network.source({output})));
}

TEST(Anomaly_OneDnn, full_convolutions_agree_with_opencv)
{
    for (int stride : {1, 2})
        expectConvolutionsAsOpenCV({{5, 19, 1, 1, stride, all(0)},
                                    {33, 16, 1, 1, stride, all(0)},
                                    {3, 32, 1, 3, stride, all(1)},
                                    {16, 24, 1, 5, stride, all(2)},
                                    {3, 64, 1, 7, stride, all(3)},
                                    {6, 10, 1, 3, stride, {1, 0, 2, 1}}});
}

TEST(Anomaly_OneDnn, convolutions_in_groups_agree_with_opencv)
{
    for (int stride : {1, 2})
        expectConvolutionsAsOpenCV({{32, 64, 4, 3, stride, all(1)}, {10, 15, 5, 3, stride, all(1)}});
}

TEST(Anomaly_OneDnn, depthwise_convolutions_agree_with_opencv)
{
    for (int stride : {1, 2})
        expectConvolutionsAsOpenCV({{13, 13, 13, 3, stride, all(1)}, {48, 48, 48, 5, stride, all(2)}});
}

// From 64 channels on, 3x3 convolutions are computed by Winograd's method: in tiles of 4x4, or of 2x2 on small maps.
const std::vector<Kind> winogradKinds = {
    {64, 64, 1, 3, 1, all(1)}, {80, 64, 1, 3, 1, {1, 0, 2, 1}}, {64, 96, 1, 3, 1, all(0)}};
// OpenCV 4.7 and later round by this method too.
const double winogradBound = opencvIsExact ? 1e-5 : 3e-5;
const Size largeMaps[] = {Size(31, 37), Size(9, 115), Size(70, 77)}, smallMaps[] = {Size(13, 15), Size(3, 50)};

TEST(Anomaly_OneDnn, winograd_convolutions_agree_with_opencv)
{
    EachTarget().run([] {
        for (const Size& map : largeMaps)
            for (const Kind& kind : winogradKinds)
                expectConvolutionAsOpenCV(kind, map, false, winogradBound);
    });
}

// All factors of tiles of 2x2 are 1 or 1/2.
TEST(Anomaly_OneDnn, winograd_convolutions_in_small_tiles_are_exact)
{
    EachTarget().run([] {
        for (const Size& map : smallMaps)
            for (const Kind& kind : winogradKinds)
                expectConvolutionAsOpenCV(kind, map, true, winogradBound);
    });
}

//! Blocks of a ResNet. Where all of their results are outputs, no sum can be written over the map that it adds.
BackboneSource residualBlocks(int count, bool whole, bool allAreOutputs)
{
    const std::vector<OnnxAttribute> same = {{"pads", all(1)}};
    Network network(64, whole);
    std::vector<std::string> results(1, "image");
    for (int i = 0; i < count; i++)
    {
        const std::string active = network.add("Relu", {network.convolve(results.back(), 64, 64, 3, same)}),
                          other = network.convolve(active, 64, 64, 3, same);
        results.push_back(network.add("Relu", {network.add("Add", {other, results.back()})}));
    }
    return network.source({allAreOutputs ? results.begin() + 1 : results.end() - 1, results.end()});
}

TEST(Anomaly_OneDnn, winograd_convolutions_take_sums_and_activations)
{
    for (bool allAreOutputs : {false, true})
    {
        expectAsOpenCV(residualBlocks(2, false, allAreOutputs), inputOf(2, 64, largeMaps[0]), false, winogradBound);
        expectAsOpenCV(residualBlocks(1, true, allAreOutputs), inputOf(2, 64, smallMaps[0], true), true, winogradBound);
    }
}

TEST(Anomaly_OneDnn, winograd_results_are_the_same_on_any_number_of_threads_and_after_other_sizes)
{
    SKIP_UNDER_THREAD_SANITIZER();
    const int threadsBefore = getNumThreads();
    const std::shared_ptr<const Backbone> network = createOneDnnNetwork(residualBlocks(2, false, true));
    const Mat large = inputOf(2, 64, largeMaps[2]), small = inputOf(1, 64, smallMaps[0]);
    setNumThreads(1);
    const std::vector<Mat> ofLarge = copied(network->forward(large)), ofSmall = copied(network->forward(small));
    for (int threads : {1, 2, 3})
    {
        setNumThreads(threads);
        EXPECT_TRUE(areEqual(copied(network->forward(large)), ofLarge)) << threads;
        EXPECT_TRUE(areEqual(copied(network->forward(small)), ofSmall)) << threads;
    }
    setNumThreads(threadsBefore);
}

// cv::dnn's depthwise convolutions have the same padding on both sides, so that the border is part of the map here.
TEST(Anomaly_OneDnn, depthwise_convolutions_pad_each_side_by_itself)
{
    for (int stride : {1, 2})
    {
        const auto depthwise = [stride](const std::vector<int64>& pads) {
            Network network(6);
            const std::string output = network.convolve(
                "image", 6, 1, 5, {{"strides", std::vector<int64>(2, stride)}, {"pads", pads}, {"group", 6}});
            return network.source({output});
        };
        const Mat input = inputOf(1, 6, Size(14, 31));
        Mat bordered = Mat::zeros(4, std::vector<int>{1, 6, 31 + 4, 14 + 2}.data(), CV_32F);
        input.copyTo(bordered({Range::all(), Range::all(), Range(1, 32), Range(2, 16)}));
        const FeatureMaps found = createOneDnnNetwork(depthwise({1, 2, 3, 0}))->forward(input),
                          expected = byOpenCV(depthwise(all(0)), bordered);
        EXPECT_LT(difference(found.maps[0], expected.maps[0]), 1e-5);
    }
}

// Whole strips of the kernel are in the padding.
TEST(Anomaly_OneDnn, wide_padding_agrees_with_opencv)
{
    Network network(4);
    const std::string output = network.convolve("image", 8, 4, 3, {{"pads", all(20)}});
    expectAsOpenCV(network.source({output}), inputOf(1, 4, Size(11, 9)));
}

TEST(Anomaly_OneDnn, normalization_and_activations_agree_with_opencv)
{
    Network network(3);
    const std::string first = network.normalize(network.convolve("image", 16, 3, 3, {{"pads", all(1)}}), 16),
                      relu = network.add("Relu", {first}),
                      second = network.normalize(network.convolve(relu, 20, 16, 1), 20),
                      third = network.add("Relu", {network.normalize(network.convolve(second, 8, 20, 3), 8)});
    expectAsOpenCV(network.source({relu, second, third}), inputOf(2, 3, Size(31, 23)));
}

// OpenCV 4.6 cannot be compared with, because it does not read bounds that are inputs. A map with one reader is clipped
// by the convolution, and a map with two readers by a separate layer.
TEST(Anomaly_OneDnn, clips_to_any_range)
{
    const Mat input = inputOf(2, 3, Size(29, 31), true);
    for (const Vec2f& range : {Vec2f(0, 6), Vec2f(-2, 3), Vec2f(1, FLT_MAX), Vec2f(-FLT_MAX, 2)})
    {
        Network alone(3, true), both(3, true);
        const std::string clipped = alone.clip(alone.convolve("image", 8, 3, 3), range[0], range[1]),
                          plain = both.convolve("image", 8, 3, 3), clippedToo = both.clip(plain, range[0], range[1]);
        const FeatureMaps one = createOneDnnNetwork(alone.source({clipped}))->forward(input),
                          two = createOneDnnNetwork(both.source({plain, clippedToo}))->forward(input);
        const Mat expected = min(max(two.maps[0], range[0]), range[1]);
        EXPECT_GT(cv::norm(expected, two.maps[0], NORM_INF), 0);
        EXPECT_EQ(0, cv::norm(expected, two.maps[1], NORM_INF)) << range;
        EXPECT_EQ(0, cv::norm(expected, one.maps[0], NORM_INF)) << range;
    }
}

// Sums as in ResNets and in MobileNets. Whole numbers show a sum that is added twice, or to a later map.
TEST(Anomaly_OneDnn, sums_before_and_after_an_activation_are_exact)
{
    const std::vector<OnnxAttribute> same = {{"pads", all(1)}};
    Network network(3, true);
    const std::string first = network.add("Relu", {network.convolve("image", 8, 3, 3, same)}),
                      before =
                          network.add("Relu", {network.add("Add", {network.convolve(first, 8, 8, 3, same), first})}),
                      active = network.add("Relu", {network.convolve(before, 8, 8, 1)}),
                      after = network.add("Add", {active, before}),
                      itself = network.add("Add", {network.convolve(after, 8, 8, 3, same), after});
    expectAsOpenCV(network.source({itself}), inputOf(2, 3, Size(29, 31), true), true);
}

// The sum must not overwrite a map that is also an output.
TEST(Anomaly_OneDnn, sums_leave_an_output_that_they_add_as_it_is)
{
    Network network(3, true);
    const std::string first = network.convolve("image", 8, 3, 1), second = network.convolve(first, 8, 8, 1),
                      third = network.convolve(second, 8, 8, 1), sum = network.add("Add", {third, first});
    expectAsOpenCV(network.source({first, second, sum}), inputOf(2, 3, Size(29, 31), true), true);
}

// Only one of the two readers of the map applies an activation.
TEST(Anomaly_OneDnn, maps_with_several_readers_agree_with_opencv)
{
    Network network(3, true);
    const std::string first = network.convolve("image", 8, 3, 1), relu = network.add("Relu", {first}),
                      same = network.add("Identity", {relu}), sum = network.add("Add", {same, first}),
                      pooled = network.add("MaxPool", {relu}, {{"kernel_shape", {1, 1}}, {"strides", {1, 1}}}),
                      deeper = network.convolve(relu, 5, 8, 1);
    expectAsOpenCV(network.source({relu, sum, pooled, deeper}), inputOf(2, 3, Size(29, 31), true), true);
}

TEST(Anomaly_OneDnn, max_pooling_agrees_with_opencv)
{
    for (int stride : {1, 2})
        for (int kernel : {2, 3})
            for (const Size map : {Size(31, 37), Size(20, 115)})
            {
                Network network(5, true);
                const std::string output = network.add("MaxPool", {"image"},
                                                       {{"kernel_shape", std::vector<int64>(2, kernel)},
                                                        {"strides", std::vector<int64>(2, stride)},
                                                        {"pads", all(kernel / 2)}});
                expectAsOpenCV(network.source({output}), inputOf(2, 5, map, true), true);
            }
}

TEST(Anomaly_OneDnn, all_operators_in_one_network_agree_with_opencv)
{
    expectAsOpenCV(loadBackbone(testDataPath("backbones/operators.onnx"), {"clipped", "sum_relu", "last"}),
                   inputOf(2, 3, Size(61, 90)));
}

TEST(Anomaly_OneDnn, results_are_the_same_on_any_number_of_threads_and_in_a_batch)
{
    SKIP_UNDER_THREAD_SANITIZER();
    const std::shared_ptr<const Backbone> network = createOneDnnNetwork(loadBackbone("", {"c2", "c3", "c4"}));
    const int images = 3, threadsBefore = getNumThreads();
    const Mat batch = inputOf(images, 3, Size(225, 193));
    setNumThreads(1);
    const FeatureMaps together = network->forward(batch);
    for (int threads : {1, 2, 3})
    {
        setNumThreads(threads);
        EXPECT_TRUE(areEqual(copied(network->forward(batch)), together.maps)) << threads;
        for (int image = 0; image < images; image++)
        {
            const int sizes[] = {1, 3, batch.size[2], batch.size[3]};
            const Mat alone(4, sizes, CV_32F, const_cast<float*>(batch.ptr<float>(image)));
            EXPECT_TRUE(areEqual(copied(network->forward(alone)), together.of(image))) << threads << ", " << image;
        }
    }
    setNumThreads(threadsBefore);
}

TEST(Anomaly_OneDnn, callers_at_the_same_time_get_what_they_get_alone)
{
    const std::shared_ptr<const Backbone> network = createOneDnnNetwork(loadBackbone("", {"c2", "c3", "c4"}));
    const Size sizes[] = {Size(64, 96), Size(97, 65), Size(64, 64)};
    std::vector<Mat> inputs;
    std::vector<std::vector<Mat>> alone;
    for (const Size& size : sizes)
    {
        inputs.push_back(inputOf(1, 3, size));
        alone.push_back(copied(createOneDnnNetwork(loadBackbone("", {"c2", "c3", "c4"}))->forward(inputs.back())));
    }
    std::atomic<int> others(0);
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 6; thread++)
        threads.emplace_back([&, thread] {
            for (int step = 0; step < 9; step++)
                others += !areEqual(network->forward(inputs[(thread + step) % 3]).maps, alone[(thread + step) % 3]);
        });
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_EQ(0, others);
}

TEST(Anomaly_OneDnn, maps_outlive_the_network)
{
    std::shared_ptr<const Backbone> network = createOneDnnNetwork(loadBackbone("", {"c2"}));
    const FeatureMaps features = network->forward(inputOf(1, 3, Size(64, 64)));
    const std::vector<Mat> before = copied(features);
    network.reset();
    EXPECT_TRUE(areEqual(before, features.maps));
}

TEST(Anomaly_OneDnn, unknown_operators_are_named_and_left_to_opencv)
{
    const BackboneSource reshaped = loadBackbone(testDataPath("backbones/fixed_size.onnx"), {"fixed"});
    EXPECT_ERROR_WITH("operator Reshape", createOneDnnNetwork(reshaped));
    const Mat input = inputOf(1, 3, Size(64, 64));
    const FeatureMaps found = Backbone::create(reshaped, onProcessor(CFA::create()->getEngine()))->forward(input);
    EXPECT_LT(difference(found.maps[0], byOpenCV(reshaped, input).maps[0]), 1e-5);
}

TEST(Anomaly_OneDnn, inputs_that_a_network_does_not_take_are_exceptions)
{
    Network network(3);
    const std::string output = network.convolve("image", 4, 3, 5);
    const std::shared_ptr<const Backbone> backbone = createOneDnnNetwork(network.source({output}));
    EXPECT_ERROR_WITH("does not take an input of 1x3x4x9", backbone->forward(inputOf(1, 3, Size(9, 4))));
    EXPECT_ERROR_WITH("weights for each channel", backbone->forward(inputOf(1, 2, Size(9, 9))));
    EXPECT_EQ("1x4x5x5", shapeOf(backbone->forward(inputOf(1, 3, Size(9, 9))).maps[0]));
}

TEST(Anomaly_OneDnn, runs_the_embedded_backbone_of_a_model)
{
    SKIP_WITHOUT_HALIDE();
    if (!isOneDnnFast())
        SKIP_TEST("oneDNN has no fast convolutions for this processor");
    const BackboneSource source = loadBackbone("", {"c2", "c3", "c4"});
    const Mat input = inputOf(1, 3, Size(64, 64));
    EXPECT_TRUE(areEqual(createOneDnnNetwork(source)->forward(input).maps,
                         Backbone::create(source, onProcessor(ENGINE_HALIDE))->forward(input).maps));
}

}} // namespace opencv_test

#else

namespace opencv_test { namespace {

TEST(Anomaly_OneDnn, all)
{
    SKIP_TEST("this build has no oneDNN");
}

}} // namespace opencv_test

#endif
