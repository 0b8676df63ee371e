// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Models that learn further good images.
#include "test_methods.hpp"

#include "../src/padim/position_gaussians.hpp"
#include "../src/training/patch_pool.hpp"

namespace opencv_test { namespace {

template <typename Method> class Anomaly_Update : public testing::Test
{};
typedef testing::Types<CFA, PatchCore, PaDiM, SPADE> Methods;
TYPED_TEST_CASE(Anomaly_Update, Methods);

std::vector<Mat> imagesFrom(int first, int count)
{
    std::vector<Mat> images;
    for (int i = 0; i < count; i++)
        images.push_back(goodImage(first + i));
    return images;
}

//! Returns a good part of another batch, with stripes that the first batch lacks.
Mat imageOfOtherBatch(int seed)
{
    Mat image = goodImage(seed);
    for (int y = 10; y < image.rows; y += 20)
        image.rowRange(y, y + 6).setTo(Scalar(60, 200, 60));
    return image;
}

std::vector<Mat> otherBatch(int count)
{
    std::vector<Mat> images;
    for (int i = 0; i < count; i++)
        images.push_back(imageOfOtherBatch(100 + i));
    return images;
}

TYPED_TEST(Anomaly_Update, learns_what_is_added_and_forgets_nothing)
{
    const Ptr<TypeParam> detector = quickDetectorOf<TypeParam>(quickParamsOf<TypeParam>(), 8);
    const double before = detector->predict(imageOfOtherBatch(50));
    detector->update(otherBatch(8));
    EXPECT_LT(detector->predict(imageOfOtherBatch(50)), before);
    EXPECT_LT(detector->predict(imageOfOtherBatch(50)), detector->predict(badImage(3)));
    EXPECT_LT(detector->predict(goodImage(60)), detector->predict(badImage(3)));
    EXPECT_EQ(16, detector->getLearnedImages());
    EXPECT_EQ(1, detector->getUpdates());
}

TYPED_TEST(Anomaly_Update, model_from_a_file_is_updated_bit_for_bit_as_the_fitted_one)
{
    const Ptr<TypeParam> detector = quickDetectorOf<TypeParam>();
    const TemporaryName file(".yml");
    detector->save(file.name);
    const Ptr<TypeParam> loaded = TypeParam::load(file.name);
    EXPECT_EQ(6, loaded->getLearnedImages());
    detector->update(imagesFrom(20, 3));
    loaded->update(imagesFrom(20, 3));
    EXPECT_EQ(savedContent(*detector), savedContent(*loaded));
    loaded->save(file.name);
    const Ptr<TypeParam> again = TypeParam::load(file.name);
    EXPECT_EQ(9, again->getLearnedImages());
    EXPECT_EQ(1, again->getUpdates());
    EXPECT_TRUE(ScoredImage(*detector, badImage(3)) == ScoredImage(*again, badImage(3)));
    again->update(imagesFrom(30, 1));
    EXPECT_EQ(10, again->getLearnedImages());
}

TYPED_TEST(Anomaly_Update, bad_images_leave_the_model_as_it_was)
{
    const Ptr<TypeParam> detector = quickDetectorOf<TypeParam>();
    const String before = savedContent(*detector);
    std::vector<Mat> images = imagesFrom(20, 3);
    images[2] = Mat(4, 4, CV_8UC3, Scalar());
    EXPECT_ERROR_WITH("Image 2", detector->update(images));
    EXPECT_ERROR_WITH("no_such.png", detector->update(std::vector<String>{"no_such.png"}));
    EXPECT_ERROR_WITH("no image to add", detector->update(std::vector<Mat>()));
    EXPECT_ERROR_WITH("masks for", detector->update(imagesFrom(20, 2), std::vector<Mat>(1)));
    detector->setFitCallback([](const FitProgress& progress) { return progress.stage != "thresholds"; });
    EXPECT_ERROR_WITH("canceled", detector->update(imagesFrom(20, 3)));
    detector->setFitCallback(FitCallback());
    EXPECT_EQ(before, savedContent(*detector));
    EXPECT_THROW(TypeParam::create(quickParamsOf<TypeParam>())->update(images), cv::Exception);
}

TYPED_TEST(Anomaly_Update, files_are_as_images)
{
    const Ptr<TypeParam> one = quickDetectorOf<TypeParam>(), other = quickDetectorOf<TypeParam>();
    const TemporaryName file(".png");
    imwrite(file.name, goodImage(20));
    one->update(std::vector<String>{file.name});
    other->update(imagesFrom(20, 1));
    EXPECT_EQ(savedContent(*one), savedContent(*other));
}

TYPED_TEST(Anomaly_Update, thresholds_follow_unless_they_were_set)
{
    const Ptr<TypeParam> detector = quickDetectorOf<TypeParam>(quickParamsOf<TypeParam>(), 8);
    const double pixel = detector->getPixelThreshold();
    detector->setImageThreshold(1234);
    detector->update(otherBatch(8));
    EXPECT_EQ(1234, detector->getImageThreshold());
    EXPECT_NE(pixel, detector->getPixelThreshold());
    Mat figures, scores;
    detector->getGoodImages(figures, scores);
    EXPECT_EQ(Size(5, 16), figures.size());
    EXPECT_EQ(16u, scores.total());
    // Thresholds that are set by good images follow an update again.
    detector->calibrate(imagesFrom(40, 4), std::vector<int>(4, 0));
    const double calibrated = detector->getImageThreshold();
    detector->update(imagesFrom(50, 3));
    EXPECT_NE(calibrated, detector->getImageThreshold());
    // Thresholds that are set by labeled images do not.
    detector->calibrate(std::vector<Mat>{goodImage(40), badImage(41)}, std::vector<int>{0, 1});
    const double labeled = detector->getImageThreshold();
    detector->update(otherBatch(1));
    EXPECT_EQ(labeled, detector->getImageThreshold());
}

TYPED_TEST(Anomaly_Update, calibrates_from_good_files_as_from_good_images)
{
    const Ptr<TypeParam> one = quickDetectorOf<TypeParam>(), other = quickDetectorOf<TypeParam>();
    const ImageFiles good(5, 40);
    std::vector<int> steps;
    one->setFitCallback([&steps](const FitProgress& progress) {
        steps.push_back(progress.step);
        return progress.stage == "thresholds" && progress.steps == 5;
    });
    one->setImageThreshold(1234);
    one->calibrate(good.names);
    EXPECT_EQ((std::vector<int>{1, 2, 3, 4, 5}), steps);
    other->calibrate(imagesFrom(40, 5), std::vector<int>(5, 0));
    EXPECT_EQ(savedContent(*other), savedContent(*one));
    // What is refused changes nothing.
    one->setFitCallback([](const FitProgress& progress) { return progress.step < 3; });
    one->setImageThreshold(1234);
    const std::string before = savedContent(*one);
    EXPECT_ERROR_WITH("canceled", one->calibrate(good.names));
    EXPECT_ERROR_WITH("no image to calibrate with", one->calibrate(std::vector<String>()));
    EXPECT_ERROR_WITH("no_such.png", one->calibrate(std::vector<String>{good.names[0], "no_such.png"}));
    EXPECT_THROW(one->calibrate(good.names, Mat::zeros(goodImage(40).size(), CV_8U)), cv::Exception);
    EXPECT_EQ(before, savedContent(*one));
}

TYPED_TEST(Anomaly_Update, images_that_were_learned_already_do_not_raise_the_thresholds)
{
    const Ptr<TypeParam> detector = quickDetectorOf<TypeParam>(quickParamsOf<TypeParam>(), 12);
    const double image = detector->getImageThreshold(), pixel = detector->getPixelThreshold();
    detector->update(goodImages(12));
    EXPECT_NEAR(image, detector->getImageThreshold(), 0.1 * image);
    EXPECT_NEAR(pixel, detector->getPixelThreshold(), 0.1 * pixel);
    EXPECT_GE(detector->predict(badImage(3)), detector->getImageThreshold());
}

//! Frames of one part: images that differ by noise only.
std::vector<Mat> framesOf(const Mat& part, int count)
{
    std::vector<Mat> frames;
    for (int i = 0; i < count; i++)
    {
        Mat noise(part.size(), CV_16SC3), frame;
        RNG(i + 1).fill(noise, RNG::NORMAL, 0, 1.5);
        cv::add(part, noise, frame, noArray(), CV_8U);
        frames.push_back(frame);
    }
    return frames;
}

// Each frame is scored by a model that knows the others, which says nothing of how new parts score.
TYPED_TEST(Anomaly_Update, frames_of_one_part_leave_the_thresholds_as_they_were)
{
    const Ptr<TypeParam> detector = quickDetectorOf<TypeParam>(quickParamsOf<TypeParam>(), 12);
    const double image = detector->getImageThreshold(), pixel = detector->getPixelThreshold();
    std::vector<Mat> frames = framesOf(goodImage(70), 4);
    for (const Mat& frame : framesOf(goodImage(71), 4))
        frames.push_back(frame);
    detector->update(frames);
    EXPECT_NEAR(image, detector->getImageThreshold(), 0.15 * image);
    EXPECT_NEAR(pixel, detector->getPixelThreshold(), 0.15 * pixel);
}

// The figures are those of the images that the thresholds come from.
TYPED_TEST(Anomaly_Update, images_that_are_passed_over_are_not_counted_as_good_ones)
{
    const Ptr<TypeParam> detector = quickDetectorOf<TypeParam>(quickParamsOf<TypeParam>(), 8);
    detector->update(goodImages(8));
    Mat figures, scores;
    detector->getGoodImages(figures, scores);
    EXPECT_EQ(figures.rows, int(scores.total()));
}

TYPED_TEST(Anomaly_Update, clones_and_calls_that_run_keep_the_old_model)
{
    const Ptr<TypeParam> detector = quickDetectorOf<TypeParam>();
    const Ptr<AnomalyDetector> clone = detector->clone();
    const String before = savedContent(*clone);
    detector->update(otherBatch(2));
    EXPECT_EQ(before, savedContent(*clone));
    EXPECT_EQ(0, clone->getUpdates());
}

TYPED_TEST(Anomaly_Update, ensembles_masks_and_tiles)
{
    typename TypeParam::Params params = quickParamsOf<TypeParam>();
    params.inputMode = INPUT_ENSEMBLE;
    const Ptr<TypeParam> ensemble = quickDetectorOf<TypeParam>(params);
    ensemble->update(otherBatch(2));
    EXPECT_LT(ensemble->predict(imageOfOtherBatch(50)), ensemble->predict(badImage(3)));
    params.inputMode = INPUT_RESIZED;
    params.tile = 48;
    const Ptr<TypeParam> tiles = quickDetectorOf<TypeParam>(params);
    tiles->update(otherBatch(2));
    EXPECT_EQ(8, tiles->getLearnedImages());
    params.tile = 0;
    const Ptr<TypeParam> masked = quickDetectorOf<TypeParam>(params);
    Mat half = Mat::zeros(80, 96, CV_8U);
    half.colRange(0, 48).setTo(1);
    masked->update(otherBatch(2), std::vector<Mat>(2, half));
    EXPECT_EQ(8, masked->getLearnedImages());
}

// Files that were written before models kept their history, and files with a bank of centers.
TEST(Anomaly_Update, models_that_cannot_be_updated_say_why)
{
    const Ptr<AnomalyDetector> old = loadDetector(testDataPath("models/square_version_2.yml"));
    EXPECT_EQ(0, old->getLearnedImages());
    EXPECT_ERROR_WITH("did not keep the number", old->update(imagesFrom(0, 2)));
    CFA::Params params = quickParams();
    params.scoringBank = CFA::SCORING_BANK_KEPT;
    EXPECT_ERROR_WITH("centers", quickDetector(params)->update(imagesFrom(20, 2)));
}

// Thresholds come from the scores of the same images by the old model and the new one, however many are passed over.
TEST(Anomaly_Update, many_images_in_tiles_leave_thresholds_where_they_were)
{
    PaDiM::Params params = quickParamsOf<PaDiM>();
    params.tile = 64;
    const Ptr<PaDiM> detector = quickDetectorOf<PaDiM>(params, 10);
    const double before = detector->getImageThreshold();
    detector->update(imagesFrom(20, 70));
    EXPECT_NEAR(before, detector->getImageThreshold(), 0.5 * before);
    Mat figures, scores;
    detector->getGoodImages(figures, scores);
    EXPECT_EQ(80, scores.rows);
    EXPECT_TRUE(checkRange(scores, true, NULL, 0.1 * before, 10 * before));
}

// Of images of several sizes some are one tile and others are many. All are scored as if they had not been learned.
TEST(Anomaly_Update, tiles_of_images_of_all_sizes)
{
    PaDiM::Params params = quickParamsOf<PaDiM>();
    params.tile = 64;
    std::vector<Mat> images = goodImages(6, Size(100, 90));
    images[0] = goodImage(0, Size(64, 64));
    const Ptr<PaDiM> detector = PaDiM::create(params);
    detector->fit(images);
    detector->update(images);
    Mat figures, scores;
    detector->getGoodImages(figures, scores);
    EXPECT_LE(6, scores.rows);
    EXPECT_TRUE(checkRange(scores, true, NULL, 1e-3, 1e3));
    for (int i = 20; i < 30; i++)
        EXPECT_LT(detector->predict(goodImage(i, Size(100, 90))), 1.2 * detector->getImageThreshold()) << i;
}

TEST(Anomaly_Update, bank_keeps_its_size)
{
    const Ptr<PatchCore> detector = quickDetectorOf<PatchCore>();
    for (int i = 0; i < 3; i++)
        detector->update(imagesFrom(20 + i, 1));
    EXPECT_EQ(100, detector->getMemoryBank().rows);
    EXPECT_EQ(9, detector->getLearnedImages());
    EXPECT_EQ(3, detector->getUpdates());
}

TEST(Anomaly_Update, windows_keep_places)
{
    PatchCore::Params params = quickParamsOf<PatchCore>();
    params.window = 1;
    const Ptr<PatchCore> detector = quickDetectorOf<PatchCore>(params);
    detector->update(imagesFrom(20, 2));
    const TemporaryName file(".yml");
    detector->save(file.name);
    EXPECT_TRUE(ScoredImage(*detector, badImage(3)) == ScoredImage(*PatchCore::load(file.name), badImage(3)));
}

// A patch far from all patches of the bank is chosen, and a patch that is in the bank already is not chosen again.
TEST(Anomaly_Update, coreset_of_a_bank_and_new_patches)
{
    PatchPool pool({0, 4, 0, size_t(1) << 20, 0, ENGINE_PLAIN, 0, Size(), 0}, std::vector<int>(8));
    const Mat bank = Mat_<float>({3, 2}, {0, 0, 10, 0, 0, 10}), patches = Mat_<float>({2, 3}, {10, 0, 30, 0, 0, 30});
    pool.addBank(bank, std::vector<int>());
    pool.add(7, patches, Mat());
    int ofBank = 0, far = 0;
    const std::vector<PatchPool::Place> chosen = pool.choose(PatchPool::Progress());
    for (const PatchPool::Place& place : chosen)
    {
        ofBank += place.isOfBank();
        far += place.image == 7 && place.patch == 2;
    }
    EXPECT_EQ(4u, chosen.size());
    EXPECT_EQ(1, far);
    EXPECT_GE(ofBank, 1);
}

//! Returns samples with correlated features. Some samples are masked out.
PositionSample sampleOf(int seed, bool masked)
{
    Mat features(6, 20, CV_32F), mask;
    RNG random(seed + 1);
    random.fill(features, RNG::NORMAL, 3, 2);
    features.row(1) += features.row(0);
    if (masked)
    {
        mask.create(1, 20, CV_8U);
        random.fill(mask, RNG::UNIFORM, 0, 2);
    }
    return {features, mask};
}

TEST(Anomaly_Update, gaussians_are_those_of_all_images)
{
    for (const bool masked : {false, true})
    {
        const auto sample = [masked](int i) { return sampleOf(i, masked); };
        const PositionGaussians all = fitGaussians(40, sample);
        PositionGaussians grown = fitGaussians(25, sample);
        for (int first = 25; first < 40; first += 5)
            grown = updatedGaussians(grown, 5, [&](int i) { return sample(first + i); });
        EXPECT_LT(cv::norm(all.mean, grown.mean, NORM_INF), 1e-5);
        EXPECT_LT(cv::norm(all.whitening, grown.whitening, NORM_INF), 1e-4 * cv::norm(all.whitening, NORM_INF));
        EXPECT_EQ(0, cv::norm(all.counts, grown.counts, NORM_INF));
    }
}

TEST(Anomaly_Update, hundred_small_updates_of_gaussians_stay_exact)
{
    const auto sample = [](int i) { return sampleOf(i, false); };
    const PositionGaussians all = fitGaussians(110, sample);
    PositionGaussians grown = fitGaussians(10, sample);
    for (int i = 10; i < 110; i++)
        grown = updatedGaussians(grown, 1, [&](int) { return sample(i); });
    EXPECT_LT(cv::norm(all.whitening, grown.whitening, NORM_INF), 1e-3 * cv::norm(all.whitening, NORM_INF));
}

}} // namespace opencv_test
