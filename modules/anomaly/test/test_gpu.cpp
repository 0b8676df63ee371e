// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Results on an NVIDIA GPU compared with the processor's, and what is said about devices that are missing.
#include "test_maps.hpp"
#include "test_methods.hpp"

#include "../src/cfa/adaptation.hpp"
#include "../src/scoring/nearest_scorer.hpp"

#include "opencv2/dnn.hpp"

#include <thread>

namespace opencv_test { namespace {

std::vector<int> gpuTargets()
{
    std::vector<int> targets = getAvailableTargets();
    targets.erase(std::remove(targets.begin(), targets.end(), int(dnn::DNN_TARGET_CPU)), targets.end());
    return targets;
}

#define SKIP_WITHOUT_GPU()                                                                                             \
    if (gpuTargets().empty())                                                                                          \
    SKIP_TEST(errorOf([] { CFA::create()->setPreferableTarget(dnn::DNN_TARGET_CUDA); }))

//! The allowed difference of a target's results from the processor's, relative to the largest value. A network in half
//! precision rounds to 3 digits.
double tolerance(int target)
{
    return target == dnn::DNN_TARGET_CUDA_FP16 ? 1e-2 : 1e-4;
}

struct Problem
{
    std::vector<Mat> maps;
    Descriptor descriptor;
    Mat bank;
    NearestSettings nearest;
    MapSettings settings;

