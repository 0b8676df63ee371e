// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// PaDiM: its Gaussians and distances compared with NumPy's, and the reduction of features.
#include "test_methods.hpp"
#include "test_targets.hpp"

#include "../src/padim/channel_reduction.hpp"
#include "../src/padim/gaussian_panels.hpp"
#include "../src/padim/position_gaussians.hpp"

#include <functional>
#include <set>

namespace opencv_test { namespace {

const char* const goldCases[] = {"fewer_images_than_features", "more_images_than_features", "far_from_zero", "masked",
                                 "one_feature"};

//! One case of gold/padim.yml.
struct GaussianCase
{
    explicit GaussianCase(const std::string& name)
    {
        const FileStorage file(testDataPath("gold/padim.yml"), FileStorage::READ);
        const FileNode node = file[name];
        node["train"] >> train;
        node["mask"] >> mask;
        node["mean"] >> mean;
        node["whitening"] >> whitening;
        node["query"] >> query;
        node["distances"] >> distances;
    }

    PositionSample sample(int image) const
    {
        const int positions = mask.cols;
        return {train.colRange(image * positions, (image + 1) * positions), mask.row(image)};
    }

    PositionGaussians fit(const GaussianSettings& settings = GaussianSettings()) const
    {
        return fitGaussians(
            mask.rows, [this](int image) { return sample(image); }, settings);
    }

