// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// CFA as a whole: it finds defects, its model survives a file bit for bit, and its masks, inputs and thresholds do what
// the documentation says.
#include "test_textures.hpp"

#include <fstream>

namespace opencv_test { namespace {

double differenceOf(const CFA& a, const CFA& b, const Mat& image)
{
    Mat mapOfA, mapOfB;
    const double difference = std::abs(a.predict(image, mapOfA) - b.predict(image, mapOfB));
    return difference + cv::norm(mapOfA, mapOfB, NORM_INF);
}

Point highestPoint(const Mat& map)
{
    Point at;
    minMaxLoc(map, NULL, NULL, NULL, &at);
    return at;
}

TEST(Anomaly_CFA, finds_a_defect_and_where_it_is)
{
    const Ptr<CFA> cfa = quickDetector();
    Mat good, bad;
    const double goodScore = cfa->predict(goodImage(100), good), badScore = cfa->predict(badImage(101), bad);
    EXPECT_GT(badScore, 2 * goodScore);
    EXPECT_EQ(Size(96, 80), bad.size());
    EXPECT_EQ(CV_32FC1, bad.type());
    EXPECT_TRUE(defectOf(bad.size()).contains(highestPoint(bad)));
    EXPECT_GE(badScore, cfa->getImageThreshold());
    EXPECT_GT(cfa->normalizedScore(badScore), 0.5);
    EXPECT_EQ(badScore, cfa->predict(badImage(101)));
}

TEST(Anomaly_CFA, neighbor_maps_start_with_the_nearest)
{
    CFA::Params params = quickParams();
    params.scoreMode = CFA::SCORE_NEAREST;
    params.K = 4;
    const Ptr<CFA> cfa = quickDetector(params);
    for (const int size : {int(MAP_IMAGE), int(MAP_INPUT)})
    {
        cfa->setMapSize(size);
        Mat map;
        std::vector<Mat> maps;
        const double score = cfa->predict(badImage(3), map);
        cfa->neighborMaps(badImage(3), maps);
        ASSERT_EQ(4u, maps.size());
        EXPECT_LT(cv::norm(map, maps[0], NORM_INF), 1e-5 * score);
        for (int k = 1; k < 4; k++)
        {
            EXPECT_EQ(map.size(), maps[k].size());
            EXPECT_EQ(0, countNonZero(maps[k] < maps[k - 1] - 1e-6 * score));
            EXPECT_GT(cv::norm(maps[k], maps[k - 1], NORM_INF), 1e-3 * score);
        }
    }
    std::vector<Mat> none;
    EXPECT_ERROR_WITH("empty", cfa->neighborMaps(Mat(), none));
    EXPECT_ERROR_WITH("fit it", CFA::create()->neighborMaps(goodImage(1), none));
}

TEST(Anomaly_CFA, training_draws_good_patches_together)
{
    SKIP_WITHOUT_TRAINING();
    CFA::Params params = quickParams();
    params.adaptation = CFA::ADAPTATION_FULL;
    params.epochs = 6;
    const Ptr<CFA> after = CFA::create(params);
    std::vector<double> losses;
    std::vector<String> stages;
    after->setFitCallback([&](const FitProgress& progress) {
        if (stages.empty() || stages.back() != progress.stage)
            stages.push_back(progress.stage);
        if (progress.stage == "training" && progress.step % (progress.steps / progress.epochs) == 0)
            losses.push_back(progress.figures.at("loss"));
        EXPECT_LE(progress.step, progress.steps);
        return true;
    });
    after->fit(goodImages(12));
    EXPECT_EQ((std::vector<String>{"features", "bank", "training", "patches", "coreset", "scoring bank", "thresholds"}),
              stages);
    ASSERT_EQ(6u, losses.size());
    EXPECT_LT(losses.back(), 0.8 * losses.front());
    EXPECT_GT(after->getRadius(), params.radius);
    EXPECT_GT(after->predict(badImage(9)), 2 * after->predict(goodImage(50)));
}

TEST(Anomaly_CFA, same_seed_same_model)
{
    CFA::Params params = quickParams();
    if (canTrain())
        params.adaptation = CFA::ADAPTATION_FULL;
    const Ptr<CFA> one = quickDetector(params), two = quickDetector(params);
    EXPECT_EQ(0, differenceOf(*one, *two, badImage(3)));
    params.seed = 1;
    EXPECT_NE(0, differenceOf(*one, *quickDetector(params), badImage(3)));
}

typedef testing::TestWithParam<const char*> Anomaly_Format;

TEST_P(Anomaly_Format, loaded_model_predicts_bit_for_bit_as_the_fitted_one)
{
    const TemporaryName file(GetParam());
    CFA::Params params = quickParams();
    if (canTrain())
        params.adaptation = CFA::ADAPTATION_FULL;
    const Ptr<CFA> cfa = quickDetector(params);
    cfa->save(file.name);
    const Ptr<CFA> loaded = CFA::load(file.name);
    EXPECT_EQ(0, differenceOf(*cfa, *loaded, badImage(3)));
    EXPECT_EQ(cfa->getImageThreshold(), loaded->getImageThreshold());
    EXPECT_EQ(cfa->getPixelThreshold(), loaded->getPixelThreshold());
    EXPECT_EQ(cfa->getRadius(), loaded->getRadius());
    EXPECT_EQ(cfa->normalizedScore(1), loaded->normalizedScore(1));
    EXPECT_EQ(params.gammaC, loaded->getParams().gammaC);
    EXPECT_EQ(params.outputs, loaded->getParams().outputs);
    EXPECT_EQ(cfa->predict(badImage(3)), loadDetector(file.name)->predict(badImage(3)));
    EXPECT_EQ(cfa->predict(badImage(3)), Algorithm::load<CFA>(file.name)->predict(badImage(3)));
}

INSTANTIATE_TEST_CASE_P(/**/, Anomaly_Format,
                        testing::Values(".yml", ".xml", ".json", ".yml.gz", ".xml.gz", ".json.gz"));

TEST(Anomaly_CFA, own_backbone_beside_the_model_named_or_inside)
{
    CFA::Params params = quickParams();
    params.backbone = testDataPath("backbones/two_scales.onnx");
    params.outputs = {"fine", "coarse"};
    params.gammaC = params.gammaD = 1;
    const Ptr<CFA> cfa = quickDetector(params);
    const TemporaryName file(".yml");
    cfa->save(file.name);
    EXPECT_ERROR_WITH("two_scales.onnx", CFA::load(file.name));
    EXPECT_ERROR_WITH("SHA-256", CFA::load(file.name, testDataPath("backbones/one_scale.onnx")));
    EXPECT_EQ(0, differenceOf(*cfa, *CFA::load(file.name, params.backbone), badImage(3)));

    params.embedBackbone = true;
    const Ptr<CFA> whole = quickDetector(params);
    whole->save(file.name);
    EXPECT_EQ(0, differenceOf(*whole, *CFA::load(file.name), badImage(3)));
}

// The model was trained with LibTorch by test_data/make_stored_model.py. A build without LibTorch predicts the same
// scores. Other processors and engines differ by rounding only.
TEST(Anomaly_CFA, stored_model_predicts_as_where_it_was_trained)
{
    const Ptr<CFA> cfa = CFA::load(testDataPath("models/brick.yml.gz"));
    const FileStorage gold(testDataPath("gold/stored_model.yml"), FileStorage::READ);
    for (const int engine : {int(ENGINE_PLAIN), int(ENGINE_AUTO)})
    {
        cfa->setEngine(engine);
        for (const FileNode& node : gold["images"])
        {
            const int step = node["step"];
            Mat expected, map;
            node["map"] >> expected;
            const double score = cfa->predict(
                imread(testDataPath("textures/brick/test/" + String(node["image"])), IMREAD_UNCHANGED), map);
            EXPECT_NEAR(score, double(node["score"]), 1e-4 * score);
            for (int y = 0; y < expected.rows; y++)
                for (int x = 0; x < expected.cols; x++)
                    ASSERT_NEAR(map.at<float>(y * step, x * step), expected.at<float>(y, x), 1e-4 * score);
        }
    }
}

TEST(Anomaly_CFA, files_and_images_give_the_same_model)
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
    const Ptr<CFA> fromFiles = CFA::create(quickParams());
    fromFiles->fit(names);
    EXPECT_EQ(0, differenceOf(*fromFiles, *quickDetector(quickParams(), 5), badImage(3)));
}

TEST(Anomaly_CFA, files_are_predicted_as_they_are_fitted)
{
    Mat dark;
    goodImage(9).convertTo(dark, CV_16U, 40); // 8 bits of it are nearly black
    const TemporaryName file(".png");
    ASSERT_TRUE(imwrite(file.name, dark));
    const Ptr<CFA> cfa = quickDetector();
    Mat map, mapOfFile;
    const double expected = cfa->predict(dark, map);
    EXPECT_EQ(expected, cfa->predict(file.name, mapOfFile));
    EXPECT_EQ(0, cv::norm(map, mapOfFile, NORM_INF));
    EXPECT_NE(expected, cfa->predict(imread(file.name)));
    EXPECT_EQ(CV_16UC3, readImage(file.name).type());
    const Mat mask = Mat::eye(dark.size(), CV_8U);
    EXPECT_EQ(cfa->predict(dark, noArray(), mask), cfa->predict(file.name, noArray(), mask));
    EXPECT_ERROR_WITH("no_such.png", cfa->predict("no_such.png"));
    EXPECT_ERROR_WITH("no_such.png", readImage("no_such.png"));
}

TEST(Anomaly_CFA, clones_change_by_themselves)
{
    const Ptr<CFA> cfa = quickDetector();
    cfa->setEngine(ENGINE_PLAIN);
    const Ptr<CFA> copy = cfa->clone().dynamicCast<CFA>();
    ASSERT_FALSE(copy.empty());
    EXPECT_EQ(contentOf(*cfa), contentOf(*copy));
    EXPECT_EQ(0, differenceOf(*cfa, *copy, badImage(3)));
    EXPECT_EQ(int(ENGINE_PLAIN), copy->getEngine());
    const double threshold = cfa->getImageThreshold();
    copy->setImageThreshold(threshold + 1);
    copy->setMapSize(MAP_INPUT);
    EXPECT_EQ(threshold, cfa->getImageThreshold());
    EXPECT_EQ(int(MAP_IMAGE), cfa->getMapSize());
    cfa->fit(goodImages(3));
    EXPECT_EQ(threshold + 1, copy->getImageThreshold());

    CFA::Params params = quickParams();
    params.cacheMiB = 7;
    const Ptr<CFA> unfitted = CFA::create(params)->clone().dynamicCast<CFA>();
    EXPECT_TRUE(unfitted->empty());
    EXPECT_EQ(7, unfitted->getParams().cacheMiB);
    unfitted->fit(goodImages(6));
    EXPECT_EQ(0, differenceOf(*quickDetector(), *unfitted, badImage(3)));
}

TEST(Anomaly_CFA, models_in_memory)
{
    for (const char* backbone : {"", "backbones/two_scales.onnx"})
    {
        CFA::Params params = quickParams();
        if (*backbone)
        {
            params.backbone = testDataPath(backbone);
            params.outputs = {"fine", "coarse"};
        }
        const Ptr<CFA> cfa = quickDetector(params);
        std::vector<uchar> model;
        cfa->saveToMemory(model);
        const Ptr<CFA> same = loadDetectorFromMemory(model).dynamicCast<CFA>();
        EXPECT_EQ(0, differenceOf(*cfa, *same, badImage(3)));
        EXPECT_EQ(cfa->getImageThreshold(), same->getImageThreshold());
        const TemporaryName file(".yml"); // The saved model needs no file beside it.
        same->save(file.name);
        EXPECT_EQ(0, differenceOf(*cfa, *CFA::load(file.name), badImage(3)));
        model.resize(model.size() / 2);
        EXPECT_NE("", errorOf([&]() { loadDetectorFromMemory(model); }));
    }
    EXPECT_ERROR_WITH("The model in memory", loadDetectorFromMemory(std::vector<uchar>()));
    std::vector<uchar> model;
    EXPECT_ERROR_WITH("fit it", CFA::create()->saveToMemory(model));
}

TEST(Anomaly_CFA, one_mask_for_all_files)
{
    const std::vector<Mat> images = goodImages(5);
    const TemporaryName files[5] = {TemporaryName(".png"), TemporaryName(".png"), TemporaryName(".png"),
                                    TemporaryName(".png"), TemporaryName(".png")};
    std::vector<String> names;
    for (int i = 0; i < 5; i++)
    {
        names.push_back(files[i].name);
        ASSERT_TRUE(imwrite(names.back(), images[i]));
    }
    Mat mask = Mat::zeros(images[0].size(), CV_8U);
    mask.rowRange(0, mask.rows / 2).setTo(1);
    const Ptr<CFA> fromFiles = CFA::create(quickParams()), fromImages = CFA::create(quickParams());
    fromFiles->fit(names, mask);
    fromImages->fit(images, std::vector<Mat>(5, mask));
    EXPECT_EQ(contentOf(*fromImages), contentOf(*fromFiles));
    EXPECT_NE(contentOf(*quickDetector(quickParams(), 5)), contentOf(*fromFiles));
    EXPECT_ERROR_WITH("': Mask is 3x3", fromFiles->fit(names, Mat::ones(3, 3, CV_8U)));
}

// The EXIF data of the JPEG say that the camera was turned on its side.
void writeSideways(const String& file, const Mat& image)
{
    static const uchar orientation[] = {0xFF, 0xE1, 0, 34,   'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8,
                                        0,    1,    1, 0x12, 0,   3,   0,   0,   0, 1, 0,   6,   0, 0,  0, 0, 0, 0};
    std::vector<uchar> bytes;
    imencode(".jpg", image, bytes);
    bytes.insert(bytes.begin() + 2, orientation, orientation + sizeof(orientation));
    std::ofstream(file.c_str(), std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

TEST(Anomaly_CFA, files_are_turned_upright_as_imread_does)
{
    std::vector<std::unique_ptr<TemporaryName>> files;
    std::vector<String> names;
    std::vector<Mat> upright;
    for (int i = 0; i < 4; i++)
    {
        files.emplace_back(new TemporaryName(".jpg"));
        names.push_back(files.back()->name);
        writeSideways(names.back(), goodImage(i));
        upright.push_back(imread(names.back()));
        ASSERT_EQ(goodImage(i).rows, upright.back().cols);
    }
    const Ptr<CFA> fromFiles = CFA::create(quickParams()), fromImages = CFA::create(quickParams());
    fromFiles->fit(names);
    fromImages->fit(upright);
    EXPECT_EQ(0, differenceOf(*fromFiles, *fromImages, upright[0]));
}

TEST(Anomaly_CFA, features_past_the_cache_are_computed_again)
{
    CFA::Params params = quickParams();
    if (canTrain())
        params.adaptation = CFA::ADAPTATION_FULL;
    const Ptr<CFA> cached = quickDetector(params);
    params.cacheMiB = 0;
    EXPECT_EQ(0, differenceOf(*cached, *quickDetector(params), badImage(3)));
}

TEST(Anomaly_CFA, image_types_are_converted_as_documented)
{
    const Ptr<CFA> cfa = quickDetector();
    const Mat image = badImage(3);
    Mat gray, grayAsColor, withAlpha, wide, real;
    cvtColor(image, gray, COLOR_BGR2GRAY);
    cvtColor(gray, grayAsColor, COLOR_GRAY2BGR);
    cvtColor(image, withAlpha, COLOR_BGR2BGRA);
    image.convertTo(wide, CV_16U, 257);
    image.convertTo(real, CV_32F, 1. / 255);
    const double score = cfa->predict(image);
    EXPECT_EQ(cfa->predict(grayAsColor), cfa->predict(gray));
    EXPECT_EQ(score, cfa->predict(withAlpha));
    EXPECT_EQ(score, cfa->predict(wide));
    EXPECT_EQ(score, cfa->predict(real));
}

TEST(Anomaly_CFA, significant_bits_of_16_bit_images)
{
    for (const int bits : {10, 12, 14})
    {
        const double highest = (1 << bits) - 1;
        const auto wide = [&](const Mat& image) {
            Mat values;
            image.convertTo(values, CV_16U, highest / 255);
            return values;
        };
        CFA::Params params = quickParams();
        params.significantBits = bits;
        const Ptr<CFA> cfa = CFA::create(params);
        std::vector<Mat> images;
        for (const Mat& image : goodImages(6))
            images.push_back(wide(image));
        cfa->fit(images);
        // Converted images are read as the 8-bit images that they were made from, and 8-bit images as they are.
        const Mat image = badImage(3);
        EXPECT_EQ(quickDetector()->predict(image), cfa->predict(wide(image)));
        EXPECT_EQ(cfa->predict(image), cfa->predict(wide(image)));
        Mat picture;
        cfa->toPicture(wide(image), picture);
        EXPECT_EQ(0, cv::norm(picture, image, NORM_INF));

        const TemporaryName file(".yml");
        cfa->save(file.name);
        const Ptr<CFA> same = CFA::load(file.name);
        EXPECT_EQ(bits, same->getParams().significantBits);
        EXPECT_EQ(0, differenceOf(*cfa, *same, wide(image)));
        const Mat over(image.size(), CV_16U, Scalar(highest + 1));
        EXPECT_ERROR_WITH(format("values up to %g", highest + 1), cfa->predict(over));
        EXPECT_ERROR_WITH("Image 1 has 16-bit values", cfa->fit(std::vector<Mat>{images[0], over, over, over}));
    }
    CFA::Params params = quickParams();
    params.significantBits = 17;
    EXPECT_ERROR_WITH("significantBits is 17", CFA::create(params));
}

// Few images are predicted one after another, and many images on several threads.
TEST(Anomaly_CFA, batch_is_one_after_the_other)
{
    const Ptr<CFA> cfa = quickDetector();
    std::vector<Mat> images = {badImage(1), goodImage(2, Size(50, 130)), badImage(4, Size(65, 33))};
    std::vector<double> scores;
    std::vector<Mat> maps;
    for (int i = 0; i < 2 * getNumThreads(); i++)
    {
        cfa->predictBatch(images, scores, maps);
        ASSERT_EQ(images.size(), scores.size());
        ASSERT_EQ(images.size(), maps.size());
        for (size_t n = 0; n < images.size(); n++)
        {
            Mat map;
            EXPECT_EQ(cfa->predict(images[n], map), scores[n]);
            EXPECT_EQ(0, cv::norm(map, maps[n], NORM_INF));
        }
        images.push_back(badImage(5 + i));
    }
    std::vector<UMat> copies;
    cfa->predictBatch(images, scores, copies);
    ASSERT_EQ(images.size(), copies.size());
    EXPECT_EQ(0, cv::norm(maps[1], copies[1], NORM_INF));
    cfa->predictBatch(std::vector<Mat>(), scores, maps);
    EXPECT_TRUE(scores.empty() && maps.empty());
}

TEST(Anomaly_CFA, cropped_input_leaves_the_border_at_0)
{
    CFA::Params params = quickParams();
    params.inputMode = INPUT_CROPPED;
    const Ptr<CFA> cfa = quickDetector(params);
    Mat map;
    cfa->predict(badImage(3, Size(144, 144)), map);
    EXPECT_EQ(Size(144, 144), map.size());
    EXPECT_EQ(0, countNonZero(map(Rect(0, 0, 144, 8)))); // 4 of 72 pixels on each side
    EXPECT_EQ(128 * 128, countNonZero(map));

    cfa->setMapSize(MAP_INPUT);
    cfa->predict(badImage(3, Size(144, 144)), map);
    EXPECT_EQ(Size(64, 64), map.size());
    Mat mask = Mat::zeros(144, 144, CV_8U), inputMask;
    mask(Rect(8, 8, 2, 2)).setTo(255);
    maskToInput(mask, cfa->getDetectorParams(), inputMask);
    EXPECT_EQ(Size(64, 64), inputMask.size());
    EXPECT_EQ(1, countNonZero(inputMask));
    EXPECT_EQ(255, inputMask.at<uchar>(0, 0));
}

TEST(Anomaly_CFA, any_nonzero_value_of_a_mask_marks_a_defect)
{
    const Ptr<CFA> cfa = quickDetector();
    const Rect defect(40, 30, 50, 60);
    Mat expected;
    for (const int value : {255, 1, 76, 127})
    {
        Mat mask = Mat::zeros(144, 144, CV_8U), inputMask;
        mask(defect).setTo(value);
        maskToInput(mask, cfa->getDetectorParams(), inputMask);
        if (expected.empty())
            expected = inputMask.clone();
        EXPECT_GT(countNonZero(expected), 0);
        EXPECT_EQ(0, countNonZero(inputMask != expected)) << value;
    }
}

TEST(Anomaly_CFA, ensemble_averages_where_both_see_the_image)
{
    CFA::Params params = quickParams();
    params.imageScore = SCORE_MAX;
    params.mapSize = MAP_INPUT;
    params.imageScore = SCORE_MAX;
    const Ptr<CFA> resized = quickDetector(params);
    params.inputMode = INPUT_CROPPED;
    const Ptr<CFA> cropped = quickDetector(params);
    params.inputMode = INPUT_ENSEMBLE;
    const Ptr<CFA> both = quickDetector(params);
    Mat mapOfResized, mapOfCropped, mapOfBoth;
    resized->predict(badImage(3), mapOfResized);
    cropped->predict(badImage(3), mapOfCropped);
    const double score = both->predict(badImage(3), mapOfBoth);
    Mat expected = mapOfResized.clone(), center = expected(Rect(4, 4, 56, 56)), scaled; // from 3.6 to 60.4 of 64 pixels
    resize(mapOfCropped, scaled, center.size(), 0, 0, INTER_LINEAR);
    addWeighted(center, 0.5, scaled, 0.5, 0, center);
    EXPECT_LT(cv::norm(expected, mapOfBoth, NORM_INF), 1e-5);
    EXPECT_DOUBLE_EQ(*std::max_element(mapOfBoth.begin<float>(), mapOfBoth.end<float>()), score);

    const TemporaryName file(".yml.gz");
    both->save(file.name);
    EXPECT_EQ(0, differenceOf(*both, *CFA::load(file.name), badImage(3)));
}

TEST(Anomaly_CFA, region_of_interest)
{
    const Ptr<CFA> cfa = quickDetector();
    const Mat image = badImage(3);
    Mat mask(image.size(), CV_8U, Scalar(255)), map;
    rectangle(mask, Rect(40, 10, 40, 40), Scalar(0), FILLED);
    EXPECT_LT(cfa->predict(image, map, mask), 0.7 * cfa->predict(image));
    EXPECT_EQ(cfa->predict(image, noArray(), mask), cfa->predict(image, noArray(), mask / 255));
    EXPECT_EQ(0, countNonZero(map.setTo(0, mask)));
}

TEST(Anomaly_CFA, masks_at_fit_leave_patches_out)
{
    // The right half of these images is defective throughout: with it masked out, a defect there still stands out.
    std::vector<Mat> images, masks;
    for (int i = 0; i < 6; i++)
    {
        images.push_back(badImage(i));
        masks.push_back(Mat(images[i].size(), CV_8U, Scalar(1)));
        masks[i].colRange(40, 80).setTo(0);
    }
    const Ptr<CFA> seen = CFA::create(quickParams()), unseen = CFA::create(quickParams());
    seen->fit(images);
    unseen->fit(images, masks);
    EXPECT_GT(unseen->predict(badImage(30)), 2 * seen->predict(badImage(30)));
}

TEST(Anomaly_CFA, other_switches_of_the_paper)
{
    CFA::Params params = CFA::Params::paper();
    params.inputSize = 64;
    params.resizeSize = 72;
    params.gammaC = params.gammaD = 0.5;
    params.adaptation = CFA::ADAPTATION_NONE;
    params.scoreMode = CFA::SCORE_NEAREST;
    params.imageScore = SCORE_TOP;
    const Ptr<CFA> cfa = quickDetector(params);
    EXPECT_GT(cfa->predict(badImage(20)), 1.5 * cfa->predict(goodImage(21)));
}

TEST(Anomaly_CFA, calibrate_takes_the_best_F1)
{
    const Ptr<CFA> cfa = quickDetector();
    std::vector<Mat> images, masks;
    std::vector<int> labels;
    for (int i = 0; i < 6; i++)
    {
        const bool bad = i % 2 == 1;
        images.push_back(bad ? badImage(40 + i) : goodImage(40 + i));
        masks.push_back(bad ? Mat(Mat::zeros(images[i].size(), CV_8U)) : Mat());
        if (bad)
            masks[i](defectOf(images[i].size())).setTo(255);
        labels.push_back(bad);
    }
    const double pixelBefore = cfa->getPixelThreshold();
    cfa->calibrate(images, labels);
    EXPECT_EQ(pixelBefore, cfa->getPixelThreshold());
    double highestGood = 0, leastBad = DBL_MAX;
    for (int i = 0; i < 6; i += 2)
    {
        highestGood = std::max(highestGood, cfa->predict(images[i]));
        leastBad = std::min(leastBad, cfa->predict(images[i + 1]));
    }
    const double middle = highestGood + (leastBad - highestGood) / 2;
    EXPECT_EQ(middle, cfa->getImageThreshold());
    cfa->setImageThreshold(0);
    cfa->calibrate(images, noArray(), masks);
    EXPECT_EQ(middle, cfa->getImageThreshold());
    EXPECT_NE(pixelBefore, cfa->getPixelThreshold());
    double lowest, highest;
    cfa->getMapRange(lowest, highest);
    EXPECT_LT(lowest, highest);
    EXPECT_DOUBLE_EQ(0.5, cfa->normalizedScore(cfa->getImageThreshold()));
    EXPECT_ERROR_WITH("3 labels for 6 images", cfa->calibrate(images, std::vector<int>(3, 1)));
}

// Masks of small defects shrink to nothing at the network's input. Their images are defective all the same.
TEST(Anomaly_CFA, calibrate_sees_defects_of_any_size)
{
    const Size size(640, 480);
    const Ptr<CFA> cfa = quickDetector();
    Mat speck = Mat::zeros(size, CV_8U);
    speck(Rect(301, 203, 2, 2)).setTo(255);
    const std::vector<Mat> images = {goodImage(30, size), goodImage(31, size), badImage(32, size), badImage(33, size)};
    const std::vector<Mat> masks = {Mat(), Mat(), speck, speck};
    cfa->calibrate(images, noArray(), masks);
    const double byMasks = cfa->getImageThreshold();
    cfa->calibrate(images, std::vector<int>{0, 0, 1, 1}, masks);
    EXPECT_EQ(byMasks, cfa->getImageThreshold());
}

TEST(Anomaly_CFA, calibrate_takes_a_quantile_of_good_images)
{
    CFA::Params params = quickParams();
    params.thresholdQuantile = 0.75;
    const Ptr<CFA> cfa = quickDetector(params);
    cfa->setMapSize(MAP_INPUT);
    std::vector<Mat> images;
    std::vector<double> scores;
    std::vector<float> levels, pixels;
    for (int i = 0; i < 5; i++)
    {
        images.push_back(goodImage(60 + i));
        Mat map;
        scores.push_back(cfa->predict(images[i], map));
        std::vector<float> ofImage(map.begin<float>(), map.end<float>());
        std::sort(ofImage.begin(), ofImage.end(), std::greater<float>());
        levels.push_back(ofImage[params.defectArea - 1]);
        pixels.insert(pixels.end(), ofImage.begin(), ofImage.end());
    }
    cfa->calibrate(images, std::vector<int>(5, 0));
    std::sort(scores.begin(), scores.end());
    std::sort(levels.begin(), levels.end());
    std::sort(pixels.begin(), pixels.end());
    // The 0.75 * (5 + 1)-th of five
    EXPECT_FLOAT_EQ(float((scores[3] + scores[4]) / 2), float(cfa->getImageThreshold()));
    EXPECT_FLOAT_EQ((levels[3] + levels[4]) / 2, float(cfa->getPixelThreshold()));
    double lowest, highest;
    cfa->getMapRange(lowest, highest);
    EXPECT_EQ(pixels.front(), lowest);
    EXPECT_EQ(pixels.back(), highest);
    EXPECT_ERROR_WITH("3 labels for 5 images", cfa->calibrate(images, std::vector<int>(3, 0)));
}

TEST(Anomaly_CFA, thresholds_from_learned_images_where_none_are_held_out)
{
    CFA::Params params = quickParams();
    params.validationFraction = 0;
    const Ptr<CFA> cfa = quickDetector(params);
    EXPECT_GT(cfa->getImageThreshold(), 0);
    cfa->setImageThreshold(7);
    cfa->setPixelThreshold(3);
    EXPECT_EQ(7, cfa->getImageThreshold());
    EXPECT_EQ(3, cfa->getPixelThreshold());
}

TEST(Anomaly_CFA, canceled_fit_leaves_the_detector_as_it_was)
{
    const Ptr<CFA> cfa = quickDetector();
    const double score = cfa->predict(badImage(3));
    for (const char* stage : {"features", "patches", "coreset", "scoring bank", "thresholds"})
    {
        cfa->setFitCallback([&](const FitProgress& progress) { return progress.stage != stage; });
        EXPECT_ERROR_WITH("canceled", cfa->fit(goodImages(4)));
        EXPECT_EQ(score, cfa->predict(badImage(3)));
    }
}

TEST(Anomaly_CFA, profile_times_every_stage)
{
    const Ptr<CFA> cfa = quickDetector();
    std::vector<String> stages;
    std::vector<double> milliseconds;
    EXPECT_EQ(cfa->predict(badImage(3)), cfa->profile(badImage(3), stages, milliseconds));
    EXPECT_EQ((std::vector<String>{"preprocess", "backbone", "descriptor", "search", "map"}), stages);
    ASSERT_EQ(stages.size(), milliseconds.size());
    EXPECT_GT(milliseconds[1], 0);
}

TEST(Anomaly_CFA, engines_agree)
{
    const Ptr<CFA> cfa = quickDetector();
    if (cfa->getEngine() != ENGINE_HALIDE)
        SKIP_TEST("this build has no Halide kernels");
    Mat fast, plain;
    cfa->predict(badImage(3), fast);
    cfa->setEngine(ENGINE_PLAIN);
    EXPECT_EQ(int(ENGINE_PLAIN), cfa->getEngine());
    cfa->predict(badImage(3), plain);
    EXPECT_LT(cv::norm(fast, plain, NORM_INF), 1e-4 * cv::norm(plain, NORM_INF));
    EXPECT_ERROR_WITH("Engine is 9", cfa->setEngine(9));
}

}} // namespace opencv_test
