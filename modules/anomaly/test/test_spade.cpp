// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// SPADE: retrieved images and scores compared with NumPy's, and its bank in half precision.
#include "test_maps.hpp"
#include "test_methods.hpp"
#include "test_targets.hpp"

#include "../src/patches/grid_features.hpp"
#include "../src/spade/spade_scorer.hpp"

namespace opencv_test { namespace {

const char* const goldCases[] = {"three_scales", "odd_sizes", "one_scale", "masked"};

//! One case of gold/spade.yml.
struct RetrievalCase
{
    explicit RetrievalCase(const std::string& name)
    {
        const FileStorage file(testDataPath("gold/spade.yml"), FileStorage::READ);
        const FileNode node = file[name];
        Mat gridSize;
        node["sizes"] >> sizes;
        node["grid"] >> gridSize;
        grid = Size(gridSize.at<int>(1), gridSize.at<int>(0));
        node["masks"] >> masks;
        node["retrieved"] >> retrieved;
        node["scores"] >> scores;
        K = int(node["K"]);
        imageScore = double(node["image_score"]);
        for (int scale = 0; scale < sizes.rows; scale++)
        {
            train.push_back(matrix(node, format("train_%d", scale)));
            query.push_back(matrix(node, format("query_%d", scale)));
        }
    }

    static Mat matrix(const FileNode& node, const String& name)
    {
        Mat value;
        node[name] >> value;
        return value;
    }

    //! Returns columns of a matrix as maps of one image.
    std::vector<Mat> maps(const std::vector<Mat>& columns, int image) const
    {
        std::vector<Mat> all;
        for (int scale = 0; scale < sizes.rows; scale++)
        {
            const int* size = sizes.ptr<int>(scale);
            const int shape[] = {1, size[0], size[1], size[2]}, positions = size[1] * size[2];
            all.push_back(
                columns[scale].colRange(image * positions, (image + 1) * positions).clone().reshape(1, 4, shape));
        }
        return averagedToGrid(all, grid);
    }

    FeatureBank bank() const
    {
        FeatureBankBuilder builder(masks.rows);
        for (int image = 0; image < masks.rows; image++)
            builder.add(maps(train, image), masks.row(image).reshape(1, grid.height));
        return builder.bank();
    }