    Mat mapOn(const Device& device) const
    {
        FeatureMaps features;
        features.maps = maps;
        features.channels = descriptor.channels;
        Mat smooth;
        createNearestScoreMap(descriptor, bank, nearest, settings, device)->make(features, &smooth, NULL, NULL);
        return smooth;
    }
};

Problem randomProblem(const std::vector<int>& channels, const std::vector<Size>& sizes, double gammaD, int centers,
                      int K)
{
    Problem problem;
    for (size_t i = 0; i < sizes.size(); i++)
        problem.maps.push_back(randomMap(channels[i], sizes[i], int(i)));
    problem.descriptor = randomDescriptor(channels, gammaD, CFA::INIT_UNIFORM, 0);
    Mat noise(centers, problem.descriptor.length(), CV_32F);
    RNG(7).fill(noise, RNG::NORMAL, 0, 0.3);
    Mat mean;
    cv::reduce(project(poolPatches(problem.maps), problem.descriptor), mean, 1, REDUCE_AVG);
    problem.bank = noise + cv::repeat(mean.t(), centers, 1);
    problem.nearest = {K, WEIGHT_CERTAINTY};
    problem.settings = {Size(61, 47), 4};
    return problem;
}

// Both agree to the last digits of float, even for sizes that are no multiples of the kernels' 32 patches, 12 centers
// and 32 lists.
TEST(Anomaly_Gpu, score_map_as_on_the_processor_at_any_sizes)
{
    SKIP_WITHOUT_GPU();
    const Problem problems[] = {
        randomProblem({5}, {Size(7, 3)}, 1, 6, 3),
        randomProblem({13}, {Size(17, 19)}, 1, 13, 1),
        randomProblem({1, 2}, {Size(8, 8), Size(4, 4)}, 1, 385, 2),
        randomProblem({24, 31}, {Size(57, 55), Size(29, 28)}, 0.5, 784, 6),
        randomProblem({16, 24, 40}, {Size(33, 21), Size(17, 11), Size(9, 6)}, 0.5, 101, 3),
        randomProblem({3, 9, 4, 7}, {Size(20, 30), Size(41, 11), Size(1, 1), Size(3, 5)}, 1.5, 50, 5),
        randomProblem({144, 240}, {Size(56, 56), Size(28, 28)}, 0.25, 3136, 3),
    };
    for (const int target : gpuTargets())
        for (const Problem& problem : problems)
            for (const NeighborWeight weight : {WEIGHT_CERTAINTY, WEIGHT_NONE})
            {
                Problem scored = problem;
                scored.nearest.weight = weight;
                const Mat expected = scored.mapOn(onProcessor(ENGINE_PLAIN));
                EXPECT_LT(difference(scored.mapOn(resolveDevice(ENGINE_HALIDE, target)), expected), 1e-5)
                    << problem.bank.size() << " on " << target;
            }
}

//! The descriptors are whole numbers, and the map has the distance of each patch to its nearest center.
Problem wholeProblem(int features, Size grid, int centers)
{
    Problem problem;
    const int shape[] = {1, features, grid.height, grid.width};
    Mat whole(4, shape, CV_32S), C(centers, features, CV_32S);
    RNG random(5);
    random.fill(whole, RNG::UNIFORM, -3, 4);
    random.fill(C, RNG::UNIFORM, -9, 10);
    Mat map;
    whole.convertTo(map, CV_32F, 9); // multiples of 9, whose averages over 3 x 3 are whole numbers
    problem.maps.push_back(map);
    problem.descriptor.channels = {features};
    problem.descriptor.W = Mat::eye(features, features + 2, CV_32F);
    problem.descriptor.b = Mat::zeros(features, 1, CV_32F);
    C.convertTo(problem.bank, CV_32F);
    problem.nearest = {1, WEIGHT_NONE};
    problem.settings = {grid, 0};
    return problem;
}

TEST(Anomaly_Gpu, distances_of_whole_numbers_are_exact)
{
    SKIP_WITHOUT_GPU();
    const Problem problems[] = {wholeProblem(3, Size(7, 5), 5), wholeProblem(17, Size(31, 9), 100),
                                wholeProblem(64, Size(40, 33), 777)};
    for (const int target : gpuTargets())
        for (const Problem& problem : problems)
        {
            const Mat phi = project(poolPatches(problem.maps), problem.descriptor).t();
            Mat expected(problem.settings.input, CV_32F);
            for (int p = 0; p < phi.rows; p++)
            {
                double least = DBL_MAX;
                for (int c = 0; c < problem.bank.rows; c++)
                    least = std::min(least, cv::norm(phi.row(p), problem.bank.row(c), NORM_L2SQR));
                expected.at<float>(p / expected.cols, p % expected.cols) = std::sqrt(float(least));
            }
            EXPECT_EQ(0, cv::norm(problem.mapOn(resolveDevice(ENGINE_HALIDE, target)), expected, NORM_INF));
        }
}

Mat randomInput(int images, Size size)
{
    const int sizes[] = {images, 3, size.height, size.width};
    Mat input(4, sizes, CV_32F);
    randu(input, -1, 1);
    return input;
}

// Networks with every operator in every position that has code of its own, with odd sizes, and the embedded network.
TEST(Anomaly_Gpu, networks_give_the_maps_of_the_processor)
{
    SKIP_WITHOUT_GPU();
    const BackboneSource sources[] = {
        loadBackbone(testDataPath("backbones/operators.onnx"), {"clipped", "sum_relu", "last"}),
        loadBackbone(testDataPath("backbones/two_scales.onnx"), {"fine", "coarse"}),
        loadBackbone("", {"c2", "c3", "c4"})};
    for (const int target : gpuTargets())
        for (const BackboneSource& source : sources)
        {
            const std::shared_ptr<const Backbone> network =
                Backbone::create(source, resolveDevice(ENGINE_HALIDE, target));
            // OpenCV 4.14's own depthwise convolutions read beyond maps of two rows.
            const std::shared_ptr<const Backbone> reference = Backbone::create(source, onProcessor(ENGINE_HALIDE));
            for (const Size size : {Size(64, 64), Size(53, 37), Size(31, 90)})
                for (const int images : {1, 3})
                {
                    const Mat input = randomInput(images, size);
                    const FeatureMaps maps = network->forward(input), expected = reference->forward(input);
                    ASSERT_EQ(expected.maps.size(), maps.maps.size());
                    for (size_t i = 0; i < maps.maps.size(); i++)
                        EXPECT_LT(difference(maps.maps[i].reshape(1, 1), expected.maps[i].reshape(1, 1)),
                                  tolerance(target))
                            << source.outputs[i] << " of " << size << " on " << target;
                }
        }
}

// Padding that depends on the size of the input is left to cv::dnn, if cv::dnn has the target.
TEST(Anomaly_Gpu, other_operators_are_left_to_OpenCV_or_named)
{
    SKIP_WITHOUT_GPU();
    const BackboneSource source =
        loadBackbone(testDataPath("backbones/all_kinds.onnx"), {"padded", "depthwise", "pointwise"});
    const Mat input = randomInput(2, Size(61, 90));
    const FeatureMaps expected = Backbone::create(source, onProcessor(ENGINE_HALIDE))->forward(input);
    for (const int target : gpuTargets())
    {
        std::shared_ptr<const Backbone> network;
        const String error = errorOf([&] { network = Backbone::create(source, resolveDevice(ENGINE_HALIDE, target)); });
        if (!network)
        {
            EXPECT_PRED_FORMAT2(testing::IsSubstring, "auto_pad", error);
            EXPECT_PRED_FORMAT2(testing::IsSubstring, "if OpenCV is built with CUDA", error);
            continue;
        }
        const FeatureMaps maps = network->forward(input);
        for (size_t i = 0; i < maps.maps.size(); i++)
            EXPECT_LT(difference(maps.maps[i].reshape(1, 1), expected.maps[i].reshape(1, 1)), tolerance(target))
                << source.outputs[i] << " on " << target;
    }
}

// The second call records the GPU work and the third replays it, here for other images and after calls with other
// numbers of images.
TEST(Anomaly_Gpu, replayed_work_sees_the_new_images)
{
    SKIP_WITHOUT_GPU();
    const Size size(96, 48);
    const InputSettings input = {size, size, Scalar::all(127), Scalar::all(1. / 128), true, 0, 0, 16, false};
    const BackboneSource source = loadBackbone("", {"c2", "c3", "c4"});
    Problem problem = randomProblem({144, 240, 672}, {Size(24, 12), Size(12, 6), Size(6, 3)}, 0.1, 20, 3);
    problem.settings.input = size;
    const auto mapsOn = [&](const Device& device, const std::vector<std::vector<Mat>>& calls) {
        const std::shared_ptr<const Backbone> network = Backbone::create(source, device);
        const std::shared_ptr<const ScoreMap> scoreMap =
            createNearestScoreMap(problem.descriptor, problem.bank, problem.nearest, problem.settings, device);
        std::vector<Mat> all;
        for (const std::vector<Mat>& images : calls)
        {
            std::vector<Mat> maps(images.size());
            scoreMap->make(network->forward(images.data(), int(images.size()), input, NULL), maps.data(), NULL, NULL);
            all.insert(all.end(), maps.begin(), maps.end());
        }
        return all;
    };
    std::vector<std::vector<Mat>> calls;
    for (const int images : {1, 1, 2, 1, 2, 2, 1, 4, 2})
    {
        calls.push_back(std::vector<Mat>());
        for (int i = 0; i < images; i++)
            calls.back().push_back(badImage(int(calls.size()) * 10 + i));
    }
    const std::vector<Mat> expected = mapsOn(onProcessor(ENGINE_PLAIN), calls);
    for (const int target : gpuTargets())
    {
        const std::vector<Mat> maps = mapsOn(resolveDevice(ENGINE_HALIDE, target), calls);
        for (size_t i = 0; i < maps.size(); i++)
            EXPECT_LT(difference(maps[i], expected[i]), tolerance(target)) << "map " << i << " on " << target;
    }
}

// The results of a detector on a target and on the processor.
class Anomaly_GpuDetector : public testing::Test
{
protected:
    void compare(const CFA::Params& params, const std::vector<Mat>& images)
    {
        const Ptr<CFA> cfa = quickDetector(params);
        std::vector<double> expected, scores;
        std::vector<Mat> expectedMaps, maps;
        cfa->predictBatch(images, expected, expectedMaps);
        for (const int target : gpuTargets())
        {
            cfa->setPreferableTarget(target);
            EXPECT_EQ(target, cfa->getPreferableTarget());
            cfa->predictBatch(images, scores, maps);
            ASSERT_EQ(images.size(), maps.size());
            for (size_t i = 0; i < images.size(); i++)
            {
                EXPECT_NEAR(scores[i], expected[i], tolerance(target) * expected[i])
                    << "image " << i << " on " << target;
                EXPECT_LT(difference(maps[i], expectedMaps[i]), tolerance(target)) << "image " << i << " on " << target;
                Mat map;
                EXPECT_NEAR(cfa->predict(images[i], map), expected[i], tolerance(target) * expected[i]);
                EXPECT_EQ(images[i].size(), map.size());
            }
        }
    }

