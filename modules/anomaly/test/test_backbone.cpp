// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Backbones: maps of the embedded one against PyTorch's, the names that it may be given, and networks that are refused.
#include "test_precomp.hpp"

#include "../src/backbone/backbone.hpp"
#include "../src/input/preprocess.hpp"

namespace opencv_test { namespace {

// The gold file describes how its input is made.
Mat goldImage()
{
    Mat image(224, 224, CV_8UC3);
    for (int y = 0; y < image.rows; y++)
        for (int x = 0; x < image.cols; x++)
            for (int c = 0; c < 3; c++)
                image.at<Vec3b>(y, x)[c] = uchar(((3 + c) * x + (5 - c) * y + x * y / (8 + 4 * c)) % 256);
    return image;
}

std::vector<String> defaultOutputs()
{
    return CFA::Params().outputs;
}

typedef std::shared_ptr<const Backbone> CreateBackbone(const BackboneSource&, const Device&);

FeatureMaps embeddedMaps(const Mat& image, CreateBackbone create, int engine)
{
    const CFA::Params params;
    const InputSettings input = {
        Size(224, 224), Size(224, 224), params.inputMean, params.inputScale, params.swapRB, 0, 0, 16, false};
    return create(loadBackbone("", defaultOutputs()), onProcessor(engine))->forward(preprocess(image, input));
}

// cv::dnn 4.6 differs from PyTorch's float64 values by 0.9e-6, 0.5e-6 and 0.4e-6 of the maps' maxima.
void expectPyTorchMaps(CreateBackbone create, int engine)
{
    const FileStorage gold(testDataPath("gold/backbone_lite0.yml"), FileStorage::READ);
    const Mat image = goldImage();
    ASSERT_EQ(int(gold["image_sum"]), int(sum(sum(image))[0]));
    const FeatureMaps features = embeddedMaps(image, create, engine);
    for (size_t i = 0; i < 3; i++)
    {
        const FileNode node = gold[defaultOutputs()[i]];
        Mat shape, positions, values;
        node["shape"] >> shape;
        node["positions"] >> positions;
        node["values"] >> values;
        const Mat map = features.maps[i];
        ASSERT_EQ(0, cv::norm(Mat(4, 1, CV_32S, const_cast<int*>(map.size.p)), shape.reshape(1, 4), NORM_INF));
        const double maximum = node["maximum"];
        for (int p = 0; p < positions.rows; p++)
        {
            const int* at = positions.ptr<int>(p);
            const int index[] = {0, at[0], at[1], at[2]};
            EXPECT_NEAR(map.at<float>(index), values.at<float>(p), 1e-5 * maximum) << "map " << i << ", position " << p;
        }
        EXPECT_NEAR(mean(map.reshape(1, 1))[0], double(node["mean"]), 1e-5 * maximum);
    }
}

TEST(Anomaly_Backbone, embedded_agrees_with_pytorch)
{
    expectPyTorchMaps(Backbone::create, ENGINE_PLAIN);
    if (CFA::create()->getEngine() == ENGINE_HALIDE)
        expectPyTorchMaps(Backbone::create, ENGINE_HALIDE);
}

TEST(Anomaly_Backbone, embedded_with_layers_of_ours_agrees_with_pytorch)
{
    SKIP_WITHOUT_HALIDE();
    expectPyTorchMaps(createDnnBackbone, ENGINE_HALIDE);
}

TEST(Anomaly_Backbone, all_spellings_of_the_embedded_one)
{
    for (const char* name : {"", "lite0", "efficientnet-lite0/1"})
        EXPECT_EQ("efficientnet-lite0/1", loadBackbone(name, defaultOutputs()).name);
}

TEST(Anomaly_Backbone, net_returns_to_the_pool_when_its_maps_are_released)
{
    const std::shared_ptr<const Backbone> backbone =
        Backbone::create(loadBackbone("", defaultOutputs()), onProcessor(CFA::create()->getEngine()));
    const int sizes[] = {1, 3, 64, 64};
    const Mat dark(4, sizes, CV_32F, Scalar(-1)), bright(4, sizes, CV_32F, Scalar(1));
    const FeatureMaps first = backbone->forward(dark);
    const Mat kept = first.maps[0].clone();
    const FeatureMaps second = backbone->forward(bright); // uses another Net, since the first one's maps are in use
    EXPECT_EQ(0, cv::norm(kept.reshape(1, 1), first.maps[0].reshape(1, 1), NORM_INF));
    EXPECT_GT(cv::norm(kept.reshape(1, 1), second.maps[0].reshape(1, 1), NORM_INF), 0.1);
}

String errorOf(const CFA::Params& params)
{
    try
    {
        CFA::create(params);
    }
    catch (const cv::Exception& e)
    {
        return e.err;
    }
    return "none";
}

CFA::Params withBackbone(const String& file, const std::vector<String>& outputs)
{
    CFA::Params params;
    params.backbone = testDataPath("backbones/" + file);
    params.outputs = outputs;
    return params;
}

TEST(Anomaly_Backbone, any_number_of_scales)
{
    EXPECT_EQ("none", errorOf(withBackbone("one_scale.onnx", {"fine"})));
    EXPECT_EQ("none", errorOf(withBackbone("two_scales.onnx", {"fine", "coarse"})));
}

TEST(Anomaly_Backbone, convolutions_of_all_kinds_agree_between_the_engines)
{
    SKIP_WITHOUT_HALIDE();
    const BackboneSource source =
        loadBackbone(testDataPath("backbones/all_kinds.onnx"), {"padded", "depthwise", "pointwise"});
    const int sizes[] = {1, 3, 61, 90};
    Mat input(4, sizes, CV_32F);
    randu(input, -1, 1);
    const FeatureMaps plain = Backbone::create(source, onProcessor(ENGINE_PLAIN))->forward(input),
                      halide = createDnnBackbone(source, onProcessor(ENGINE_HALIDE))->forward(input);
    for (size_t i = 0; i < plain.maps.size(); i++)
    {
        ASSERT_EQ(plain.maps[i].total(), halide.maps[i].total());
        EXPECT_LT(cv::norm(plain.maps[i], halide.maps[i], NORM_INF), 1e-5 * cv::norm(plain.maps[i], NORM_INF))
            << source.outputs[i];
    }
}

TEST(Anomaly_Backbone, wrong_ones_are_refused_with_what_was_found)
{
    const String missing = errorOf(withBackbone("two_scales.onnx", {"c2", "c3"}));
    EXPECT_NE(String::npos, missing.find("'c2, c3'")) << missing;
    EXPECT_NE(String::npos, missing.find("coarse")) << missing;
    const String flat = errorOf(withBackbone("flat.onnx", {"flat"}));
    EXPECT_NE(String::npos, flat.find("1x4704")) << flat;
    const String swapped = errorOf(withBackbone("two_scales.onnx", {"coarse", "fine"}));
    EXPECT_NE(String::npos, swapped.find("the finest map first")) << swapped;

    CFA::Params params;
    params.backbone = "no/such.onnx";
    EXPECT_NE(String::npos, errorOf(params).find("no/such.onnx"));
    params.backbone = testDataPath("gold/metrics.yml");
    EXPECT_NE(String::npos, errorOf(params).find("not an ONNX network")) << errorOf(params);
}

}} // namespace opencv_test
