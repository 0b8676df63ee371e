// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// PatchCore: features, bank and scores compared with NumPy's, and its settings.
#include "test_methods.hpp"

#include "../src/training/patch_pool.hpp"
#include "../src/patchcore/patchcore_model.hpp"
#include "../src/patches/descriptor.hpp"
#include "../src/patches/grid_features.hpp"

#include <numeric>

namespace opencv_test { namespace {

const char* const goldCases[] = {"finer_same_coarser", "odd_sizes", "one_scale"};

//! One case of gold/patchcore.yml.
struct BankCase
{
    explicit BankCase(const std::string& name)
    {
        const FileStorage file(testDataPath("gold/patchcore.yml"), FileStorage::READ);
        const FileNode node = file[name];
        Mat sizes, rowsAndCols;
        node["sizes"] >> sizes;
        node["grid"] >> rowsAndCols;
        grid = Size(rowsAndCols.at<int>(1), rowsAndCols.at<int>(0));
        node["features"] >> features;
        node["chosen"] >> chosen;
        node["distances"] >> distances;
        node["weighted"] >> weighted;
        node["K"] >> K;
        for (int image = 0; !node[format("map_%d_0", image)].empty(); image++)
            images.push_back(mapsOf(node, sizes, image));
    }

    static std::vector<Mat> mapsOf(const FileNode& node, const Mat& sizes, int image)
    {
        std::vector<Mat> maps;
        for (int scale = 0; scale < sizes.rows; scale++)
        {
            const int* size = sizes.ptr<int>(scale);
            const int shape[] = {1, size[0], size[1], size[2]};
            Mat map;
            node[format("map_%d_%d", image, scale)] >> map;
            maps.push_back(map.reshape(1, 4, shape).clone());
        }
        return maps;
    }

    //! Returns the features of the images to learn from.
    Mat learnedFeatures() const
    {
        std::vector<Mat> all;
        for (size_t image = 0; image + 1 < images.size(); image++)
        {
            Mat phi;
            gridFeatures(poolPatches(images[image]), grid, phi);
            all.push_back(phi);
        }
        Mat joined;
        hconcat(all, joined);
        return joined;
    }

    PatchCoreModel modelOf(const Mat& bank, int neighbors) const
    {
        PatchCoreModel model;
        for (const Mat& map : images[0])
            model.channelCounts.push_back(map.size[1]);
        model.bank = bank;
        model.patchStride = 1;
        model.K = neighbors;
        return model;
    }