    Mat sizes, masks, retrieved, scores;
    Size grid;
    int K;
    double imageScore;
    std::vector<Mat> train, query;
};

std::vector<int> engines()
{
    std::vector<int> all = {int(ENGINE_PLAIN)};
    if (CFA::create()->getEngine() == ENGINE_HALIDE)
        all.push_back(ENGINE_HALIDE);
    return all;
}

TEST(Anomaly_SPADE, retrieved_images_are_those_of_numpy)
{
    for (const char* name : goldCases)
    {
        SCOPED_TRACE(name);
        const RetrievalCase gold(name);
        const RetrievedImages retrieved = retrieveImages(imageSummary(gold.maps(gold.query, 0)), gold.bank(), gold.K);
        EXPECT_EQ(std::vector<int>(gold.retrieved.begin<int>(), gold.retrieved.end<int>()), retrieved.indices);
        EXPECT_NEAR(gold.imageScore, retrieved.meanDistance, 1e-6 * gold.imageScore);
    }
}

TEST(Anomaly_SPADE, scores_are_those_of_numpy)
{
    for (const char* name : goldCases)
        for (const int engine : engines())
        {
            SCOPED_TRACE(format("%s, engine %d", name, engine));
            const RetrievalCase gold(name);
            Mat scores;
            scoreAgainst(gold.retrieved, gold.bank(), gold.maps(gold.query, 0), gold.grid, engine, scores);
            ASSERT_EQ(gold.scores.size(), scores.size());
            EXPECT_LT(difference(scores, gold.scores), 1e-5);
        }
}

//! Random whole numbers, whose sums are exact in any order.
Mat wholeMap(int channels, Size size, int seed)
{
    Mat map = randomMap(channels, size, seed), whole;
    map.convertTo(whole, CV_32S);
    whole.convertTo(map, CV_32F);
    return map;
}

//! The definition of the distances: compares every patch with every patch of every image.
Mat distancesByDefinition(const std::vector<Mat>& images, const Mat& query)
{
    const Mat phi = query.reshape(1, query.size[1]).t();
    Mat nearest(1, phi.rows, CV_32F, Scalar(FLT_MAX));
    for (const Mat& image : images)
    {
        const Mat rows = image.reshape(1, image.size[1]).t();
        for (int p = 0; p < phi.rows; p++)
            for (int r = 0; r < rows.rows; r++)
                nearest.at<float>(p) = std::min(nearest.at<float>(p), float(cv::norm(phi.row(p), rows.row(r))));
    }
    return nearest.reshape(1, query.size[2]);
}

void expectExactDistances(int channels, Size size)
{
    SCOPED_TRACE(format("%d channels, %d x %d", channels, size.width, size.height));
    std::vector<Mat> images;
    FeatureBankBuilder builder(3);
    for (int i = 0; i < 3; i++)
    {
        images.push_back(wholeMap(channels, size, i));
        builder.add({images[i]}, Mat());
    }
    const Mat query = wholeMap(channels, size, 7);
    const Mat expected = distancesByDefinition(images, query);
    for (const int engine : engines())
    {
        Mat scores;
        scoreAgainst({0, 1, 2}, builder.bank(), {query}, size, engine, scores);
        EXPECT_EQ(0, cv::norm(expected, scores, NORM_INF)) << engine;
    }
}

TEST(Anomaly_SPADE, distances_of_whole_numbers_are_exact_on_every_target)
{
    EachTarget().run([] {
        for (const int channels : {1, 7, 33})
            for (const Size size : {Size(1, 1), Size(3, 2), Size(5, 7), Size(13, 11)})
                expectExactDistances(channels, size);
    });
}

TEST(Anomaly_SPADE, ties_go_to_the_image_of_the_lower_index)
{
    FeatureBankBuilder builder(6);
    for (const int seed : {1, 2, 1, 2, 1, 3})
        builder.add({randomMap(4, Size(3, 3), seed)}, Mat());
    const Mat summary = imageSummary({randomMap(4, Size(3, 3), 1)});
    const RetrievedImages retrieved = retrieveImages(summary, builder.bank(), 3);
    EXPECT_EQ((std::vector<int>{0, 2, 4}), retrieved.indices);
    EXPECT_EQ(0, retrieved.meanDistance);
}

TEST(Anomaly_SPADE, scale_that_masks_leave_nothing_of_adds_nothing)
{
    const std::vector<Mat> maps = {randomMap(4, Size(6, 6), 1), randomMap(5, Size(3, 3), 2)},
                           query = {randomMap(4, Size(6, 6), 3), randomMap(5, Size(3, 3), 4)};
    Mat mask = Mat::zeros(6, 6, CV_8U);
    mask.at<uchar>(1, 1) = 255; // between the positions that the coarse map reads
    FeatureBankBuilder masked(1), fine(1);
    masked.add(maps, mask);
    fine.add({maps[0]}, mask);
    ASSERT_EQ(1, masked.bank().rows[0].rows);
    ASSERT_TRUE(masked.bank().rows[1].empty());
    Mat both, first;
    scoreAgainst({0}, masked.bank(), query, Size(6, 6), ENGINE_PLAIN, both);
    scoreAgainst({0}, fine.bank(), {query[0]}, Size(6, 6), ENGINE_PLAIN, first);
    EXPECT_EQ(0, cv::norm(both, first, NORM_INF));
}

TEST(Anomaly_SPADE, bank_keeps_half_precision)
{
    FeatureBankBuilder builder(1);
    const Mat map = randomMap(3, Size(4, 2), 5);
    builder.add({map}, Mat());
    Mat rows;
    builder.bank().rows[0].convertTo(rows, CV_32F);
    const Mat exact = map.reshape(1, 3).t();
    EXPECT_GT(cv::norm(exact, rows, NORM_INF), 0);
    EXPECT_LE(cv::norm(exact, rows, NORM_INF), 6. / 2048); // half a unit of the last of 11 bits
}

// Model files contain the bits of half-precision numbers as integers.
TEST(Anomaly_SPADE, bits_of_half_precision_survive_a_file)
{
    Mat bits(1, 65536, CV_16U), read;
    for (int i = 0; i < bits.cols; i++)
        bits.at<ushort>(i) = ushort(i);
    FileStorage out(".yml", FileStorage::WRITE | FileStorage::MEMORY | FileStorage::BASE64);
    out << "rows" << bits;
    FileStorage(out.releaseAndGetString(), FileStorage::READ | FileStorage::MEMORY)["rows"] >> read;
    ASSERT_EQ(CV_16U, read.type());
    EXPECT_EQ(0, cv::norm(bits, read, NORM_INF));
}

TEST(Anomaly_SPADE, features_past_half_precision_are_refused)
{
    FeatureBankBuilder builder(1);
    Mat map = randomMap(3, Size(4, 2), 5) * 20000;
    EXPECT_THROW(builder.add({map}, Mat()), cv::Exception);
}

// An image takes 88 bytes: 4 summaries of 4 bytes, and 9 patches of 4 channels of 2 bytes.
TEST(Anomaly_SPADE, limit_of_the_bank_names_the_images_that_fit)
{
    const std::vector<Mat> maps = {randomMap(4, Size(3, 3), 1)};
    FeatureBankBuilder whole(11, 880), masked(3, 100);
    EXPECT_NE(std::string::npos, errorOf([&] { whole.add(maps, Mat()); }).find("which 10 of them fill"));
    masked.add(maps, Mat(3, 3, CV_8U, Scalar(1)));
    EXPECT_NE(std::string::npos,
              errorOf([&] { masked.add(maps, Mat(3, 3, CV_8U, Scalar(1))); }).find("which 1 of them fill"));
}

TEST(Anomaly_SPADE, settings_out_of_range_are_named)
{
    SPADE::Params params;
    for (const int K : {0, 1001})
    {
        params.K = K;
        EXPECT_ERROR_WITH(format("K is %d", K), SPADE::create(params));
    }
}

// If one image is retrieved, the score is the distance to it, which is 0 for an image of the bank.
TEST(Anomaly_SPADE, learned_image_is_retrieved)
{
    SPADE::Params params = quickParamsOf<SPADE>();
    params.K = 1;
    params.validationFraction = 0;
    const Ptr<SPADE> spade = quickDetectorOf<SPADE>(params);
    EXPECT_EQ(0, spade->predict(goodImage(2)));
    EXPECT_GT(spade->predict(goodImage(20)), 0);
    EXPECT_GT(spade->predict(badImage(20)), spade->predict(goodImage(20)));
}

TEST(Anomaly_SPADE, fewer_images_than_neighbors)
{
    SPADE::Params params = quickParamsOf<SPADE>();
    const Ptr<SPADE> few = quickDetectorOf<SPADE>(params, 3);
    params.K = 1000;
    const Ptr<SPADE> all = quickDetectorOf<SPADE>(params, 3);
    EXPECT_TRUE(ScoredImage(*few, badImage(3)) == ScoredImage(*all, badImage(3)));
}

}} // namespace opencv_test