    // More images than go through the network together, of two sizes.
    static std::vector<Mat> manyImages()
    {
        std::vector<Mat> images = goodImages(30);
        for (int i = 0; i < 5; i++)
            images.push_back(badImage(i, Size(70, 130)));
        return images;
    }
};

TEST_F(Anomaly_GpuDetector, scores_whole_images)
{
    SKIP_WITHOUT_GPU();
    compare(quickParams(), manyImages());
}

TEST_F(Anomaly_GpuDetector, scores_with_an_input_that_is_no_square)
{
    SKIP_WITHOUT_GPU();
    CFA::Params params = quickParams();
    params.keepAspect = false;
    for (const int mode : {int(INPUT_RESIZED), int(INPUT_ENSEMBLE)})
        for (const Size shape : {Size(48, 112), Size(96, 64)})
        {
            params.inputMode = mode;
            params.inputShape = shape;
            compare(params, {badImage(1), goodImage(2), badImage(3, Size(70, 130))});
        }
}

TEST_F(Anomaly_GpuDetector, scores_with_matched_contrast)
{
    SKIP_WITHOUT_GPU();
    CFA::Params params = quickParams();
    params.chooseContrast = false;
    params.matchContrast = true;
    for (const int mode : {int(INPUT_RESIZED), int(INPUT_ENSEMBLE)})
    {
        params.inputMode = mode;
        compare(params, {badImage(1), goodImage(2) * 0.5, badImage(3, Size(70, 130))});
    }
}

TEST_F(Anomaly_GpuDetector, scores_tiles)
{
    SKIP_WITHOUT_GPU();
    CFA::Params params = quickParams();
    params.tile = 40;
    compare(params, {badImage(1), goodImage(2, Size(401, 333))});
}

TEST_F(Anomaly_GpuDetector, scores_with_an_ensemble)
{
    SKIP_WITHOUT_GPU();
    CFA::Params params = quickParams();
    params.inputMode = INPUT_ENSEMBLE;
    params.scoreMode = WEIGHT_CERTAINTY;
    compare(params, manyImages());
}

TEST_F(Anomaly_GpuDetector, finds_the_same_defects)
{
    SKIP_WITHOUT_GPU();
    const Ptr<CFA> cfa = CFA::load(testDataPath("models/brick.yml.gz"));
    std::vector<Mat> images;
    std::vector<int> labels;
    for (const char* kind : {"good", "hole", "stain"})
    {
        std::vector<String> files;
        cv::glob(testDataPath(String("textures/brick/test/") + kind), files);
        for (const String& file : files)
        {
            images.push_back(cv::imread(file));
            labels.push_back(String(kind) != "good");
        }
    }
    std::vector<double> expected, scores;
    cfa->predictBatch(images, expected);
    for (const int target : gpuTargets())
    {
        cfa->setPreferableTarget(target);
        cfa->predictBatch(images, scores);
        EXPECT_NEAR(auroc(scores, labels), auroc(expected, labels), 0.002);
    }
}

TEST_F(Anomaly_GpuDetector, leaves_no_trace_in_the_model)
{
    SKIP_WITHOUT_GPU();
    const Ptr<CFA> cfa = quickDetector();
    const String content = contentOf(*cfa);
    const TemporaryName file(".yml.gz");
    for (const int target : gpuTargets())
    {
        cfa->setPreferableTarget(target);
        EXPECT_EQ(content, contentOf(*cfa));
        cfa->save(file.name);
        const Ptr<CFA> loaded = CFA::load(file.name);
        EXPECT_EQ(int(dnn::DNN_TARGET_CPU), loaded->getPreferableTarget());
        cfa->setPreferableTarget(dnn::DNN_TARGET_CPU);
        EXPECT_EQ(cfa->predict(badImage(3)), loaded->predict(badImage(3)));
    }
}

TEST_F(Anomaly_GpuDetector, fits_there)
{
    SKIP_WITHOUT_GPU();
    const Ptr<CFA> expected = quickDetector();
    for (const int target : gpuTargets())
    {
        const Ptr<CFA> cfa = CFA::create(quickParams());
        cfa->setPreferableTarget(target);
        cfa->fit(goodImages(6));
        cfa->setPreferableTarget(dnn::DNN_TARGET_CPU);
        const double score = expected->predict(badImage(3));
        // K-means may converge to other centers because of a difference in the last digit.
        EXPECT_NEAR(cfa->predict(badImage(3)), score, 10 * tolerance(target) * score);
        EXPECT_NEAR(cfa->getImageThreshold(), expected->getImageThreshold(),
                    10 * tolerance(target) * expected->getImageThreshold());
    }
}

TEST_F(Anomaly_GpuDetector, trains_there)
{
    SKIP_WITHOUT_GPU();
    SKIP_WITHOUT_TRAINING();
    const CFA::Params params = trainingParams(2);
    const Ptr<CFA> expected = quickDetector(params);
    for (const int target : gpuTargets())
    {
        const Ptr<CFA> cfa = CFA::create(params);
        cfa->setPreferableTarget(target);
        cfa->fit(goodImages(6));
        cfa->setPreferableTarget(dnn::DNN_TARGET_CPU);
        EXPECT_NEAR(cfa->getRadius(), expected->getRadius(), 10 * tolerance(target) * expected->getRadius());
        const double score = expected->predict(badImage(3));
        // A few training steps amplify differences in the last digits.
        EXPECT_NEAR(cfa->predict(badImage(3)), score, 20 * tolerance(target) * score);
    }
}

TEST_F(Anomaly_GpuDetector, tells_the_time_of_each_stage)
{
    SKIP_WITHOUT_GPU();
    const Ptr<CFA> cfa = quickDetector();
    for (const int target : gpuTargets())
    {
        cfa->setPreferableTarget(target);
        std::vector<String> stages;
        std::vector<double> milliseconds;
        EXPECT_EQ(cfa->predict(badImage(3)), cfa->profile(badImage(3), stages, milliseconds));
        for (const double time : milliseconds)
            EXPECT_GT(time, 0);
    }
}

TEST_F(Anomaly_GpuDetector, predicts_from_several_threads)
{
    SKIP_WITHOUT_GPU();
    const Ptr<CFA> cfa = quickDetector();
    for (const int target : gpuTargets())
    {
        cfa->setPreferableTarget(target);
        std::vector<double> expected, scores(8);
        for (int i = 0; i < 8; i++)
            expected.push_back(cfa->predict(badImage(i)));
        std::vector<std::thread> threads;
        for (int i = 0; i < 8; i++)
            threads.emplace_back([&, i] {
                for (int round = 0; round < 3; round++)
                    scores[i] = cfa->predict(badImage(i));
            });
        for (std::thread& thread : threads)
            thread.join();
        EXPECT_EQ(expected, scores);
    }
}

TEST_F(Anomaly_GpuDetector, says_what_it_can_not)
{
    SKIP_WITHOUT_GPU();
    CFA::Params params = quickParams();
    params.K = 7;
    params.scoreMode = CFA::SCORE_CERTAINTY; // needs several neighbors; SCORE_NEAREST searches for one only
    const Ptr<CFA> cfa = quickDetector(params);
    const double score = cfa->predict(badImage(3));
    for (const int target : gpuTargets())
    {
        EXPECT_ERROR_WITH("K is 7", cfa->setPreferableTarget(target));
        EXPECT_EQ(int(dnn::DNN_TARGET_CPU), cfa->getPreferableTarget());
        EXPECT_EQ(score, cfa->predict(badImage(3)));
    }
    const Ptr<CFA> other = quickDetector();
    for (const int target : gpuTargets())
    {
        other->setPreferableTarget(target);
        EXPECT_ERROR_WITH("ENGINE_PLAIN computes on the processor only", other->setEngine(ENGINE_PLAIN));
        other->setPreferableTarget(dnn::DNN_TARGET_CPU);
        other->setEngine(ENGINE_PLAIN);
        EXPECT_ERROR_WITH("ENGINE_PLAIN computes on the processor only", other->setPreferableTarget(target));
        other->setEngine(ENGINE_AUTO);
    }
}

TEST_F(Anomaly_GpuDetector, refuses_whole_numbers)
{
    SKIP_WITHOUT_GPU();
    PatchCore::Params params = quickParamsOf<PatchCore>();
    params.precision = PRECISION_INT8;
    const Ptr<PatchCore> detector = PatchCore::create(params);
    for (const int target : gpuTargets())
        EXPECT_ERROR_WITH("precision is PRECISION_INT8", detector->setPreferableTarget(target));
    detector->fit(goodImages(6));
    for (const int target : gpuTargets())
        EXPECT_ERROR_WITH("precision is PRECISION_INT8", detector->setPreferableTarget(target));
    EXPECT_EQ(int(dnn::DNN_TARGET_CPU), detector->getPreferableTarget());
}

TEST_F(Anomaly_GpuDetector, refuses_features_that_are_no_numbers)
{
    SKIP_WITHOUT_GPU();
    CFA::Params params = quickParams();
    params.backbone = testDataPath("backbones/overflow.onnx");
    params.outputs = {"fine"};
    params.gammaC = params.gammaD = 1;
    params.inputMean = Scalar::all(128); // a gray image gives features of 0
    const Ptr<CFA> cfa = CFA::create(params);
    cfa->fit(alike(Mat(80, 96, CV_8UC3, Scalar::all(128)), 4));
    for (const int target : gpuTargets())
    {
        cfa->setPreferableTarget(target);
        EXPECT_ERROR_WITH("NaN or infinity", cfa->predict(badImage(3)));
    }
}

// The following tests need no GPU.

template <typename Call> int codeOf(const Call& call)
{
    try
    {
        call();
    }
    catch (const cv::Exception& e)
    {
        return e.code;
    }
    return 0;
}

TEST(Anomaly_Targets, the_processor_is_always_there)
{
    const std::vector<int> targets = getAvailableTargets();
    EXPECT_EQ(1, std::count(targets.begin(), targets.end(), int(dnn::DNN_TARGET_CPU)));
    const Ptr<CFA> cfa = quickDetector();
    EXPECT_EQ(int(dnn::DNN_TARGET_CPU), cfa->getPreferableTarget());
    EXPECT_EQ(int(dnn::DNN_BACKEND_OPENCV), cfa->getPreferableBackend());
    const double score = cfa->predict(badImage(3));
    for (const int backend : {int(dnn::DNN_BACKEND_DEFAULT), int(dnn::DNN_BACKEND_OPENCV)})
        cfa->setPreferableBackend(backend);
    cfa->setPreferableTarget(dnn::DNN_TARGET_CPU);
    EXPECT_EQ(score, cfa->predict(badImage(3)));
}

TEST(Anomaly_Targets, what_is_missing_is_said_and_nothing_put_in_its_place)
{
    const std::vector<int> targets = getAvailableTargets();
    const Ptr<CFA> cfa = quickDetector();
    const double score = cfa->predict(badImage(3));
    for (const int target :
         {int(dnn::DNN_TARGET_OPENCL), int(dnn::DNN_TARGET_CUDA), int(dnn::DNN_TARGET_CUDA_FP16), -1, 99})
    {
        if (std::count(targets.begin(), targets.end(), target))
            continue;
        EXPECT_EQ(int(Error::StsNotImplemented), codeOf([&] { cfa->setPreferableTarget(target); }))
            << "target " << target;
        EXPECT_ERROR_WITH("DNN_TARGET_CPU", cfa->setPreferableTarget(target));
        EXPECT_EQ(int(dnn::DNN_TARGET_CPU), cfa->getPreferableTarget());
        EXPECT_EQ(score, cfa->predict(badImage(3)));
    }
}

TEST(Anomaly_Targets, every_missing_part_of_CUDA_is_named)
{
    const std::vector<int> targets = getAvailableTargets();
    if (std::count(targets.begin(), targets.end(), int(dnn::DNN_TARGET_CUDA)) > 0)
        SKIP_TEST("CUDA is here, so that nothing is missing");
    const String byTarget = errorOf([] { CFA::create()->setPreferableTarget(dnn::DNN_TARGET_CUDA); });
    const String byBackend = errorOf([] { CFA::create()->setPreferableBackend(dnn::DNN_BACKEND_CUDA); });
    EXPECT_EQ(byTarget, byBackend);
    if (CFA::create()->getEngine() == ENGINE_PLAIN)
    {
        EXPECT_PRED_FORMAT2(testing::IsSubstring, "this build has no CUDA kernels", byTarget);
    }
}

TEST(Anomaly_Targets, backends_without_a_form_are_refused)
{
    const Ptr<CFA> cfa = CFA::create();
    for (const int backend : {int(dnn::DNN_BACKEND_INFERENCE_ENGINE), -1, 99})
        EXPECT_ERROR_WITH("expected one of cv::dnn's", cfa->setPreferableBackend(backend));
}

TEST(Anomaly_Targets, either_of_backend_and_target_is_enough)
{
    SKIP_WITHOUT_GPU();
    for (const int target : gpuTargets())
    {
        const Ptr<CFA> cfa = CFA::create(quickParams());
        cfa->setPreferableTarget(target);
        const int backend = cfa->getPreferableBackend();
        cfa->setPreferableBackend(backend);
        EXPECT_EQ(target, cfa->getPreferableTarget());
        if (backend != dnn::DNN_BACKEND_CUDA)
            continue;
        cfa->setPreferableBackend(dnn::DNN_BACKEND_OPENCV);
        EXPECT_EQ(int(dnn::DNN_TARGET_CPU), cfa->getPreferableTarget());
        cfa->setPreferableBackend(backend);
        EXPECT_EQ(int(dnn::DNN_TARGET_CUDA), cfa->getPreferableTarget());
    }
}

}} // namespace opencv_test
