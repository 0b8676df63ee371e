// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Properties that every method without training must have, whatever it learns.
#include "test_methods.hpp"

#include "../src/training/fit_reporter.hpp"

#include "opencv2/dnn.hpp"

#include <atomic>
#include <memory>
#include <thread>

namespace opencv_test { namespace {

template <typename Method> class Anomaly_Method : public testing::Test
{};

typedef testing::Types<PaDiM, PatchCore, SPADE> Methods;
TYPED_TEST_CASE(Anomaly_Method, Methods);

TYPED_TEST(Anomaly_Method, finds_a_defect_and_where_it_is)
{
    const Ptr<TypeParam> detector = quickDetectorOf<TypeParam>(quickParamsOf<TypeParam>(), 12);
    const ScoredImage good(*detector, goodImage(50)), bad(*detector, badImage(9));
    EXPECT_GT(bad.score, 1.5 * good.score);
    EXPECT_GE(bad.score, detector->getImageThreshold());
    ASSERT_EQ(badImage(9).size(), bad.map.size());
    Point highest;
    minMaxLoc(bad.map, NULL, NULL, NULL, &highest);
    EXPECT_TRUE(defectOf(bad.map.size()).contains(highest)) << highest;
}

TYPED_TEST(Anomaly_Method, stages_of_fit)
{
    const Ptr<TypeParam> detector = TypeParam::create(quickParamsOf<TypeParam>());
    std::vector<String> stages;
    detector->setFitCallback([&](const FitProgress& progress) {
        if (stages.empty() || stages.back() != progress.stage)
            stages.push_back(progress.stage);
        EXPECT_LE(progress.step, progress.steps);
        return true;
    });
    detector->fit(goodImages(4));
    std::vector<String> expected = ownStagesOf(*detector);
    expected.insert(expected.begin(), "features");
    expected.push_back("thresholds");
    EXPECT_EQ(expected, stages);
}

TYPED_TEST(Anomaly_Method, canceled_fit_leaves_the_detector_as_it_was)
{
    const Ptr<TypeParam> detector = quickDetectorOf<TypeParam>();
    const double score = detector->predict(badImage(3));
    std::vector<String> stages = ownStagesOf(*detector);
    stages.push_back("features");
    stages.push_back("thresholds");
    for (const String& stage : stages)
    {
        detector->setFitCallback([&](const FitProgress& progress) { return progress.stage != stage; });
        EXPECT_ERROR_WITH("canceled", detector->fit(goodImages(4)));
        EXPECT_EQ(score, detector->predict(badImage(3)));
    }
}

TYPED_TEST(Anomaly_Method, same_images_same_model)
{
    EXPECT_EQ(savedContent(*quickDetectorOf<TypeParam>()), savedContent(*quickDetectorOf<TypeParam>()));
}

TYPED_TEST(Anomaly_Method, loaded_model_predicts_bit_for_bit_as_the_fitted_one)
{
    const Ptr<TypeParam> detector = quickDetectorOf<TypeParam>();
    const ScoredImage fitted(*detector, badImage(3));
    for (const char* extension : {".yml", ".xml", ".json", ".yml.gz"})
    {
        SCOPED_TRACE(extension);
        const TemporaryName file(extension);
        detector->save(file.name);
        const Ptr<TypeParam> loaded = TypeParam::load(file.name);
        EXPECT_TRUE(fitted == ScoredImage(*loaded, badImage(3)));
        EXPECT_EQ(detector->getImageThreshold(), loaded->getImageThreshold());
        EXPECT_EQ(detector->getPixelThreshold(), loaded->getPixelThreshold());
        EXPECT_EQ(savedContent(*detector), savedContent(*loaded));
        EXPECT_TRUE(fitted == ScoredImage(*loadDetector(file.name), badImage(3)));
        EXPECT_EQ(detector->getMethod(), loadDetector(file.name)->getMethod());
        EXPECT_ERROR_WITH("another method", CFA::load(file.name));
    }
}

TYPED_TEST(Anomaly_Method, models_in_memory_with_a_backbone_of_their_own)
{
    typename TypeParam::Params params = quickParamsOf<TypeParam>();
    params.backbone = testDataPath("backbones/two_scales.onnx");
    params.outputs = {"fine", "coarse"};
    const Ptr<TypeParam> detector = quickDetectorOf<TypeParam>(params);
    std::vector<uchar> model;
    detector->saveToMemory(model);
    EXPECT_TRUE(ScoredImage(*detector, badImage(3)) == ScoredImage(*loadDetectorFromMemory(model), badImage(3)));
}

TYPED_TEST(Anomaly_Method, files_and_images_give_the_same_model)
{
    const std::vector<Mat> images = goodImages(5);
    std::vector<std::unique_ptr<TemporaryName>> files;
    std::vector<String> names;
    for (const Mat& image : images)
    {
        files.emplace_back(new TemporaryName(".png"));
        names.push_back(files.back()->name);
        ASSERT_TRUE(imwrite(names.back(), image));
    }
    Mat mask = Mat::zeros(images[0].size(), CV_8U);
    mask.rowRange(0, mask.rows / 2).setTo(1);
    const Ptr<TypeParam> fromFiles = TypeParam::create(quickParamsOf<TypeParam>()),
                         fromImages = TypeParam::create(quickParamsOf<TypeParam>());
    fromFiles->fit(names);
    fromImages->fit(images);
    EXPECT_EQ(savedContent(*fromImages), savedContent(*fromFiles));
    EXPECT_EQ(fromImages->predict(images[2]), fromFiles->predict(names[2]));
    fromFiles->fit(names, mask);
    EXPECT_NE(savedContent(*fromImages), savedContent(*fromFiles));
    fromImages->fit(images, std::vector<Mat>(5, mask));
    EXPECT_EQ(savedContent(*fromImages), savedContent(*fromFiles));
}

// Features that are kept in a file, or computed again if the disk is full, give the same model.
TYPED_TEST(Anomaly_Method, cache_does_not_change_the_model)
{
    typename TypeParam::Params params = quickParamsOf<TypeParam>();
    params.cacheMiB = 0;
    EXPECT_EQ(savedContent(*quickDetectorOf<TypeParam>()), savedContent(*quickDetectorOf<TypeParam>(params)));
}

TYPED_TEST(Anomaly_Method, clones_change_by_themselves)
{
    const Ptr<TypeParam> detector = quickDetectorOf<TypeParam>();
    detector->setEngine(ENGINE_PLAIN);
    const Ptr<TypeParam> copy = detector->clone().template dynamicCast<TypeParam>();
    ASSERT_FALSE(copy.empty());
    EXPECT_TRUE(ScoredImage(*detector, badImage(3)) == ScoredImage(*copy, badImage(3)));
    EXPECT_EQ(int(ENGINE_PLAIN), copy->getEngine());
    const ScoredImage before(*copy, badImage(3));
    detector->fit(goodImages(4));
    detector->setMapSize(MAP_INPUT);
    EXPECT_TRUE(before == ScoredImage(*copy, badImage(3)));
    EXPECT_EQ(int(MAP_IMAGE), copy->getMapSize());
}

TYPED_TEST(Anomaly_Method, masks_at_fit_leave_patches_out)
{
    // The right half of these images is defective: a defect there stands out only if it was not learned.
    std::vector<Mat> images, masks;
    for (int i = 0; i < 6; i++)
    {
        images.push_back(badImage(i));
        masks.push_back(Mat(images[i].size(), CV_8U, Scalar(1)));
        if (i < 4) // two images are enough for a Gaussian
            masks[i].colRange(40, 80).setTo(0);
        else
            images[i] = goodImage(i);
    }
    const Ptr<TypeParam> seen = TypeParam::create(quickParamsOf<TypeParam>()),
                         unseen = TypeParam::create(quickParamsOf<TypeParam>());
    seen->fit(images);
    unseen->fit(images, masks);
    const Rect defect = defectOf(images[0].size());
    const ScoredImage learned(*seen, badImage(30)), left(*unseen, badImage(30));
    EXPECT_GT(mean(left.map(defect))[0], 1.3 * mean(learned.map(defect))[0]);
    for (Mat& mask : masks)
        mask.setTo(0);
    EXPECT_THROW(unseen->fit(images, masks), cv::Exception);
    EXPECT_TRUE(left == ScoredImage(*unseen, badImage(30)));
}

TYPED_TEST(Anomaly_Method, region_of_interest)
{
    const Ptr<TypeParam> detector = quickDetectorOf<TypeParam>();
    Mat mask(badImage(3).size(), CV_8U, Scalar(255));
    rectangle(mask, Rect(40, 10, 40, 40), Scalar(0), FILLED);
    const ScoredImage part(*detector, badImage(3), mask), whole(*detector, badImage(3));
    EXPECT_EQ(0, countNonZero(part.map.clone().setTo(0, mask)));
    const bool isOfWholeImage = detector->getMethod() == "SPADE";
    EXPECT_EQ(isOfWholeImage, whole.score == part.score);
    EXPECT_TRUE(isOfWholeImage || part.score < whole.score);
}

TYPED_TEST(Anomaly_Method, ensemble_of_inputs)
{
    typename TypeParam::Params params = quickParamsOf<TypeParam>();
    params.mapSize = MAP_INPUT;
    const ScoredImage resized(*quickDetectorOf<TypeParam>(params), badImage(3));
    params.inputMode = INPUT_CROPPED;
    const ScoredImage cropped(*quickDetectorOf<TypeParam>(params), badImage(3));
    params.inputMode = INPUT_ENSEMBLE;
    const Ptr<TypeParam> both = quickDetectorOf<TypeParam>(params);
    const ScoredImage average(*both, badImage(3));
    Mat expected = resized.map.clone(), center = expected(Rect(4, 4, 56, 56)), scaled; // from 3.6 to 60.4 of 64 pixels
    resize(cropped.map, scaled, center.size(), 0, 0, INTER_LINEAR);
    addWeighted(center, 0.5, scaled, 0.5, 0, center);
    EXPECT_LT(cv::norm(expected, average.map, NORM_INF), 1e-5 * cv::norm(expected, NORM_INF));
    if (both->getMethod() == "SPADE")
    {
        EXPECT_DOUBLE_EQ((resized.score + cropped.score) / 2, average.score);
    }

    const TemporaryName file(".yml.gz");
    both->save(file.name);
    EXPECT_TRUE(average == ScoredImage(*TypeParam::load(file.name), badImage(3)));
}

TYPED_TEST(Anomaly_Method, tiles)
{
    const Size size(160, 100);
    typename TypeParam::Params params = quickParamsOf<TypeParam>();
    params.tile = 64;
    const Ptr<TypeParam> detector = TypeParam::create(params);
    detector->fit(goodImages(4, size));
    const ScoredImage good(*detector, goodImage(20, size)), bad(*detector, badImage(21, size));
    EXPECT_EQ(size, bad.map.size());
    EXPECT_GT(bad.score, 1.2 * good.score);
    Point highest;
    minMaxLoc(bad.map, NULL, NULL, NULL, &highest);
    EXPECT_TRUE((defectOf(size) + Size(8, 8) - Point(4, 4)).contains(highest)) << highest;

    const TemporaryName file(".yml");
    detector->save(file.name);
    EXPECT_TRUE(bad == ScoredImage(*TypeParam::load(file.name), badImage(21, size)));
}

TYPED_TEST(Anomaly_Method, engines_agree)
{
    SKIP_TYPED_WITHOUT_HALIDE();
    expectEnginesAgree(*quickDetectorOf<TypeParam>());
}

TYPED_TEST(Anomaly_Method, batch_is_one_after_the_other)
{
    const Ptr<TypeParam> detector = quickDetectorOf<TypeParam>();
    std::vector<Mat> images = {badImage(1), goodImage(2), badImage(3, Size(70, 90))}, maps;
    std::vector<double> scores;
    detector->predictBatch(images, scores, maps);
    ASSERT_EQ(images.size(), scores.size());
    for (size_t i = 0; i < images.size(); i++)
    {
        const ScoredImage alone(*detector, images[i]);
        EXPECT_EQ(alone.score, scores[i]);
        EXPECT_EQ(0, cv::norm(alone.map, maps[i], NORM_INF));
    }
}

TYPED_TEST(Anomaly_Method, threads_predict_as_alone)
{
    const Ptr<TypeParam> detector = quickDetectorOf<TypeParam>();
    const ScoredImage expected(*detector, badImage(3));
    std::atomic<int> others(0);
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; i++)
        threads.emplace_back([&]() { others += !(expected == ScoredImage(*detector, badImage(3))); });
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_EQ(0, others);
}

TYPED_TEST(Anomaly_Method, profile_times_every_stage)
{
    const Ptr<TypeParam> detector = quickDetectorOf<TypeParam>();
    std::vector<String> stages;
    std::vector<double> milliseconds;
    EXPECT_EQ(detector->predict(badImage(3)), detector->profile(badImage(3), stages, milliseconds));
    ASSERT_EQ(5u, milliseconds.size());
    for (const double time : milliseconds)
        EXPECT_GT(time, 0);
}

// A folder that was copied into itself gives the model that the images give once.
TYPED_TEST(Anomaly_Method, copies_are_learned_once)
{
    std::vector<Mat> images = goodImages(6);
    const Ptr<TypeParam> once = TypeParam::create(quickParamsOf<TypeParam>()),
                         thrice = TypeParam::create(quickParamsOf<TypeParam>());
    once->fit(images);
    for (int i = 0; i < 12; i++)
        images.push_back(images[i % 6].clone());
    thrice->fit(images);
    EXPECT_EQ(6, thrice->getLearnedImages());
    EXPECT_EQ(savedContent(*once), savedContent(*thrice));
    EXPECT_ERROR_WITH("no copies of others", thrice->fit(std::vector<Mat>(5, goodImage(1))));
    Mat other = images[7].clone();
    other.at<Vec3b>(79, 95)[2] ^= 1; // the last value
    images[7] = other;
    thrice->fit(images);
    EXPECT_EQ(7, thrice->getLearnedImages());
}

TYPED_TEST(Anomaly_Method, masks_that_contradict_labels_are_refused)
{
    const Ptr<TypeParam> detector = quickDetectorOf<TypeParam>();
    const double before = detector->getPixelThreshold();
    Mat defects = Mat::zeros(badImage(1).size(), CV_8U);
    defects(defectOf(defects.size())).setTo(255);
    EXPECT_ERROR_WITH("Image 1 is labeled as good",
                      detector->calibrate(std::vector<Mat>{badImage(32), goodImage(30)}, std::vector<int>{1, 0},
                                          std::vector<Mat>{Mat(), defects}));
    EXPECT_EQ(before, detector->getPixelThreshold());
}

TYPED_TEST(Anomaly_Method, calibrate_sets_thresholds)
{
    const Ptr<TypeParam> detector = quickDetectorOf<TypeParam>();
    Mat defects = Mat::zeros(badImage(1).size(), CV_8U);
    defects(defectOf(defects.size())).setTo(255);
    detector->calibrate(std::vector<Mat>{goodImage(30), goodImage(31), badImage(32), badImage(33)},
                        std::vector<int>{0, 0, 1, 1}, std::vector<Mat>{Mat(), Mat(), defects, defects});
    EXPECT_LT(detector->predict(goodImage(40)), detector->getImageThreshold());
    EXPECT_GE(detector->predict(badImage(41)), detector->getImageThreshold());
}

TYPED_TEST(Anomaly_Method, gpu_is_refused)
{
    const Ptr<TypeParam> detector = quickDetectorOf<TypeParam>();
    const double score = detector->predict(badImage(3));
    try
    {
        detector->setPreferableTarget(dnn::DNN_TARGET_CUDA);
        ADD_FAILURE() << "a GPU was taken";
    }
    catch (const cv::Exception& e)
    {
        EXPECT_EQ(int(Error::StsNotImplemented), e.code);
        const std::vector<int> targets = getAvailableTargets();
        const bool isThere = std::count(targets.begin(), targets.end(), int(dnn::DNN_TARGET_CUDA)) > 0;
        EXPECT_PRED_FORMAT2(testing::IsSubstring, isThere ? "computes on the processor" : "", e.err);
    }
    EXPECT_EQ(int(dnn::DNN_TARGET_CPU), detector->getPreferableTarget());
    EXPECT_EQ(score, detector->predict(badImage(3)));
}

TYPED_TEST(Anomaly_Method, empty_detector)
{
    const Ptr<TypeParam> detector = TypeParam::create();
    EXPECT_TRUE(detector->empty());
    EXPECT_ERROR_WITH("fit it", detector->predict(goodImage(1)));
    EXPECT_ERROR_WITH("fit it", detector->save("model.yml"));
    EXPECT_THROW(detector->fit(goodImages(1)), cv::Exception);
}

TYPED_TEST(Anomaly_Method, parameters_out_of_range_are_named)
{
    const auto create = [](const std::function<void(typename TypeParam::Params&)>& change) {
        typename TypeParam::Params params;
        change(params);
        TypeParam::create(params);
    };
    typedef typename TypeParam::Params Params;
    EXPECT_ERROR_WITH("patchStride is 0", create([](Params& p) { p.patchStride = 0; }));
    EXPECT_ERROR_WITH("patchStride is 257", create([](Params& p) { p.patchStride = 257; }));
    EXPECT_ERROR_WITH("inputSize is 8", create([](Params& p) { p.inputSize = 8; }));
}

// A damaged network may give values that overflow a float.
TYPED_TEST(Anomaly_Method, backbone_that_gives_no_numbers)
{
    typename TypeParam::Params params = quickParamsOf<TypeParam>();
    params.backbone = testDataPath("backbones/overflow.onnx");
    params.outputs = {"fine"};
    params.inputMean = Scalar::all(128); // a gray image gives features of 0
    const Ptr<TypeParam> detector = TypeParam::create(params);
    EXPECT_THROW(detector->fit(goodImages(4)), cv::Exception);
    EXPECT_TRUE(detector->empty());
    for (const int engine : {int(ENGINE_PLAIN), int(ENGINE_AUTO)})
    {
        detector->setEngine(engine);
        detector->fit(alike(Mat(80, 96, CV_8UC3, Scalar::all(128)), 4));
        EXPECT_EQ(0, detector->predict(Mat(80, 96, CV_8UC3, Scalar::all(128))));
        EXPECT_ERROR_WITH("NaN or infinity", detector->predict(badImage(3)));
    }
}

TYPED_TEST(Anomaly_Method, patches_of_any_stride)
{
    for (const int stride : {1, 3, 5, 16, 64, 256})
    {
        SCOPED_TRACE(stride);
        typename TypeParam::Params params = quickParamsOf<TypeParam>();
        params.patchStride = stride;
        const Ptr<TypeParam> detector = quickDetectorOf<TypeParam>(params, 4);
        const ScoredImage fitted(*detector, badImage(3));
        EXPECT_TRUE(checkRange(fitted.map));
        const TemporaryName file(".yml");
        detector->save(file.name);
        EXPECT_TRUE(fitted == ScoredImage(*TypeParam::load(file.name), badImage(3)));
    }
}

// Steps and epochs of all models together, as far as they can be counted in an int.
TEST(Anomaly_Methods, progress_of_endless_epochs_does_not_overflow)
{
    FitProgress last;
    FitReporter reporter(
        [&](const FitProgress& progress) {
            last = progress;
            return true;
        },
        2);
    reporter.startModel(1);
    reporter.setTraining(3, INT_MAX, FitReporter::Figures());
    reporter.report("training", 3, int64(INT_MAX) * 4);
    EXPECT_EQ(INT_MAX, last.steps);
    EXPECT_EQ(INT_MAX, last.step);
    EXPECT_EQ(INT_MAX, last.epochs);
    EXPECT_EQ(INT_MAX, last.epoch);
}

}} // namespace opencv_test
