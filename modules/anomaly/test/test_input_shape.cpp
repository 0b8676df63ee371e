// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Inputs that are not square: how fit chooses the shape, and that masks and maps keep their places.
#include "test_methods.hpp"
#include "test_model_files.hpp"

#include "../src/backbone/backbone.hpp"
#include "../src/input/input_shape.hpp"
#include "../src/input/preprocess.hpp"

namespace opencv_test { namespace {

// The center of 8 pixels that are stretched to 4096, of which 32 are cut out, is a sixteenth of a pixel.
TEST(Anomaly_InputShape, the_center_of_a_small_image_has_at_least_a_pixel)
{
    PatchCore::Params params = quickParamsOf<PatchCore>();
    params.inputMode = INPUT_CROPPED;
    params.inputSize = 32;
    params.resizeSize = 4096;
    const Ptr<PatchCore> detector = PatchCore::create(params);
    detector->fit(goodImages(6, Size(8, 9)));
    Mat map;
    detector->predict(goodImage(9, Size(9, 8)), map);
    EXPECT_EQ(Size(9, 8), map.size());
    EXPECT_EQ(1, countNonZero(map));
}

TEST(Anomaly_InputShape, square_images_get_exactly_the_side)
{
    for (const int side : {32, 64, 100, 224, 333, 4096})
        for (const int stride : {8, 14, 16, 32})
            EXPECT_EQ(Size(side, side), shapeOfAspect(1, side, stride)) << side << ", stride " << stride;
    EXPECT_EQ(Size(100, 100), shapeOfAspect(1.01, 100, 16)); // not 96 x 96
}

TEST(Anomaly_InputShape, has_the_aspect_ratio_and_the_area)
{
    EXPECT_EQ(Size(256, 192), shapeOfAspect(512. / 384, 224, 16));
    EXPECT_EQ(Size(192, 256), shapeOfAspect(384. / 512, 224, 16));
    EXPECT_EQ(Size(352, 144), shapeOfAspect(2.5, 224, 16));
    EXPECT_EQ(Size(352, 128), shapeOfAspect(2.5, 224, 32));
    EXPECT_EQ(Size(640, 80), shapeOfAspect(8, 224, 16)); // 633.6 x 79.2
}

TEST(Anomaly_InputShape, is_never_extreme)
{
    EXPECT_EQ(shapeOfAspect(8, 224, 16), shapeOfAspect(300, 224, 16));
    EXPECT_EQ(shapeOfAspect(1. / 8, 224, 16), shapeOfAspect(1. / 300, 224, 16));
    EXPECT_EQ(Size(96, 32), shapeOfAspect(8, 32, 16));      // two strides; 11 pixels would be the aspect ratio's
    EXPECT_EQ(Size(88, 32), shapeOfAspect(8, 32, 8));       // the smallest side that there is, of four strides
    EXPECT_EQ(Size(4096, 1448), shapeOfAspect(8, 4096, 8)); // the largest one
}

TEST(Anomaly_InputShape, median_of_the_aspect_ratios)
{
    const auto medianOf = [](const std::vector<Mat>& images) {
        std::vector<int> all;
        for (size_t i = 0; i < images.size(); i++)
            all.push_back(int(i));
        return medianAspect(*imagesFromArrays(images, noArray(), 16), all);
    };
    const Mat wide = goodImage(1, Size(80, 40)), high = goodImage(1, Size(20, 80)), square = goodImage(1, Size(40, 40)),
              empty;
    EXPECT_DOUBLE_EQ(2, medianOf({wide}));
    EXPECT_DOUBLE_EQ(2, medianOf({wide, high, wide}));
    EXPECT_DOUBLE_EQ(0.25, medianOf({wide, high, high}));
    EXPECT_DOUBLE_EQ(std::sqrt(2 * 0.25), medianOf({wide, high}));
    EXPECT_EQ(1, medianOf({wide, square, high}));
    EXPECT_DOUBLE_EQ(2, medianOf({empty, wide, empty})); // Images that cannot be read are ignored.
    EXPECT_EQ(1, medianOf({empty}));
    std::vector<Mat> many(1000, high);
    for (int i = 0; i < 500; i++)
        many[i] = wide;
    EXPECT_DOUBLE_EQ(std::sqrt(2 * 0.25), medianOf(many)); // 16 of each, of the 32 that are read
}

TEST(Anomaly_InputShape, stride_of_the_backbone)
{
    const Device device = {ENGINE_PLAIN, 0};
    const auto lite0 = Backbone::create(loadBackbone("lite0", {"c2", "c3", "c4"}), device),
               finest = Backbone::create(loadBackbone("lite0", {"c2"}), device);
    EXPECT_EQ(16, coarsestStride(*lite0));
    EXPECT_EQ(4, coarsestStride(*finest));
}

template <typename Method> typename Method::Params fastParamsOf()
{
    return quickParamsOf<Method>();
}

template <> CFA::Params fastParamsOf<CFA>()
{
    CFA::Params params = quickParams();
    params.gammaC = 0.5;
    return params;
}

template <typename Method> typename Method::Params shapedParamsOf(Size shape)
{
    typename Method::Params params = fastParamsOf<Method>();
    params.keepAspect = false;
    params.inputShape = shape;
    return params;
}

template <typename Method>
Ptr<Method> fittedTo(const std::vector<Mat>& images, const typename Method::Params& params = fastParamsOf<Method>())
{
    const Ptr<Method> detector = Method::create(params);
    detector->fit(images);
    return detector;
}

template <typename Method> class Anomaly_InputShapeOf : public testing::Test
{};

typedef testing::Types<CFA, PatchCore, PaDiM, SPADE> AllMethods;
TYPED_TEST_CASE(Anomaly_InputShapeOf, AllMethods);

const Size wideImage(600, 240), wideInput(96, 48); // of 64 x 64: 101 x 40 pixels

TYPED_TEST(Anomaly_InputShapeOf, defect_is_found_where_it_is)
{
    const Rect places[] = {Rect(60, 30, 60, 40), Rect(480, 170, 60, 40), Rect(470, 20, 60, 40)};
    const Ptr<TypeParam> detector = fittedTo<TypeParam>(goodImages(8, wideImage));
    EXPECT_EQ(wideInput, detector->getDetectorParams().inputShape);
    EXPECT_EQ(wideInput, detector->getParams().inputShape);
    for (const Rect& place : places)
    {
        Mat image = goodImage(40, wideImage), map;
        rectangle(image, place, Scalar(230, 240, 20), FILLED);
        detector->predict(image, map);
        ASSERT_EQ(wideImage, map.size());
        Point highest;
        minMaxLoc(map, NULL, NULL, NULL, &highest);
        // A patch of the input shows 50 x 40 pixels of the image.
        EXPECT_TRUE(Rect(place.tl() - Point(25, 20), place.br() + Point(25, 20)).contains(highest)) << highest;
    }
}

TYPED_TEST(Anomaly_InputShapeOf, map_and_mask_at_the_input)
{
    typename TypeParam::Params params = fastParamsOf<TypeParam>();
    params.mapSize = MAP_INPUT;
    const Ptr<TypeParam> detector = fittedTo<TypeParam>(goodImages(4, wideImage), params);
    const Rect ignored(300, 0, 300, 240);
    Mat map, mask(wideImage, CV_8U, Scalar(1)), inputMask;
    mask(ignored).setTo(0);
    detector->predict(goodImage(30, wideImage), map, mask);
    EXPECT_EQ(wideInput, map.size());
    EXPECT_EQ(0, countNonZero(map.colRange(48, 96)));
    EXPECT_EQ(48 * 48, countNonZero(map.colRange(0, 48)));
    maskToInput(mask, detector->getDetectorParams(), inputMask);
    EXPECT_EQ(0, cv::norm(inputMask, map != 0, NORM_INF));
    detector->predict(goodImage(30, Size(50, 90)), map); // one of another aspect ratio is stretched to the same input
    EXPECT_EQ(wideInput, map.size());
}

TYPED_TEST(Anomaly_InputShapeOf, every_fit_chooses_anew)
{
    const Ptr<TypeParam> detector = TypeParam::create(fastParamsOf<TypeParam>());
    EXPECT_EQ(Size(), detector->getDetectorParams().inputShape);
    detector->fit(goodImages(4, Size(40, 80)));
    EXPECT_EQ(Size(48, 96), detector->getDetectorParams().inputShape);
    const ScoredImage high(*detector, badImage(3, Size(40, 80)));
    EXPECT_THROW(detector->fit(goodImages(1, wideImage)), cv::Exception);
    EXPECT_EQ(Size(48, 96), detector->getDetectorParams().inputShape);
    EXPECT_TRUE(high == ScoredImage(*detector, badImage(3, Size(40, 80))));
    detector->fit(goodImages(4, wideImage));
    EXPECT_EQ(wideInput, detector->getDetectorParams().inputShape);
    detector->fit(goodImages(4, Size(70, 70)));
    EXPECT_EQ(Size(64, 64), detector->getDetectorParams().inputShape);
}

TYPED_TEST(Anomaly_InputShapeOf, canceled_fit_keeps_the_shape)
{
    const Ptr<TypeParam> detector = fittedTo<TypeParam>(goodImages(4, wideImage));
    detector->setFitCallback([](const FitProgress& progress) { return progress.stage != "thresholds"; });
    EXPECT_ERROR_WITH("canceled", detector->fit(goodImages(4, Size(40, 80))));
    EXPECT_EQ(wideInput, detector->getDetectorParams().inputShape);
}

TYPED_TEST(Anomaly_InputShapeOf, shape_as_it_is_given)
{
    const Ptr<TypeParam> given =
        fittedTo<TypeParam>(goodImages(4, wideImage), shapedParamsOf<TypeParam>(Size(48, 112)));
    EXPECT_EQ(Size(48, 112), given->getDetectorParams().inputShape);
    const Ptr<TypeParam> square = fittedTo<TypeParam>(goodImages(4, wideImage), shapedParamsOf<TypeParam>(Size()));
    EXPECT_EQ(Size(64, 64), square->getDetectorParams().inputShape);
}

TYPED_TEST(Anomaly_InputShapeOf, loaded_model_predicts_bit_for_bit_as_the_fitted_one)
{
    const Ptr<TypeParam> detector = fittedTo<TypeParam>(goodImages(4, wideImage));
    const ScoredImage fitted(*detector, badImage(3, wideImage));
    for (const char* extension : {".yml", ".xml", ".json"})
    {
        SCOPED_TRACE(extension);
        const TemporaryName file(extension);
        detector->save(file.name);
        const Ptr<TypeParam> loaded = TypeParam::load(file.name);
        EXPECT_TRUE(fitted == ScoredImage(*loaded, badImage(3, wideImage)));
        EXPECT_EQ(wideInput, loaded->getParams().inputShape);
        EXPECT_TRUE(loaded->getParams().keepAspect);
        EXPECT_EQ(savedContent(*detector), savedContent(*loaded));
        loaded->fit(goodImages(4, Size(40, 80)));
        EXPECT_EQ(Size(48, 96), loaded->getParams().inputShape);
    }
}

// Odd multiples of the stride, and sides that are no multiples of it.
TYPED_TEST(Anomaly_InputShapeOf, engines_agree)
{
    SKIP_TYPED_WITHOUT_HALIDE();
    for (const Size shape : {Size(112, 256), Size(336, 144), Size(75, 50)})
    {
        SCOPED_TRACE(format("%dx%d", shape.width, shape.height));
        expectEnginesAgree(*fittedTo<TypeParam>(goodImages(4), shapedParamsOf<TypeParam>(shape)));
    }
}

TYPED_TEST(Anomaly_InputShapeOf, ensemble_averages_where_both_see_the_image)
{
    const std::vector<Mat> images = goodImages(4, wideImage);
    typename TypeParam::Params params = fastParamsOf<TypeParam>();
    params.mapSize = MAP_INPUT;
    const ScoredImage resized(*fittedTo<TypeParam>(images, params), badImage(3, wideImage));
    params.inputMode = INPUT_CROPPED;
    const ScoredImage cropped(*fittedTo<TypeParam>(images, params), badImage(3, wideImage));
    params.inputMode = INPUT_ENSEMBLE;
    const ScoredImage both(*fittedTo<TypeParam>(images, params), badImage(3, wideImage));
    // Of 108 x 54 pixels the crop takes 96 from 6 on, and 48 from 3 on: 5.3 to 90.7, and 2.7 to 45.3 of the input's.
    Mat expected = resized.map.clone(), center = expected(Rect(Point(5, 3), Point(91, 45))), scaled;
    resize(cropped.map, scaled, center.size(), 0, 0, INTER_LINEAR);
    addWeighted(center, 0.5, scaled, 0.5, 0, center);
    EXPECT_EQ(wideInput, both.map.size());
    EXPECT_LT(cv::norm(expected, both.map, NORM_INF), 1e-5 * cv::norm(expected, NORM_INF));
}

TEST(Anomaly_InputShape, training_on_a_shape_that_is_no_square)
{
    SKIP_WITHOUT_TRAINING();
    CFA::Params params = trainingParams(3);
    for (const int augmentation : {int(CFA::AUGMENT_NONE), int(CFA::AUGMENT_RD)})
    {
        params.augmentation = augmentation;
        const Ptr<CFA> detector = fittedTo<CFA>(goodImages(8, wideImage), params);
        EXPECT_EQ(wideInput, detector->getParams().inputShape);
        const ScoredImage good(*detector, goodImage(50, wideImage)), bad(*detector, badImage(50, wideImage));
        EXPECT_GT(bad.score, good.score);
        Point highest;
        minMaxLoc(bad.map, NULL, NULL, NULL, &highest);
        EXPECT_TRUE(defectOf(wideImage).contains(highest)) << highest;
    }
}

TEST(Anomaly_InputShape, training_goes_on_at_its_checkpoint)
{
    SKIP_WITHOUT_TRAINING();
    const TemporaryName file(".yml");
    const std::vector<Mat> images = goodImages(6, wideImage);
    CFA::Params params = trainingParams(3);
    const String whole = contentOf(*fittedTo<CFA>(images, params));
    params.checkpoint = file.name;
    const Ptr<CFA> interrupted = CFA::create(params);
    interrupted->setFitCallback([](const FitProgress& progress) { return progress.epoch < 2; });
    EXPECT_ERROR_WITH("canceled", interrupted->fit(images));
    EXPECT_EQ(whole, contentOf(*fittedTo<CFA>(images, params)));
    params.keepAspect = false; // The learned shape is another one.
    EXPECT_ERROR_WITH("written with other settings", fittedTo<CFA>(images, params));
}

TEST(Anomaly_InputShape, views_move_masks_with_the_image)
{
    DetectorParams params = quickParams();
    params.resizeSize = 96; // of 64: 192 x 72 pixels, of which 128 x 48 are cut
    params.inputShape = Size(128, 48);
    Mat mask = Mat::zeros(240, 600, CV_8U), image, view, viewMask;
    rectangle(mask, Rect(250, 80, 100, 80), Scalar(255), FILLED);
    cvtColor(mask, image, COLOR_GRAY2BGR);
    std::vector<Point2f> centers;
    for (int seed = 0; seed < 60; seed++)
    {
        randomView(image, mask, params, seed, view, viewMask);
        ASSERT_EQ(params.inputShape, view.size());
        ASSERT_EQ(params.inputShape, viewMask.size());
        Mat gray;
        extractChannel(view, gray, 0);
        EXPECT_LT(countNonZero((gray > 127) != (viewMask > 127)), 80); // the edge's pixels
        const Moments moments = cv::moments(viewMask, true);
        ASSERT_GT(moments.m00, 0);
        centers.push_back(Point2f(float(moments.m10 / moments.m00), float(moments.m01 / moments.m00)));
    }
    // The cut lies anywhere within 64 pixels across and 24 down.
    const Rect spread = boundingRect(centers);
    EXPECT_GT(spread.width, 45);
    EXPECT_LT(spread.width, 75);
    EXPECT_GT(spread.height, 15);
    EXPECT_LT(spread.height, 36);
    params.inputMode = INPUT_CROPPED;
    randomView(image, mask, params, 0, view, viewMask);
    EXPECT_EQ(Size(192, 72), view.size());
}

TEST(Anomaly_InputShape, masks_of_functions_that_take_settings)
{
    DetectorParams params;
    Mat mask = Mat::zeros(240, 600, CV_8U), inputMask;
    mask.colRange(0, 150).setTo(1);
    maskToInput(mask, params, inputMask); // Before a fit, the input is a square.
    EXPECT_EQ(Size(224, 224), inputMask.size());
    params.inputShape = Size(320, 128);
    maskToInput(mask, params, inputMask);
    EXPECT_EQ(Size(320, 128), inputMask.size());
    EXPECT_EQ(80 * 128, countNonZero(inputMask.colRange(0, 80)));
    EXPECT_EQ(80 * 128, countNonZero(inputMask));
    params.inputMode = INPUT_CROPPED; // of 366 x 146 pixels, from (23, 9) on
    maskToInput(mask, params, inputMask);
    EXPECT_EQ(Size(320, 128), inputMask.size());
    EXPECT_EQ(69 * 128, countNonZero(inputMask));
}

TEST(Anomaly_InputShape, tiles_are_squares)
{
    PatchCore::Params params = quickParamsOf<PatchCore>();
    params.tile = 64;
    const Ptr<PatchCore> detector = fittedTo<PatchCore>(goodImages(4, wideImage), params);
    EXPECT_EQ(Size(64, 64), detector->getParams().inputShape);
    params.inputShape = Size(64, 64);
    EXPECT_NO_THROW(PatchCore::create(params));
    params.inputShape = Size(128, 64);
    EXPECT_ERROR_WITH("inputShape is 128x64 with tile 64", PatchCore::create(params));
    params.keepAspect = false;
    EXPECT_ERROR_WITH("tiles are squares", PatchCore::create(params));
}

TEST(Anomaly_InputShape, sides_out_of_range_are_named)
{
    const auto create = [](Size shape, int resizeSize = 256) {
        PaDiM::Params params;
        params.inputShape = shape;
        params.resizeSize = resizeSize;
        PaDiM::create(params);
    };
    for (const Size shape : {Size(31, 64), Size(64, 31), Size(4097, 64), Size(64, 4097), Size(0, 64), Size(-64, -64)})
        EXPECT_ERROR_WITH(format("inputShape is %dx%d", shape.width, shape.height), create(shape));
    EXPECT_NO_THROW(create(Size(32, 4096)));
    EXPECT_ERROR_WITH("resizeSize is 8192, which stretches images to 11703x2341", create(Size(320, 64), 8192));
}

TEST(Anomaly_InputShape, paper_stretches_to_a_square)
{
    EXPECT_FALSE(CFA::Params::paper().keepAspect);
    EXPECT_EQ(Size(), CFA::Params::paper().inputShape);
    EXPECT_TRUE(CFA::Params().keepAspect);
}

// The network takes squares of one size only.
TEST(Anomaly_InputShape, backbone_that_does_not_take_the_shape)
{
    PaDiM::Params params = quickParamsOf<PaDiM>();
    params.backbone = testDataPath("backbones/fixed_size.onnx");
    params.outputs = {"fixed"};
    const Ptr<PaDiM> detector = PaDiM::create(params);
    EXPECT_ERROR_WITH("set keepAspect to false to stretch them to 64x64", detector->fit(goodImages(4, wideImage)));
    EXPECT_TRUE(detector->empty());
    detector->fit(goodImages(4, Size(70, 70)));
    EXPECT_EQ(Size(64, 64), detector->getParams().inputShape);
    params.keepAspect = false;
    EXPECT_EQ(Size(64, 64), fittedTo<PaDiM>(goodImages(4, wideImage), params)->getParams().inputShape);
}

// square_version_2.yml was written before models had keepAspect, of photographs of 160x64 pixels.
TEST(Anomaly_InputShape, older_model_stretches_to_a_square)
{
    const Ptr<PaDiM> detector = PaDiM::load(testDataPath("models/square_version_2.yml"));
    EXPECT_FALSE(detector->getParams().keepAspect);
    EXPECT_EQ(Size(64, 64), detector->getParams().inputShape);
    const Mat image = imread(testDataPath("textures/brick/test/hole/000.png"), IMREAD_UNCHANGED).rowRange(48, 112);
    EXPECT_NEAR(2.73772812, detector->predict(image), 1e-4);
    const ScoredImage before(*detector, image);
    const TemporaryName file(".yml"); // When it is saved again, it has all fields.
    detector->save(file.name);
    EXPECT_TRUE(before == ScoredImage(*PaDiM::load(file.name), image));
    detector->fit(goodImages(4, wideImage));
    EXPECT_EQ(Size(64, 64), detector->getParams().inputShape);
    const Ptr<CFA> first = CFA::load(testDataPath("models/brick.yml.gz")); // of version 1
    EXPECT_FALSE(first->getParams().keepAspect);
    EXPECT_EQ(Size(224, 224), first->getParams().inputShape);
}

TEST(Anomaly_InputShape, changed_fields_of_a_model_are_named)
{
    const TemporaryName file(".yml");
    fittedTo<PaDiM>(goodImages(4, wideImage))->save(file.name);
    const String text = readText(file.name), shape = "inputShape: [ 96, 48 ]";
    const auto errorAfter = [&](const String& from, const String& to) {
        String changed = text;
        CV_Assert(changed.find(from) != String::npos);
        writeText(file.name, changed.replace(changed.find(from), from.size(), to));
        return errorOf([&]() { loadDetector(file.name); });
    };
    EXPECT_EQ("", errorAfter(shape, shape));
    for (const char* other : {"[ 0, 0 ]", "[ 96 ]", "[ 96, 48, 3 ]", "[ 96.5, 48 ]", "[ 31, 48 ]", "[ 96, 4097 ]",
                              "[ -96, -48 ]", "96", "[ wide, 48 ]"})
        EXPECT_PRED_FORMAT2(testing::IsSubstring, "'inputShape'", errorAfter(shape, String("inputShape: ") + other));
    EXPECT_PRED_FORMAT2(testing::IsSubstring, "'inputShape'", errorAfter(shape, "shape: [ 96, 48 ]"));
    EXPECT_PRED_FORMAT2(testing::IsSubstring, "'checksum'", errorAfter(shape, "inputShape: [ 48, 96 ]"));
    EXPECT_PRED_FORMAT2(testing::IsSubstring, "'checksum'", errorAfter("keepAspect: 1", "keepAspect: 0"));
    EXPECT_NE("", errorAfter("keepAspect: 1", "keep: 1"));
}

}} // namespace opencv_test
