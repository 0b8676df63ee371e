// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Models without one of their images, by which thresholds are set if no images are held out.
#include "test_maps.hpp"
#include "test_methods.hpp"

#include "../src/padim/padim_model.hpp"
#include "../src/patchcore/patchcore_model.hpp"
#include "../src/patches/descriptor.hpp"
#include "../src/spade/spade_model.hpp"

#include "opencv2/dnn.hpp"

#include <numeric>

namespace opencv_test { namespace {

const Size grid(4, 3);
const int channels = 3, images = 9, leftImage = 4;

//! A feature map for each image, and the maps without one image.
struct LeaveOneOutCase
{
    LeaveOneOutCase()
    {
        for (int image = 0; image < images; image++)
        {
            maps.push_back(randomMap(channels, grid, 100 + image));
            if (image != leftImage)
                others.push_back(maps.back());
        }
    }
    std::vector<Mat> maps, others;
};

Mat scoresOf(const std::shared_ptr<const ScoreMap>& scoreMap, const Mat& map, double* imageScore = NULL)
{
    FeatureMaps features;
    features.maps = {map};
    Mat scores;
    scoreMap->make(features, &scores, imageScore, NULL);
    return scores;
}

const MapSettings asTheyAre = {grid, 0};
const Device plain = {ENGINE_PLAIN, dnn::DNN_TARGET_CPU};

PadimModel gaussiansOf(const std::vector<Mat>& maps)
{
    const auto sample = [&](int image) {
        return PositionSample{poolPatches({maps[image]})[0].reshape(1, channels), Mat()};
    };
    GaussianSettings settings;
    settings.regularization = 1e-9;
    PadimModel model;
    model.gaussians = fitGaussians(int(maps.size()), sample, settings);
    model.reduction.channels = {channels};
    model.reduction.drawn.resize(channels);
    std::iota(model.reduction.drawn.begin(), model.reduction.drawn.end(), 0);
    model.grid = grid;
    model.images = int(maps.size());
    return model;
}

TEST(Anomaly_LeaveOneOut, gaussians_without_an_image_are_those_of_the_others)
{
    const LeaveOneOutCase fit;
    const PadimModel all = gaussiansOf(fit.maps), others = gaussiansOf(fit.others);
    const Mat& image = fit.maps[leftImage];
    const Mat expected = scoresOf(others.createScoreMap(asTheyAre, plain), image);
    const Mat actual = scoresOf(all.createScoreMapWithout({leftImage}, asTheyAre, plain), image);
    EXPECT_LT(cv::norm(expected, actual, NORM_INF), 1e-3 * cv::norm(expected, NORM_INF));
    EXPECT_GT(cv::norm(expected, scoresOf(all.createScoreMap(asTheyAre, plain), image), NORM_INF), 0.5);
}

SpadeModel imagesOf(const std::vector<Mat>& maps)
{
    FeatureBankBuilder builder(int(maps.size()));
    for (const Mat& map : maps)
        builder.add(poolPatches({map}), Mat());
    SpadeModel model;
    model.bank = builder.bank();
    model.grid = grid;
    model.K = 3;
    return model;
}

TEST(Anomaly_LeaveOneOut, retrieval_passes_over_the_image)
{
    const LeaveOneOutCase fit;
    const SpadeModel all = imagesOf(fit.maps), others = imagesOf(fit.others);
    double expectedScore, actualScore;
    const Mat expected = scoresOf(others.createScoreMap(asTheyAre, plain), fit.maps[leftImage], &expectedScore);
    const Mat actual =
        scoresOf(all.createScoreMapWithout({leftImage}, asTheyAre, plain), fit.maps[leftImage], &actualScore);
    EXPECT_EQ(expectedScore, actualScore);
    EXPECT_EQ(0, cv::norm(expected, actual, NORM_INF));
}

//! A bank of all patches of all images, unchanged and without stand-ins.
PatchCoreModel patchesOf(const std::vector<Mat>& maps)
{
    PatchCoreModel model;
    model.channelCounts = {channels};
    model.patchStride = model.K = 1;
    const std::shared_ptr<CoresetBank> coreset = std::make_shared<CoresetBank>();
    PatchRows& chosen = coreset->chosen;
    for (size_t image = 0; image < maps.size(); image++)
    {
        chosen.rows.push_back(Mat(poolPatches({maps[image]})[0].reshape(1, channels).t()));
        chosen.images.insert(chosen.images.end(), grid.area(), int(image));
        coreset->sources.push_back(int(image));
    }
    chosen.places.resize(chosen.images.size());
    coreset->standInsOf.resize(chosen.images.size(), Vec2i(-1, -1));
    model.bank = chosen.rows;
    model.coreset = coreset;
    return model;
}

TEST(Anomaly_LeaveOneOut, bank_lacks_what_the_image_taught)
{
    const LeaveOneOutCase fit;
    const PatchCoreModel all = patchesOf(fit.maps), others = patchesOf(fit.others);
    const Mat& image = fit.maps[leftImage];
    EXPECT_LT(cv::norm(scoresOf(all.createScoreMap(asTheyAre, plain), image), NORM_INF), 1e-3);
    const Mat expected = scoresOf(others.createScoreMap(asTheyAre, plain), image);
    EXPECT_EQ(0,
              cv::norm(expected, scoresOf(all.createScoreMapWithout({leftImage}, asTheyAre, plain), image), NORM_INF));
    EXPECT_FALSE(patchesOf({image}).createScoreMapWithout({0}, asTheyAre, plain)) << "nothing would be left";
}

// Thresholds that are set by learned images must agree with those that new images would set.
template <typename Method> class Anomaly_LeftOutScores : public testing::Test
{};
typedef testing::Types<CFA, PatchCore, PaDiM> MethodsWithTiles;
TYPED_TEST_CASE(Anomaly_LeftOutScores, MethodsWithTiles);

// Of an image that its mask covers, no tile was learned, so that no model lacks it. The others are left out all the
// same, whichever comes first.
TYPED_TEST(Anomaly_LeftOutScores, an_image_without_tiles_does_not_matter)
{
    typename TypeParam::Params params = quickParamsOf<TypeParam>();
    params.tile = 48;
    params.seed = 3;
    std::vector<Mat> pictures = goodImages(7), masks(7);
    masks[0] = Mat::zeros(pictures[0].size(), CV_8U);
    const Ptr<TypeParam> first = TypeParam::create(params), last = TypeParam::create(params);
    first->fit(pictures, masks);
    std::rotate(pictures.begin(), pictures.begin() + 1, pictures.end());
    std::rotate(masks.begin(), masks.begin() + 1, masks.end());
    last->fit(pictures, masks);
    EXPECT_NEAR(last->getImageThreshold(), first->getImageThreshold(), 0.15 * last->getImageThreshold());
}

// The scores of copies are those of learned images. With them the threshold is several times as high.
TEST(Anomaly_LeaveOneOut, held_out_copies_of_learned_images_set_no_threshold)
{
    PaDiM::Params params = quickParamsOf<PaDiM>();
    std::vector<Mat> twice = goodImages(10);
    const std::vector<Mat> once = twice;
    twice.insert(twice.end(), once.begin(), once.end());
    const Ptr<PaDiM> expected = PaDiM::create(params);
    expected->fit(once);
    params.validationFraction = 0.3;
    const Ptr<PaDiM> detector = PaDiM::create(params);
    detector->fit(twice);
    EXPECT_NEAR(expected->getImageThreshold(), detector->getImageThreshold(), 0.3 * expected->getImageThreshold());
}

TEST(Anomaly_LeaveOneOut, thresholds_are_those_of_new_images)
{
    PatchCore::Params params = quickParamsOf<PatchCore>();
    params.bankSize = 1000; // of 12 images with 64 patches each: all
    const Ptr<PatchCore> detector = quickDetectorOf<PatchCore>(params, 12);
    const double learned = detector->predict(goodImage(3));
    std::vector<double> fresh;
    for (int i = 0; i < 12; i++)
        fresh.push_back(detector->predict(goodImage(70 + i)));
    const double threshold = detector->getImageThreshold();
    EXPECT_LT(2 * learned, threshold);
    EXPECT_LE(std::count_if(fresh.begin(), fresh.end(), [=](double score) { return score >= threshold; }), 2);
    EXPECT_LT(threshold, 1.5 * *std::max_element(fresh.begin(), fresh.end()));
}

}} // namespace opencv_test
