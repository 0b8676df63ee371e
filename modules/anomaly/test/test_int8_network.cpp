// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Networks in whole numbers of 8 bits. Where all numbers are whole, the plain form gives what cv::dnn gives; the forms
// for each instruction set give the bits of the plain form.
#include "test_changed_fields.hpp"
#include "test_maps.hpp"
#include "test_methods.hpp"
#include "test_model_files.hpp"
#include "test_networks.hpp"
#include "test_targets.hpp"

#include "../src/backbone/int8_network.hpp"
#include "../src/backbone/network_check.hpp"

#include "opencv2/dnn.hpp"

#include <atomic>
#include <thread>

namespace opencv_test { namespace {

const Vec2f unitRange(-128, 127); // one step of a byte is 1

//! A kind of convolution, and the map that it is applied to.
struct Kind
{
    int channels, outputs, groups, kernel, stride, dilation;
    std::vector<int64> pads; // top, left, bottom, right
};

std::vector<OnnxAttribute> attributesOf(const Kind& kind)
{
    return {{"strides", std::vector<int64>(2, kind.stride)},
            {"dilations", std::vector<int64>(2, kind.dilation)},
            {"pads", kind.pads},
            {"group", int64(kind.groups)}};
}

String textOf(const Kind& kind, Size map)
{
    return format("%d -> %d channels in %d groups, %dx%d, stride %d, dilation %d, map %dx%d, pads %d %d %d %d",
                  kind.channels, kind.outputs, kind.groups, kind.kernel, kind.kernel, kind.stride, kind.dilation,
                  map.width, map.height, int(kind.pads[0]), int(kind.pads[1]), int(kind.pads[2]), int(kind.pads[3]));
}

// Odd sizes: less than a panel of outputs, a block of channels or a tile of pixels, exactly one, and one more.
std::vector<Kind> kinds(int stride)
{
    return {{5, 19, 1, 1, stride, 1, all(0)},        {33, 16, 1, 1, stride, 1, all(0)},
            {16, 7, 1, 1, stride, 1, all(0)},        {24, 33, 1, 1, stride, 1, all(0)},
            {13, 49, 1, 1, stride, 1, {1, 0, 0, 1}}, {3, 32, 1, 3, stride, 1, all(1)},
            {6, 20, 1, 5, stride, 1, all(2)},        {3, 24, 1, 3, stride, 2, {1, 0, 2, 1}},
            {13, 13, 13, 3, stride, 1, all(1)},      {32, 32, 32, 3, stride, 1, all(1)},
            {49, 49, 49, 3, stride, 1, all(0)},      {48, 48, 48, 5, stride, 1, all(2)},
            {33, 33, 33, 5, stride, 1, all(2)},      {40, 40, 40, 3, stride, 2, all(2)},
            {35, 35, 35, 7, stride, 1, all(3)}};
}

const Size mapSizes[] = {Size(31, 37), Size(9, 115), Size(14, 14), Size(7, 7), Size(61, 8)};

//! Weights of -1, 0 and 1, which are exact in whole numbers of any scale.
Mat signs(const std::vector<int>& sizes, int seed)
{
    Mat values(sizes, CV_32F), integers(sizes, CV_32S);
    RNG(seed).fill(integers, RNG::UNIFORM, -1, 2);
    integers.convertTo(values, CV_32F);
    values.ptr<float>()[0] = 1;
    return values;
}

//! A convolution of whole numbers, whose map is clipped to 0 and 100.
BackboneSource wholeConvolution(const Kind& kind, std::string& plain)
{
    Network network(kind.channels, true);
    const int channels = kind.channels / kind.groups;
    plain = network.convolve("image", signs({kind.outputs, channels, kind.kernel, kind.kernel}, 5),
                             numbers({kind.outputs}, true, 6), attributesOf(kind));
    return network.source({plain});
}

std::shared_ptr<const Backbone> withRange(BackboneSource source, const Vec2f& range, const Mat& input, int engine)
{
    source.ranges = rangesOfMaps(source, {input}, range, engine);
    std::fill(source.ranges.begin(), source.ranges.end(), range);
    return createInt8Network(source, engine);
}

Mat clipped(const Mat& map, const Vec2f& range)
{
    return min(max(map, range[0]), range[1]);
}

TEST(Anomaly_Int8, convolutions_of_whole_numbers_are_exact)
{
    if (!opencvIsExact)
        SKIP_TEST("this cv::dnn rounds whole numbers");
    for (const int stride : {1, 2})
        for (const Kind& kind : kinds(stride))
            for (const Size map : {Size(31, 37), Size(14, 14)})
            {
                if (kind.groups > 1 && kind.dilation > 1)
                    continue; // OpenCV 4.6 takes no such layer
                SCOPED_TRACE(textOf(kind, map));
                std::string output;
                const BackboneSource source = wholeConvolution(kind, output);
                const Mat input = inputOf(1, kind.channels, map, true);
                const Mat expected = clipped(byOpenCV(source, input).maps[0], unitRange);
                const FeatureMaps found = withRange(source, unitRange, input, ENGINE_PLAIN)->forward(input);
                EXPECT_EQ(0, cv::norm(expected, found.maps[0], NORM_INF));
            }
}

//! Checks that each instruction set gives the ranges and the maps of the plain form.
void expectAsPlain(BackboneSource source, const std::vector<Mat>& inputs, const Vec2f& range)
{
    source.ranges = rangesOfMaps(source, inputs, range, ENGINE_PLAIN);
    const std::vector<Mat> expected = copied(createInt8Network(source, ENGINE_PLAIN)->forward(inputs[0]));
    EXPECT_GT(cv::norm(expected[0], NORM_INF), 0);
    EachTarget().run([&]() {
        EXPECT_TRUE(rangesOfMaps(source, inputs, range, ENGINE_HALIDE) == source.ranges);
        EXPECT_TRUE(areEqual(expected, createInt8Network(source, ENGINE_HALIDE)->forward(inputs[0]).maps));
    });
}

TEST(Anomaly_Int8, convolutions_are_the_same_on_each_instruction_set)
{
    SKIP_WITHOUT_HALIDE();
    for (const int stride : {1, 2})
        for (const Kind& kind : kinds(stride))
            for (const Size map : mapSizes)
            {
                SCOPED_TRACE(textOf(kind, map));
                Network network(kind.channels);
                const std::string output = network.convolve("image", kind.outputs, kind.channels / kind.groups,
                                                            kind.kernel, attributesOf(kind));
                expectAsPlain(network.source({output}), {inputOf(2, kind.channels, map)}, Vec2f(-1, 1));
            }
}

//! A network with all that a layer can include: sums before and after activations, of 8-bit and other ranges.
//! OpenCV 4.6 does not read the form of Clip that `clips` asks for.
BackboneSource withAllLayers(bool clips)
{
    const std::vector<OnnxAttribute> same = {{"pads", all(1)}};
    Network network(3);
    const std::string first = network.add("Relu", {network.normalize(network.convolve("image", 40, 3, 3, same), 40)}),
                      before = network.add("Add", {network.convolve(first, 40, 40, 1), first}),
                      product = network.convolve(before, 33, 40, 1),
                      active = clips ? network.clip(product, 0, 6) : network.add("Relu", {product}),
                      deep = network.convolve(active, 33, 1, 5, {{"pads", all(2)}, {"group", 33}}),
                      after = network.add("Add", {network.add("Relu", {deep}), active}),
                      pooled = network.add("MaxPool", {after},
                                           {{"kernel_shape", std::vector<int64>(2, 3)},
                                            {"strides", std::vector<int64>(2, 2)},
                                            {"pads", all(1)}}),
                      both = network.add("Relu", {deep}), last = network.convolve(pooled, 18, 33, 1);
    return network.source({after, both, last});
}

TEST(Anomaly_Int8, all_layers_together_are_the_same_on_each_instruction_set)
{
    SKIP_WITHOUT_HALIDE();
    for (const Size map : mapSizes)
        expectAsPlain(withAllLayers(true), {inputOf(1, 3, map), inputOf(1, 3, map) * 0.5}, Vec2f(-1, 1));
}

TEST(Anomaly_Int8, maps_are_near_those_in_single_precision)
{
    BackboneSource source = withAllLayers(false);
    const Mat input = inputOf(1, 3, Size(31, 37));
    const FeatureMaps expected = byOpenCV(source, input);
    source.ranges = rangesOfMaps(source, {input}, Vec2f(-1, 1), ENGINE_PLAIN);
    const FeatureMaps found = createInt8Network(source, ENGINE_PLAIN)->forward(input);
    for (size_t i = 0; i < expected.maps.size(); i++)
        EXPECT_LT(cv::norm(expected.maps[i], found.maps[i], NORM_L2), 0.03 * cv::norm(expected.maps[i], NORM_L2)) << i;
}

//! A channel whose weights are nothing beside its bias, as networks have them that were pruned.
TEST(Anomaly_Int8, channels_of_tiny_weights_keep_their_bias)
{
    Network network(3);
    Mat weights = numbers({20, 3, 1, 1}, false, 1), bias = numbers({20}, false, 2);
    for (int i = 0; i < 3; i++)
        weights.ptr<float>(4)[i] = 1e-30f;
    bias.ptr<float>()[4] = 0.75f;
    BackboneSource source = network.source({network.convolve("image", weights, bias)});
    const Mat input = inputOf(1, 3, Size(9, 8));
    source.ranges = rangesOfMaps(source, {input}, Vec2f(-1, 1), ENGINE_PLAIN);
    const FeatureMaps found = createInt8Network(source, ENGINE_PLAIN)->forward(input);
    const Vec2f range = source.ranges[2 + 4]; // after two of the input
    EXPECT_NEAR(0.75, found.maps[0].ptr<float>(0, 4)[0], (range[1] - range[0]) / 255);
}

BackboneSource embedded(const Mat& input)
{
    BackboneSource source = loadBackbone("", {"c2", "c3", "c4"});
    source.ranges = rangesOfMaps(source, {input}, Vec2f(-1, 1), ENGINE_PLAIN);
    return source;
}

TEST(Anomaly_Int8, results_are_the_same_on_any_number_of_threads_and_in_a_batch)
{
    SKIP_UNDER_THREAD_SANITIZER();
    const Mat batch = inputOf(3, 3, Size(97, 65));
    const int threadsBefore = getNumThreads(), sizes[] = {1, 3, batch.size[2], batch.size[3]};
    const std::vector<Mat> inputs = {Mat(4, sizes, CV_32F, const_cast<float*>(batch.ptr<float>(0))),
                                     Mat(4, sizes, CV_32F, const_cast<float*>(batch.ptr<float>(2)))};
    const BackboneSource source = embedded(inputs[0]);
    const std::shared_ptr<const Backbone> network = Backbone::create(source, onProcessor(CFA::create()->getEngine()));
    setNumThreads(1);
    const FeatureMaps together = network->forward(batch);
    const std::vector<Vec2f> ranges = rangesOfMaps(source, inputs, Vec2f(-1, 1), CFA::create()->getEngine());
    for (int threads : {1, 3})
    {
        setNumThreads(threads);
        EXPECT_TRUE(areEqual(copied(network->forward(batch)), together.maps)) << threads;
        EXPECT_TRUE(areEqual(copied(network->forward(inputs[1])), together.of(2))) << threads;
        EXPECT_TRUE(rangesOfMaps(source, inputs, Vec2f(-1, 1), CFA::create()->getEngine()) == ranges) << threads;
    }
    setNumThreads(threadsBefore);
}

TEST(Anomaly_Int8, callers_at_the_same_time_get_what_they_get_alone)
{
    const std::vector<Mat> inputs = {inputOf(1, 3, Size(64, 96)), inputOf(1, 3, Size(97, 65))};
    const std::shared_ptr<const Backbone> network =
        Backbone::create(embedded(inputs[0]), onProcessor(CFA::create()->getEngine()));
    const std::vector<Mat> alone[] = {copied(network->forward(inputs[0])), copied(network->forward(inputs[1]))};
    std::atomic<int> others(0);
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; thread++)
        threads.emplace_back([&, thread] {
            for (int step = 0; step < 6; step++)
                others += !areEqual(network->forward(inputs[(thread + step) % 2]).maps, alone[(thread + step) % 2]);
        });
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_EQ(0, others);
}

TEST(Anomaly_Int8, networks_that_cannot_be_computed_are_refused_by_name)
{
    Network network(8);
    const std::string grouped = network.convolve("image", 16, 2, 3, {{"group", 4}});
    EXPECT_ERROR_WITH("'" + grouped + "' in 4 groups", checkInt8Network(network.source({grouped})));
    EXPECT_ERROR_WITH("operator Reshape",
                      checkInt8Network(loadBackbone(testDataPath("backbones/fixed_size.onnx"), {"fixed"})));
    PatchCore::Params params;
    params.backbone = testDataPath("backbones/fixed_size.onnx");
    params.outputs = {"fixed"};
    params.precision = PRECISION_INT8;
    EXPECT_ERROR_WITH("Set precision to PRECISION_FLOAT32", PatchCore::create(params));
}

TEST(Anomaly_Int8, inputs_that_a_network_does_not_take_are_exceptions)
{
    Network network(3);
    BackboneSource source = network.source({network.convolve("image", 4, 3, 5)});
    source.ranges = rangesOfMaps(source, {inputOf(1, 3, Size(9, 9))}, Vec2f(-1, 1), ENGINE_PLAIN);
    const std::shared_ptr<const Backbone> backbone = createInt8Network(source, ENGINE_PLAIN);
    EXPECT_ERROR_WITH("does not take an input of 1x3x4x9", backbone->forward(inputOf(1, 3, Size(9, 4))));
    EXPECT_ERROR_WITH("weights for each channel", backbone->forward(inputOf(1, 2, Size(9, 9))));
    source.ranges.pop_back();
    EXPECT_ERROR_WITH("9 ranges for backbone test, expected 10", createInt8Network(source, ENGINE_PLAIN));
}

template <typename Method> class Anomaly_Int8Methods : public testing::Test
{
protected:
    static Ptr<Method> fitted()
    {
        typename Method::Params params = quickParamsOf<Method>();
        params.precision = PRECISION_INT8;
        return quickDetectorOf<Method>(params);
    }
};

typedef testing::Types<PatchCore, PaDiM, SPADE> Methods;
TYPED_TEST_CASE(Anomaly_Int8Methods, Methods);

TYPED_TEST(Anomaly_Int8Methods, a_loaded_model_predicts_the_same_bits)
{
    const Ptr<TypeParam> detector = this->fitted();
    std::vector<uchar> model;
    detector->saveToMemory(model);
    const Ptr<AnomalyDetector> loaded = loadDetectorFromMemory(model);
    EXPECT_EQ(PRECISION_INT8, loaded->getDetectorParams().precision);
    EXPECT_TRUE(ScoredImage(*detector, badImage(3)) == ScoredImage(*loaded, badImage(3)));
    EXPECT_TRUE(ScoredImage(*detector, badImage(3)) == ScoredImage(*detector->clone(), badImage(3)));
    EXPECT_EQ(savedContent(*detector), savedContent(*loaded));
}

TYPED_TEST(Anomaly_Int8Methods, scores_are_not_those_in_single_precision_but_near_them)
{
    const Ptr<TypeParam> whole = this->fitted(), single = quickDetectorOf<TypeParam>();
    const double score = whole->predict(badImage(3)), expected = single->predict(badImage(3));
    EXPECT_NE(expected, score);
    EXPECT_NEAR(expected, score, 0.1 * expected);
}

TYPED_TEST(Anomaly_Int8Methods, engines_agree)
{
    expectEnginesAgree(*this->fitted());
}

TYPED_TEST(Anomaly_Int8Methods, a_second_fit_gives_the_same_model)
{
    const Ptr<TypeParam> detector = this->fitted();
    const String first = savedContent(*detector);
    detector->fit(goodImages(6));
    EXPECT_EQ(first, savedContent(*detector));
}

TEST(Anomaly_Int8, cfa_learns_from_whole_numbers)
{
    SKIP_WITHOUT_TRAINING();
    CFA::Params params = quickParamsOf<CFA>();
    params.precision = PRECISION_INT8;
    const Ptr<CFA> detector = quickDetectorOf<CFA>(params);
    std::vector<uchar> model;
    detector->saveToMemory(model);
    EXPECT_TRUE(ScoredImage(*detector, badImage(3)) == ScoredImage(*loadDetectorFromMemory(model), badImage(3)));
    EXPECT_GT(detector->predict(badImage(3)), detector->predict(goodImages(1)[0]));
}

//! A detector in whole numbers, in input modes of all kinds.
Ptr<PatchCore> fittedWith(const std::function<void(PatchCore::Params&)>& change)
{
    PatchCore::Params params = quickParamsOf<PatchCore>();
    params.precision = PRECISION_INT8;
    change(params);
    return quickDetectorOf<PatchCore>(params);
}

TEST(Anomaly_Int8, ensembles_tiles_and_updates_work)
{
    const Ptr<PatchCore> ensemble = fittedWith([](PatchCore::Params&p) { p.inputMode = INPUT_ENSEMBLE; }),
                         tiled = fittedWith([](PatchCore::Params&p) { p.tile = 48; });
    for (const Ptr<PatchCore>& detector : {ensemble, tiled})
    {
        detector->update(goodImages(8));
        EXPECT_GT(detector->predict(badImage(3)), detector->predict(goodImages(1)[0]));
    }
}

TEST(Anomaly_Int8, models_are_not_exported)
{
    const TemporaryName file(".onnx");
    EXPECT_ERROR_WITH("computed in whole numbers",
                      fittedWith([](PatchCore::Params&) {})->exportOnnx(file.name, Size(64, 64)));
}

TEST(Anomaly_Int8, a_gpu_is_refused)
{
    BackboneSource source = loadBackbone("", {"c2"});
    source.ranges = {Vec2f(0, 1)};
    EXPECT_ERROR_WITH("not implemented on a GPU", createBackbone(source, Device{ENGINE_HALIDE, dnn::DNN_TARGET_CUDA}));
}

TEST(Anomaly_Int8, precision_out_of_range_is_refused)
{
    PatchCore::Params params;
    for (const int precision : {-1, 2})
    {
        params.precision = precision;
        EXPECT_ERROR_WITH("Parameter precision", PatchCore::create(params));
    }
}

// Text without binary data, so that numbers can be replaced.
TEST(Anomaly_Int8, changed_ranges_in_a_file_are_refused)
{
    const Ptr<PatchCore> detector = fittedWith([](PatchCore::Params&) {});
    FileStorage written("", FileStorage::WRITE | FileStorage::MEMORY | FileStorage::FORMAT_YAML);
    written << "opencv_anomaly"
            << "{";
    detector->write(written);
    written << "}";
    const FileStorage file(written.releaseAndGetString(), FileStorage::READ | FileStorage::MEMORY);
    const Ptr<PatchCore> other = PatchCore::create(quickParamsOf<PatchCore>());
    const auto errorWith = [&](const String& path, const std::function<void(FileStorage&)>& write) {
        const String text = Copy(yaml, {path, write}).of(file.root());
        const std::vector<uchar> bytes(text.begin(), text.end());
        return errorOf([&]() { loadDetectorFromMemory(bytes); });
    };
    for (const auto& replacement : replacements())
        for (const char* field : {"backbone.ranges", "backbone.ranges.data.3", "backbone.ranges.rows"})
            EXPECT_NE("", errorWith(field, replacement.second)) << field << ": " << replacement.first;
    EXPECT_NE("", errorWith("settings.precision", [](FileStorage& f) { f << 0; }));
    EXPECT_NE("", errorWith("backbone.ranges.data.3", [](FileStorage& f) { f << 5.5; }));
    EXPECT_NE("", errorWith("backbone.ranges.data.3", [](FileStorage& f) { f << -1; }));
}

}} // namespace opencv_test