    Size grid;
    std::vector<std::vector<Mat>> images; // maps by scale; the last image is to be scored
    Mat features, chosen, distances;
    double weighted;
    int K;
};

TEST(Anomaly_PatchCore, features_on_a_grid_are_those_of_numpy)
{
    for (const char* name : goldCases)
    {
        const BankCase gold(name);
        EXPECT_LT(cv::norm(gold.learnedFeatures(), gold.features, NORM_INF), 1e-5) << name;
    }
}

static std::vector<int> indicesUpTo(size_t count)
{
    std::vector<int> indices(count);
    std::iota(indices.begin(), indices.end(), 0);
    return indices;
}

TEST(Anomaly_PatchCore, bank_is_that_of_numpy)
{
    for (const int engine : enginesHere())
        for (const char* name : goldCases)
        {
            SCOPED_TRACE(format("%s, engine %d", name, engine));
            const BankCase gold(name);
            PatchPool pool({0, gold.chosen.rows * gold.chosen.cols, 0, size_t(1) << 20, 0, engine, 0, gold.grid, 0},
                           indicesUpTo(gold.images.size()));
            for (size_t image = 0; image + 1 < gold.images.size(); image++)
            {
                Mat phi;
                gridFeatures(poolPatches(gold.images[image]), gold.grid, phi);
                pool.add(int(image), phi, Mat());
            }
            const std::vector<PatchPool::Place> places = pool.choose([](int, int) {});
            ASSERT_EQ(gold.chosen.total(), places.size());
            for (size_t i = 0; i < places.size(); i++)
                EXPECT_EQ(gold.chosen.at<int>(int(i)), places[i].image * gold.grid.area() + places[i].patch) << i;
        }
}

TEST(Anomaly_PatchCore, scores_are_those_of_numpy)
{
    for (const int engine : enginesHere())
        for (const char* name : goldCases)
        {
            SCOPED_TRACE(format("%s, engine %d", name, engine));
            const BankCase gold(name);
            Mat bank;
            for (const int row : Mat_<int>(gold.chosen.reshape(1, 1)))
                bank.push_back(Mat(gold.features.col(row).t()));
            FeatureMaps features;
            features.maps = gold.images.back();
            const MapSettings settings = {gold.grid, 0};
            Mat map;
            double score;
            gold.modelOf(bank, gold.K)
                .createScoreMap(settings, onProcessor(engine))
                ->make(features, &map, &score, NULL);
            EXPECT_LT(cv::norm(map.reshape(1, 1), gold.distances, NORM_INF), 1e-5);
            EXPECT_NEAR(gold.weighted, score, 1e-5);
            gold.modelOf(bank, 1).createScoreMap(settings, onProcessor(engine))->make(features, &map, &score, NULL);
            EXPECT_TRUE(cvIsNaN(score)) << "the image's score is left to the map";
        }
}

// Patches are random whole numbers. For any size of the pool, the chosen patches must cover all of them.
TEST(Anomaly_PatchCore, small_pool_is_reduced_on_the_way)
{
    const int images = 20, patches = 50, bankSize = 40;
    RNG random(5);
    std::vector<Mat> all(images);
    for (Mat& phi : all)
    {
        phi.create(8, patches, CV_32F);
        random.fill(phi, RNG::UNIFORM, 0, 1);
    }
    const auto radiusOf = [&](size_t poolBytes) {
        PatchPool pool({0, bankSize, 0, poolBytes, 0, ENGINE_PLAIN, 0, Size(), 0}, indicesUpTo(images));
        for (int image = 0; image < images; image++)
            pool.add(image, all[image], Mat());
        Mat bank, joined;
        for (const PatchPool::Place& place : pool.choose([](int, int) {}))
            bank.push_back(Mat(all[place.image].col(place.patch).t()));
        EXPECT_EQ(bankSize, bank.rows);
        hconcat(all, joined);
        double farthest = 0;
        for (int p = 0; p < joined.cols; p++)
        {
            double nearest = DBL_MAX;
            for (int row = 0; row < bank.rows; row++)
                nearest = std::min(nearest, cv::norm(bank.row(row), joined.col(p).t()));
            farthest = std::max(farthest, nearest);
        }
        return farthest;
    };
    const double whole = radiusOf(size_t(1) << 30), reduced = radiusOf(200 * 8 * sizeof(float));
    EXPECT_GT(reduced, whole * 0.9);
    EXPECT_LT(reduced, whole * 2); // a coreset of coresets is at most twice as coarse (triangle inequality)
}

TEST(Anomaly_PatchCore, bank_has_the_asked_size_or_what_there_is)
{
    PatchCore::Params params = quickParamsOf<PatchCore>();
    params.bankSize = 30;
    EXPECT_EQ(30, quickDetectorOf<PatchCore>(params)->getMemoryBank().rows);
    params.bankSize = 100000; // of 6 images with 64 patches each
    EXPECT_EQ(6 * 64, quickDetectorOf<PatchCore>(params)->getMemoryBank().rows);
    params.poolSize = 50; // 9 patches from each image
    EXPECT_EQ(6 * 9, quickDetectorOf<PatchCore>(params)->getMemoryBank().rows);
}

TEST(Anomaly_PatchCore, paper_compares_features_as_they_come)
{
    PatchCore::Params params = PatchCore::Params::paper();
    params.inputSize = 64;
    params.bankSize = 10;
    const int features = 240 + 672; // channels of the embedded network's maps c3 and c4
    EXPECT_EQ(features, quickDetectorOf<PatchCore>(params)->getMemoryBank().cols);
    params = quickParamsOf<PatchCore>();
    params.axes = 7;
    EXPECT_EQ(7, quickDetectorOf<PatchCore>(params)->getMemoryBank().cols);
}

TEST(Anomaly_PatchCore, engines_agree_on_whitened_patches)
{
    const Ptr<PatchCore> detector = quickDetectorOf<PatchCore>();
    const double score = detector->predict(badImage(9));
    detector->setEngine(ENGINE_PLAIN);
    EXPECT_NEAR(score, detector->predict(badImage(9)), 1e-4 * score);
}

TEST(Anomaly_PatchCore, masks_that_leave_nothing_are_named)
{
    const std::vector<Mat> images = goodImages(3);
    const std::vector<Mat> masks(3, Mat(images[0].size(), CV_8U, Scalar(0)));
    EXPECT_ERROR_WITH("masks leave no patch", PatchCore::create(quickParamsOf<PatchCore>())->fit(images, masks));
}

// Ten images of two tiles each, with patches near 0. Both tiles of the first image have a patch far away, which must
// not excuse one another. A pool that holds 60 patches is reduced again and again.
TEST(Anomaly_PatchCore, tiles_of_contaminated_images_do_not_excuse_one_another)
{
    const int images = 10, patches = 20;
    std::vector<int> sources;
    for (int tile = 0; tile < 2 * images; tile++)
        sources.push_back(tile / 2);
    for (const size_t poolBytes : {size_t(1) << 20, 60 * 4 * sizeof(float)})
    {
        PatchPool pool({0, 25, 0, poolBytes, 0, ENGINE_PLAIN, 0.1, Size(), 0}, sources);
        RNG random(7);
        for (int tile = 0; tile < 2 * images; tile++)
        {
            Mat phi(4, patches, CV_32F);
            random.fill(phi, RNG::UNIFORM, 0, 1);
            if (sources[tile] == 0)
                phi.col(3).setTo(5);
            pool.add(tile, phi, Mat());
        }
        for (const PatchPool::Place& place : pool.choose([](int, int) {}))
            EXPECT_FALSE(sources[place.image] == 0 && place.patch == 3) << poolBytes;
    }
}

// One of ten images is defective. Without `contamination` its defect would be learned as good.
TEST(Anomaly_PatchCore, contaminated_images_teach_no_defect)
{
    PatchCore::Params params = quickParamsOf<PatchCore>();
    std::vector<Mat> images = goodImages(10);
    images[4] = badImage(7);
    const Ptr<PatchCore> trusting = PatchCore::create(params);
    trusting->fit(images);
    params.contamination = 0.1;
    const Ptr<PatchCore> careful = PatchCore::create(params);
    careful->fit(images);
    EXPECT_GT(careful->predict(badImage(7)), 1.5 * trusting->predict(badImage(7)));
    EXPECT_LT(careful->getImageThreshold(), careful->predict(badImage(9)));
}

TEST(Anomaly_PatchCore, settings_out_of_range_are_named)
{
    const auto expectRefused = [](const char* name, int PatchCore::Params::*setting, int value) {
        PatchCore::Params params = quickParamsOf<PatchCore>();
        params.*setting = value;
        EXPECT_ERROR_WITH(String("Parameter ") + name, PatchCore::create(params));
    };
    expectRefused("patchStride", &PatchCore::Params::patchStride, 0);
    expectRefused("bankSize", &PatchCore::Params::bankSize, 0);
    expectRefused("poolSize", &PatchCore::Params::poolSize, -1);
    expectRefused("projection", &PatchCore::Params::projection, -1);
    expectRefused("K", &PatchCore::Params::K, 65);
}

}} // namespace opencv_test