    Mat train, mask, mean, whitening, query, distances;
};

//! Returns the entries of the panels as positions x entries.
Mat unpacked(const PositionGaussians& gaussians)
{
    Mat entries(gaussians.positions(), triangle(gaussians.length()), CV_32F);
    for (int p = 0; p < entries.rows; p++)
        for (int e = 0; e < entries.cols; e++)
            entries.at<float>(p, e) =
                gaussians.whitening.at<float>(p / gaussianPanel, e * gaussianPanel + p % gaussianPanel);
    return entries;
}

void expectClose(const Mat& expected, const Mat& actual, double relative)
{
    ASSERT_EQ(expected.size(), actual.size());
    EXPECT_LE(cv::norm(expected, actual, NORM_INF), relative * std::max(1., cv::norm(expected, NORM_INF)));
}

Mat scoresOf(const PositionGaussians& gaussians, const Mat& features, int engine)
{
    Mat distances;
    GaussianScorer::create(gaussians, engine)->score(features, distances);
    return distances;
}

std::vector<int> engines()
{
    std::vector<int> all = {int(ENGINE_PLAIN)};
    if (CFA::create()->getEngine() == ENGINE_HALIDE)
        all.push_back(ENGINE_HALIDE);
    return all;
}

TEST(Anomaly_PaDiM, gaussians_are_those_of_numpy)
{
    for (const char* name : goldCases)
    {
        SCOPED_TRACE(name);
        const GaussianCase gold(name);
        const PositionGaussians gaussians = gold.fit();
        expectClose(gold.mean, gaussians.mean, 1e-6);
        expectClose(gold.whitening, unpacked(gaussians), 1e-5);
    }
}

TEST(Anomaly_PaDiM, distances_are_those_of_numpy)
{
    for (const char* name : goldCases)
        for (const int engine : engines())
        {
            SCOPED_TRACE(format("%s, engine %d", name, engine));
            const GaussianCase gold(name);
            const Mat distances = scoresOf(gold.fit(), gold.query, engine);
            // Single precision rounds a mean by 2^-24 of its value, and whitening stretches no direction by more than 1
            // / sqrt(0.01).
            const double roundingOfMean = 10 * cv::norm(gold.mean, NORM_INF) / (1 << 24);
            ASSERT_EQ(gold.distances.size(), distances.size());
            for (int p = 0; p < distances.cols; p++)
                EXPECT_NEAR(gold.distances.at<float>(p), distances.at<float>(p),
                            1e-5 * gold.distances.at<float>(p) + roundingOfMean);
        }
}

TEST(Anomaly_PaDiM, position_learned_from_fewer_than_two_images_scores_zero)
{
    const GaussianCase gold("masked");
    Mat learned;
    reduce(gold.mask / 255, learned, 0, REDUCE_SUM, CV_32S);
    ASSERT_GT(countNonZero(learned < 2), 0); // The file has such positions.
    for (const int engine : engines())
    {
        const Mat distances = scoresOf(gold.fit(), gold.query, engine);
        for (int p = 0; p < distances.cols; p++)
            EXPECT_EQ(learned.at<int>(p) < 2, distances.at<float>(p) == 0);
    }
}

// One image makes no Gaussian, but is remembered until a second one comes.
TEST(Anomaly_PaDiM, images_that_come_one_by_one_are_learned_as_those_that_come_together)
{
    const std::vector<Mat> pictures = goodImages(9);
    Mat right = Mat::zeros(pictures[0].size(), CV_8U);
    right.colRange(right.cols / 2, right.cols).setTo(1);
    PaDiM::Params params = quickParamsOf<PaDiM>();
    const Ptr<PaDiM> single = PaDiM::create(params), together = PaDiM::create(params);
    for (const Ptr<PaDiM>& detector : {single, together})
        detector->fit(std::vector<Mat>(pictures.begin(), pictures.begin() + 5), std::vector<Mat>(5, right));
    const std::vector<Mat> later(pictures.begin() + 5, pictures.end());
    together->update(later);
    for (const Mat& picture : later)
    {
        single->update(std::vector<Mat>{picture});
        const TemporaryName file(".yml");
        single->save(file.name);
        EXPECT_EQ(savedContent(*single), savedContent(*PaDiM::load(file.name)));
    }
    Mat expected, found;
    together->predict(badImage(3), expected);
    single->predict(badImage(3), found);
    EXPECT_GT(cv::norm(expected.colRange(0, expected.cols / 4), NORM_INF), 1);
    EXPECT_LE(cv::norm(expected, found, NORM_INF), 1e-3 * cv::norm(expected, NORM_INF));
}

TEST(Anomaly_PaDiM, masks_that_leave_no_place_with_two_images_are_refused)
{
    const std::vector<Mat> pictures = goodImages(2);
    std::vector<Mat> masks;
    for (int half = 0; half < 2; half++)
    {
        masks.push_back(Mat::zeros(pictures[0].size(), CV_8U));
        const int middle = masks[half].cols / 2;
        masks[half].colRange(half * middle, (half + 1) * middle).setTo(1);
    }
    EXPECT_ERROR_WITH("two images", PaDiM::create(quickParamsOf<PaDiM>())->fit(pictures, masks));
}

// Blocks of one or a few positions, which may end within a panel, sum up in the same order as all positions at once.
TEST(Anomaly_PaDiM, working_memory_does_not_change_the_result)
{
    const GaussianCase gold("masked");
    const PositionGaussians expected = gold.fit();
    for (const size_t bytes : {1, 5000, 9000, 30000})
    {
        GaussianSettings settings;
        settings.workingBytes = bytes;
        const PositionGaussians gaussians = gold.fit(settings);
        EXPECT_EQ(0, cv::norm(expected.mean, gaussians.mean, NORM_INF)) << bytes;
        EXPECT_EQ(0, cv::norm(expected.whitening, gaussians.whitening, NORM_INF)) << bytes;
    }
}

TEST(Anomaly_PaDiM, progress_counts_images_of_all_passes_and_can_end_the_fit)
{
    const GaussianCase gold("one_feature");
    std::vector<Point> steps;
    const auto sample = [&](int image) { return gold.sample(image); };
    fitGaussians(2, sample, GaussianSettings(), [&](int done, int total) { steps.push_back(Point(done, total)); });
    EXPECT_EQ((std::vector<Point>{Point(1, 2), Point(2, 2)}), steps);
    const auto stop = [](int, int) { CV_Error(Error::StsError, "enough"); };
    EXPECT_THROW(fitGaussians(2, sample, GaussianSettings(), stop), cv::Exception);
}

//! Matrices that are similar to learned ones: with a diagonal of 1 and smaller numbers beside it.
PositionGaussians randomGaussians(int length, int positions)
{
    RNG random(length * 1000 + positions);
    PositionGaussians gaussians = {Mat(length, positions, CV_32F),
                                   Mat::zeros(panelsOf(positions), triangle(length) * gaussianPanel, CV_32F), Mat()};
    random.fill(gaussians.mean, RNG::NORMAL, 1, 1);
    for (int p = 0; p < positions; p++)
        for (int i = 0, e = 0; i < length; i++)
            for (int j = 0; j <= i; j++, e++)
                gaussians.whitening.at<float>(p / gaussianPanel, e * gaussianPanel + p % gaussianPanel) =
                    i == j ? 1 : float(random.gaussian(1 / std::sqrt(double(length))));
    return gaussians;
}

void expectSameDistances(int length, int positions)
{
    SCOPED_TRACE(format("%d features, %d positions", length, positions));
    const PositionGaussians gaussians = randomGaussians(length, positions);
    Mat features(length, positions, CV_32F);
    RNG(3).fill(features, RNG::NORMAL, 1, 2);
    const Mat plain = scoresOf(gaussians, features, ENGINE_PLAIN), fast = scoresOf(gaussians, features, ENGINE_HALIDE);
    EXPECT_LE(cv::norm(plain, fast, NORM_INF), 2e-6 * cv::norm(plain, NORM_INF));
}

TEST(Anomaly_PaDiM, kernel_gives_the_distances_of_the_plain_form_on_every_target)
{
    SKIP_WITHOUT_HALIDE();
    EachTarget().run([] {
        for (const int length : {1, 2, 3, 7, 16, 33, 100})
            for (const int positions : {1, 3, 15, 16, 17, 31, 49, 784})
                expectSameDistances(length, positions);
    });
}

TEST(Anomaly_PaDiM, features_that_are_a_part_of_a_larger_matrix)
{
    const GaussianCase gold("masked");
    Mat larger;
    hconcat(std::vector<Mat>{gold.query, gold.query, gold.query}, larger);
    const Mat part = larger.colRange(gold.query.cols, 2 * gold.query.cols);
    for (const int engine : engines())
        EXPECT_EQ(0, cv::norm(scoresOf(gold.fit(), gold.query, engine), scoresOf(gold.fit(), part, engine), NORM_INF));
}

TEST(Anomaly_PaDiM, features_of_another_size_are_refused)
{
    const GaussianCase gold("one_feature");
    for (const int engine : engines())
    {
        EXPECT_THROW(scoresOf(gold.fit(), Mat::zeros(2, 1, CV_32F), engine), cv::Exception);
        EXPECT_THROW(scoresOf(gold.fit(), Mat::zeros(1, 2, CV_32F), engine), cv::Exception);
        EXPECT_THROW(scoresOf(gold.fit(), Mat::zeros(1, 1, CV_64F), engine), cv::Exception);
    }
    EXPECT_THROW(fitGaussians(1, [&](int image) { return gold.sample(image); }), cv::Exception);
}

TEST(Anomaly_PaDiM, channels_are_drawn_once_each_with_the_seed)
{
    const std::vector<int> channels = randomChannels(100, 1056, 0);
    EXPECT_EQ(100u, std::set<int>(channels.begin(), channels.end()).size());
    EXPECT_TRUE(std::is_sorted(channels.begin(), channels.end()));
    EXPECT_GE(channels.front(), 0);
    EXPECT_LT(channels.back(), 1056);
    EXPECT_EQ(channels, randomChannels(100, 1056, 0));
    EXPECT_NE(channels, randomChannels(100, 1056, 1));
    EXPECT_THROW(randomChannels(0, 9, 0), cv::Exception);
    EXPECT_THROW(randomChannels(10, 9, 0), cv::Exception);
}

TEST(Anomaly_PaDiM, projection_has_orthonormal_rows)
{
    for (const int count : {1, 40, 100})
    {
        const Mat projection = orthogonalProjection(count, 100, 0);
        ASSERT_EQ(Size(100, count), projection.size());
        EXPECT_LT(cv::norm(projection * projection.t(), Mat::eye(count, count, CV_32F), NORM_INF), 1e-5);
    }
    EXPECT_THROW(orthogonalProjection(101, 100, 0), cv::Exception);
}

TEST(Anomaly_PaDiM, settings_out_of_range_are_named)
{
    PaDiM::Params params;
    params.features = 0;
    EXPECT_ERROR_WITH("features is 0", PaDiM::create(params));
    params = PaDiM::Params();
    params.regularization = 0;
    EXPECT_ERROR_WITH("regularization is 0", PaDiM::create(params));
    params = PaDiM::Params();
    params.reduction = 2;
    EXPECT_ERROR_WITH("reduction is 2", PaDiM::create(params));
}

TEST(Anomaly_PaDiM, features_are_drawn_or_projected)
{
    PaDiM::Params params = quickParamsOf<PaDiM>();
    const String drawn = savedContent(*quickDetectorOf<PaDiM>(params));
    params.seed = 1;
    EXPECT_NE(drawn, savedContent(*quickDetectorOf<PaDiM>(params)));
    params.reduction = PaDiM::FEATURES_PROJECTED;
    const Ptr<PaDiM> projected = quickDetectorOf<PaDiM>(params, 12);
    EXPECT_GT(projected->predict(badImage(9)), 1.5 * projected->predict(goodImage(50)));
    const TemporaryName file(".yml");
    projected->save(file.name);
    EXPECT_TRUE(ScoredImage(*projected, badImage(3)) == ScoredImage(*PaDiM::load(file.name), badImage(3)));
}

// If all channels are kept, drawing changes nothing, and an orthogonal projection only rotates the space, which does
// not change Mahalanobis distances.
TEST(Anomaly_PaDiM, all_features_drawn_or_projected_give_the_same_distances)
{
    PaDiM::Params params = quickParamsOf<PaDiM>();
    params.backbone = testDataPath("backbones/two_scales.onnx");
    params.outputs = {"fine", "coarse"};
    params.features = 4096; // more than there are
    const ScoredImage drawn(*quickDetectorOf<PaDiM>(params), badImage(3));
    params.reduction = PaDiM::FEATURES_PROJECTED;
    const ScoredImage projected(*quickDetectorOf<PaDiM>(params), badImage(3));
    EXPECT_LT(cv::norm(drawn.map, projected.map, NORM_INF), 1e-3 * cv::norm(drawn.map, NORM_INF));
}

TEST(Anomaly_PaDiM, positions_without_a_gaussian_score_zero)
{
    std::vector<Mat> images = goodImages(5), masks;
    for (const Mat& image : images)
    {
        masks.push_back(Mat(image.size(), CV_8U, Scalar(1)));
        masks.back().colRange(0, 60).setTo(0);
    }
    PaDiM::Params params = quickParamsOf<PaDiM>();
    params.smoothSigma = 0;
    const Ptr<PaDiM> padim = PaDiM::create(params);
    padim->fit(images, masks);
    const ScoredImage scored(*padim, badImage(3));
    EXPECT_EQ(0, countNonZero(scored.map.colRange(0, 48)));
    EXPECT_GT(countNonZero(scored.map.colRange(72, 96)), 0);
}

}} // namespace opencv_test
