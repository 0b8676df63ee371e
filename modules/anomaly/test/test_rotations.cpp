// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Training images that are learned in several rotations.
#include "test_methods.hpp"

#include "../src/input/turned_image.hpp"

#include <set>

namespace opencv_test { namespace {

// Dark and bright stripes at an angle, which look different at any other angle.
Mat stripes(double degrees, int seed, Size size = Size(96, 96))
{
    Mat image(size, CV_8UC3);
    RNG random(seed + 1);
    random.fill(image, RNG::UNIFORM, 0, 20);
    const double angle = degrees * CV_PI / 180;
    for (int y = 0; y < size.height; y++)
        for (int x = 0; x < size.width; x++)
            if (cvFloor((x * std::cos(angle) + y * std::sin(angle)) / 8) % 2 == 0)
                image.at<Vec3b>(y, x) += Vec3b(120, 140, 160);
    return image;
}

std::vector<Mat> uprightStripes(int count)
{
    std::vector<Mat> images;
    for (int i = 0; i < count; i++)
        images.push_back(stripes(0, i));
    return images;
}

Ptr<PatchCore> quickDetectorFitTo(const PatchCore::Params& params, const std::vector<Mat>& images)
{
    const Ptr<PatchCore> detector = PatchCore::create(params);
    detector->fit(images);
    return detector;
}

template <typename Method> Ptr<Method> fittedInTurns(int rotations, const std::vector<Mat>& images)
{
    typename Method::Params params = quickParamsOf<Method>();
    params.rotations = rotations;
    const Ptr<Method> detector = Method::create(params);
    detector->fit(images);
    return detector;
}

TEST(Anomaly_Rotations, first_turn_is_the_image_as_it_is)
{
    const Mat image = goodImage(1);
    const anomaly::TurnedImage turned(image, Mat(), Size(64, 64), 5);
    EXPECT_EQ(image.data, turned.image(0).data);
    EXPECT_TRUE(turned.mask(0).empty());
}

TEST(Anomaly_Rotations, quarter_turns_of_a_square_lose_nothing)
{
    const Mat image = goodImage(1, Size(81, 81));
    const anomaly::TurnedImage turned(image, Mat(), Size(64, 64), 4);
    const int codes[] = {0, ROTATE_90_COUNTERCLOCKWISE, ROTATE_180, ROTATE_90_CLOCKWISE};
    for (int turn = 1; turn < 4; turn++)
    {
        Mat expected;
        cv::rotate(image, expected, codes[turn]);
        EXPECT_EQ(0, cv::norm(expected, turned.image(turn), NORM_INF)) << turn;
        EXPECT_EQ(81 * 81, countNonZero(turned.mask(turn))) << turn;
    }
}

TEST(Anomaly_Rotations, turned_images_keep_the_sides)
{
    const Mat image = goodImage(1, Size(120, 40));
    const anomaly::TurnedImage turned(image, Mat(), Size(96, 32), 8);
    for (int turn = 1; turn < 8; turn++)
    {
        EXPECT_EQ(image.size(), turned.image(turn).size());
        EXPECT_EQ(image.size(), turned.mask(turn).size());
    }
}

// A quarter turn of 120 x 40 pixels shows the image in the 40 columns of the middle only.
TEST(Anomaly_Rotations, nothing_beyond_the_edge_is_learned)
{
    const anomaly::TurnedImage turned(goodImage(1, Size(120, 40)), Mat(), Size(96, 32), 4);
    Mat expected = Mat::zeros(40, 120, CV_8U);
    expected.colRange(40, 80).setTo(255);
    EXPECT_EQ(0, cv::norm(expected, turned.mask(1), NORM_INF));
    EXPECT_EQ(40 * 120, countNonZero(turned.mask(2)));
}

TEST(Anomaly_Rotations, masks_turn_along)
{
    Mat image(80, 80, CV_8UC3, Scalar::all(10)), mask = Mat::zeros(80, 80, CV_8U);
    const Rect part(50, 20, 16, 12);
    image(part).setTo(Scalar::all(200));
    mask(part).setTo(1);
    const anomaly::TurnedImage turned(image, mask, Size(64, 64), 7);
    for (int turn = 0; turn < 7; turn++)
    {
        Mat bright;
        extractChannel(turned.image(turn), bright, 0);
        bright = bright > 105;
        const Mat left = turned.mask(turn) != 0;
        EXPECT_NEAR(part.area(), countNonZero(left), 12) << turn;
        EXPECT_LE(countNonZero(bright != left), 40) << turn; // at most a pixel along the edge of 56
    }
}

TEST(Anomaly_Rotations, large_images_are_turned_at_twice_the_resolution_of_the_input)
{
    const Mat image = goodImage(1, Size(600, 400));
    const anomaly::TurnedImage turned(image, Mat(image.size(), CV_8U, Scalar(1)), Size(96, 64), 3);
    EXPECT_EQ(Size(600, 400), turned.image(0).size());
    EXPECT_EQ(Size(192, 128), turned.image(1).size());
    EXPECT_EQ(Size(192, 128), turned.mask(1).size());
}

template <typename Method> class Anomaly_RotationsOf : public testing::Test
{};

typedef testing::Types<PatchCore, SPADE, CFA> TurningMethods;
TYPED_TEST_CASE(Anomaly_RotationsOf, TurningMethods);

template <typename Method> double meanOfMap(const Method& detector, const Mat& image)
{
    Mat map;
    detector.predict(image, map);
    return mean(map(Rect(32, 32, 32, 32)))[0];
}

TYPED_TEST(Anomaly_RotationsOf, parts_at_angles_that_no_image_has_are_known)
{
    const std::vector<Mat> images = uprightStripes(6);
    const Ptr<TypeParam> asTheyAre = fittedInTurns<TypeParam>(1, images), turned = fittedInTurns<TypeParam>(8, images);
    EXPECT_LT(meanOfMap(*turned, stripes(45, 9)), 0.8 * meanOfMap(*asTheyAre, stripes(45, 9)));
}

TYPED_TEST(Anomaly_RotationsOf, saved_and_loaded)
{
    const Ptr<TypeParam> detector = fittedInTurns<TypeParam>(3, goodImages(4));
    const TemporaryName file(".yml");
    detector->save(file.name);
    const Ptr<TypeParam> loaded = TypeParam::load(file.name);
    EXPECT_EQ(3, loaded->getParams().rotations);
    EXPECT_TRUE(ScoredImage(*detector, badImage(3)) == ScoredImage(*loaded, badImage(3)));
}

// Rotations that are computed again give the same features.
TYPED_TEST(Anomaly_RotationsOf, cache_does_not_change_the_model)
{
    typename TypeParam::Params params = quickParamsOf<TypeParam>();
    params.rotations = 3;
    const Ptr<TypeParam> kept = TypeParam::create(params);
    params.cacheMiB = 0;
    const Ptr<TypeParam> again = TypeParam::create(params);
    const std::vector<Mat> images = goodImages(4, Size(100, 70));
    Mat mask = Mat::zeros(images[0].size(), CV_8U);
    mask.rowRange(0, 40).setTo(1);
    const std::vector<Mat> masks(images.size(), mask);
    kept->fit(images, masks);
    again->fit(images, masks);
    EXPECT_EQ(savedContent(*kept), savedContent(*again));
}

TYPED_TEST(Anomaly_RotationsOf, a_mask_that_turns_leave_nothing_of)
{
    const std::vector<Mat> images = goodImages(4, Size(160, 40));
    Mat mask = Mat::zeros(images[0].size(), CV_8U);
    mask.colRange(0, 24).setTo(1); // lies outside of the picture after a quarter turn
    typename TypeParam::Params params = quickParamsOf<TypeParam>();
    params.rotations = 4;
    const Ptr<TypeParam> detector = TypeParam::create(params);
    detector->fit(images, std::vector<Mat>(4, mask));
    EXPECT_LT(0, detector->getImageThreshold());
}

TYPED_TEST(Anomaly_RotationsOf, ranges)
{
    typename TypeParam::Params params = quickParamsOf<TypeParam>();
    EXPECT_EQ(0, typename TypeParam::Params().rotations);
    for (const int rotations : {-1, 65})
    {
        params.rotations = rotations;
        EXPECT_ERROR_WITH("rotations is " + std::to_string(rotations), TypeParam::create(params));
    }
}

std::vector<Mat> turnedStripes(int count)
{
    std::vector<Mat> images;
    for (int i = 0; i < count; i++)
        images.push_back(stripes(i * 360. / 11, i)); // at all angles: 11 and the 8 turns have no divisor in common
    return images;
}

int rotationsChosenFor(const std::vector<Mat>& images, int tile = 0)
{
    PatchCore::Params params = quickParamsOf<PatchCore>();
    params.rotations = 0;
    params.tile = tile;
    const Ptr<PatchCore> detector = quickDetectorFitTo(params, images);
    EXPECT_EQ(0, detector->getParams().rotations);
    return detector->getRotations();
}

// Turned images have no places, whether the settings or fit chose to turn them.
TEST(Anomaly_Rotations, turns_that_fit_chose_have_no_window)
{
    PatchCore::Params params = quickParamsOf<PatchCore>();
    params.rotations = 0;
    params.window = -1;
    const Ptr<PatchCore> detector = quickDetectorFitTo(params, turnedStripes(6));
    EXPECT_EQ(8, detector->getRotations());
    EXPECT_EQ(0, detector->getWindow());
}

TEST(Anomaly_Rotations, fit_chooses_them_for_few_images_of_parts_that_lie_at_any_angle)
{
    EXPECT_EQ(0, PatchCore::Params().rotations);
    EXPECT_EQ(1, PatchCore::Params::paper().rotations);
    EXPECT_EQ(8, rotationsChosenFor(turnedStripes(6)));
    EXPECT_EQ(1, rotationsChosenFor(uprightStripes(6)));
    EXPECT_EQ(1, rotationsChosenFor(turnedStripes(41))); // which show all angles by themselves
    EXPECT_EQ(1, rotationsChosenFor(turnedStripes(2)));  // too few to tell
    EXPECT_EQ(1, rotationsChosenFor(turnedStripes(6), 64));
}

TEST(Anomaly_Rotations, an_update_learns_in_the_turns_that_fit_chose)
{
    const TemporaryName file(".yml");
    PatchCore::Params params = quickParamsOf<PatchCore>();
    params.rotations = 0;
    const Ptr<PatchCore> detector = quickDetectorFitTo(params, turnedStripes(6));
    detector->save(file.name);
    const Ptr<PatchCore> loaded = PatchCore::load(file.name);
    EXPECT_EQ(8, loaded->getRotations());
    const Mat other = stripes(0, 50) * 0.5, turned = stripes(45, 51) * 0.5;
    loaded->update(std::vector<Mat>(1, other));
    EXPECT_EQ(8, loaded->getRotations());
    EXPECT_LT(loaded->predict(turned), 0.95 * detector->predict(turned));
}

TEST(Anomaly_Rotations, choosing_them_can_be_canceled)
{
    PatchCore::Params params = quickParamsOf<PatchCore>();
    params.rotations = 0;
    const Ptr<PatchCore> detector = PatchCore::create(params);
    std::set<String> stages;
    detector->setFitCallback([&stages](const FitProgress& progress) {
        stages.insert(progress.stage);
        return false;
    });
    EXPECT_ERROR_WITH("canceled", detector->fit(turnedStripes(6)));
    EXPECT_EQ(std::set<String>{"turns"}, stages);
}

TEST(Anomaly_Rotations, padim_says_why_it_takes_none)
{
    PaDiM::Params params = quickParamsOf<PaDiM>();
    params.rotations = 2;
    EXPECT_ERROR_WITH("rotations is 2, expected 0 or 1: PaDiM compares each position", PaDiM::create(params));
}

// Model files that were written before rotations existed.
TEST(Anomaly_Rotations, older_models_have_one)
{
    for (const char* file : {"models/square_version_2.yml", "models/brick.yml.gz"})
        EXPECT_EQ(1, loadDetector(testDataPath(file))->getDetectorParams().rotations) << file;
}

TEST(Anomaly_Rotations, tiles_turn_about_their_own_centers)
{
    PatchCore::Params params = quickParamsOf<PatchCore>();
    params.tile = 64;
    params.rotations = 8;
    const Ptr<PatchCore> turned = PatchCore::create(params);
    params.rotations = 1;
    const Ptr<PatchCore> asTheyAre = PatchCore::create(params);
    std::vector<Mat> images;
    for (int i = 0; i < 3; i++)
        images.push_back(stripes(0, i, Size(128, 96)));
    turned->fit(images);
    asTheyAre->fit(images);
    const Mat other = stripes(45, 9, Size(128, 96));
    EXPECT_LT(meanOfMap(*turned, other), 0.8 * meanOfMap(*asTheyAre, other));
}

// The coreset is chosen from all rotations, but thresholds are set by unrotated images.
TEST(Anomaly_Rotations, what_is_learned_in_turns)
{
    PatchCore::Params params = quickParamsOf<PatchCore>();
    params.rotations = 4;
    params.validationFraction = 0;
    const Ptr<PatchCore> detector = PatchCore::create(params);
    std::map<String, int> steps;
    detector->setFitCallback([&](const FitProgress& progress) {
        steps[progress.stage] = progress.steps;
        return true;
    });
    detector->fit(goodImages(5, Size(64, 64)));
    EXPECT_EQ(5, steps["features"]);
    EXPECT_EQ(20, steps["patches"]);
    EXPECT_EQ(5, steps["thresholds"]);
}

}} // namespace opencv_test
