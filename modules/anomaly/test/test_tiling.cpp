// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Large images in tiles: where tiles lie, how their maps are blended, and that defects are found.
#include "test_textures.hpp"

#include "../src/input/tiling.hpp"

namespace opencv_test { namespace {

InputSettings settingsOf(int side, int tile, double overlap)
{
    return InputSettings{Size(side, side), Size(side, side), Scalar(), Scalar::all(1), true, tile, overlap, 16, false};
}

CFA::Params tiledParams(int tile, double overlap = 0.125)
{
    CFA::Params params = quickParams();
    params.tile = tile;
    params.tileOverlap = overlap;
    params.mapSize = MAP_INPUT;
    return params;
}

Mat mapOf(const CFA& cfa, const Mat& image)
{
    Mat map;
    cfa.predict(image, map);
    return map;
}

TEST(Anomaly_Tiling, tiles_cover_every_pixel_and_overlap_enough)
{
    for (const Size image : {Size(65, 64), Size(127, 300), Size(128, 128), Size(200, 64), Size(1000, 777)})
        for (const double overlap : {0., 0.1, 0.5})
        {
            const Tiling tiling(image, settingsOf(64, 64, overlap));
            Mat covered = Mat::zeros(image, CV_32S), place(image, CV_32SC2);
            for (int y = 0; y < image.height; y++)
                for (int x = 0; x < image.width; x++)
                    place.at<Vec2i>(y, x) = Vec2i(x, y);
            Vec2i before(-1, -1);
            for (int tile = 0; tile < tiling.count(); tile++)
            {
                const Mat cut = tiling.cut(place, tile);
                ASSERT_EQ(Size(64, 64), cut.size());
                const Vec2i corner = cut.at<Vec2i>(0, 0);
                covered(Rect(corner[0], corner[1], 64, 64)) += 1;
                EXPECT_TRUE(corner[1] != before[1] || before[0] + 64 - corner[0] >= cvRound(overlap * 64));
                before = corner;
            }
            EXPECT_EQ(Vec2i(image.width - 64, image.height - 64), before) << "the last tile ends at the edge";
            EXPECT_EQ(0, countNonZero(covered == 0)) << image << ", overlap " << overlap;
        }
}

TEST(Anomaly_Tiling, no_more_tiles_than_are_needed)
{
    EXPECT_EQ(1, Tiling(Size(64, 64), settingsOf(64, 64, 0.5)).count());
    EXPECT_EQ(1, Tiling(Size(10, 20), settingsOf(64, 128, 0.5)).count());
    EXPECT_EQ(2, Tiling(Size(65, 64), settingsOf(64, 64, 0.)).count());
    EXPECT_EQ(4, Tiling(Size(128, 128), settingsOf(64, 64, 0.)).count());
    EXPECT_EQ(9, Tiling(Size(128, 128), settingsOf(64, 64, 0.5)).count());
    EXPECT_EQ(9 * 7, Tiling(Size(4000, 3000), settingsOf(224, 512, 0.125)).count());
}

TEST(Anomaly_Tiling, blended_maps_of_a_constant_are_that_constant)
{
    for (const double overlap : {0., 0.2, 0.5})
    {
        const Size image(317, 190);
        const Tiling tiling(image, settingsOf(64, 64, overlap));
        Mat map = Mat::zeros(image, CV_32F);
        for (int tile = 0; tile < tiling.count(); tile++)
            tiling.blend(Mat(64, 64, CV_32F, Scalar(3)), tile, map);
        EXPECT_LT(cv::norm(map, Mat(image, CV_32F, Scalar(3)), NORM_INF), 1e-6);
    }
}

// The definition of blending: weights depend on the distance to the edge of the tile.
TEST(Anomaly_Tiling, neighbors_fade_into_one_another)
{
    const Tiling tiling(Size(96, 64), settingsOf(64, 64, 0.5)); // tiles at 0 and 32: 32 pixels of overlap
    ASSERT_EQ(2, tiling.count());
    Mat map = Mat::zeros(64, 96, CV_32F);
    tiling.blend(Mat(64, 64, CV_32F, Scalar(1)), 0, map);
    tiling.blend(Mat(64, 64, CV_32F, Scalar(5)), 1, map);
    for (int x = 0; x < 96; x++)
    {
        const double first = x < 64 ? std::min(x + 1, 64 - x) : 0, second = x >= 32 ? std::min(x - 31, 96 - x) : 0;
        EXPECT_NEAR((first + 5 * second) / (first + second), map.at<float>(20, x), 1e-5) << x;
    }
    EXPECT_EQ(1, map.at<float>(20, 31));
    EXPECT_EQ(5, map.at<float>(20, 64));
}

// Odd sizes. Between image and input the scale is 2, so that averaging gives the same for a tile as for the whole
// image.
TEST(Anomaly_Tiling, exact_where_a_tile_is_alone)
{
    for (const int tile : {64, 128})
    {
        const int scale = tile / 64;
        const Size size(scale * 301, scale * 175);
        const Ptr<CFA> cfa = CFA::create(tiledParams(tile, 0.25));
        cfa->fit(goodImages(3, size));
        const Mat image = badImage(30, size), map = mapOf(*cfa, image);
        ASSERT_EQ(Size(301, 175), map.size());
        // Tiles start at 0, 47, 94, ... of 301 pixels and at 0, 37, ... of 175, so that only the first tile covers the
        // first 47 x 37 pixels.
        const Rect alone(0, 0, 47, 37);
        const Mat first = mapOf(*cfa, image(Rect(0, 0, tile, tile)));
        EXPECT_EQ(0, cv::norm(first(alone), map(alone), NORM_INF));
        const Mat last = mapOf(*cfa, image(Rect(size.width - tile, size.height - tile, tile, tile)));
        EXPECT_EQ(0, cv::norm(last(Rect(17, 27, 47, 37)), map(Rect(301 - 47, 175 - 37, 47, 37)), NORM_INF));
    }
}

TEST(Anomaly_Tiling, an_image_no_larger_than_a_tile_is_seen_as_without)
{
    CFA::Params params = tiledParams(128);
    const std::vector<Mat> images = goodImages(5);
    const Ptr<CFA> tiled = CFA::create(params);
    tiled->fit(images);
    params.tile = 0;
    const Ptr<CFA> whole = CFA::create(params);
    whole->fit(images);
    EXPECT_EQ(0, cv::norm(mapOf(*whole, badImage(9)), mapOf(*tiled, badImage(9)), NORM_INF));
    EXPECT_EQ(whole->getImageThreshold(), tiled->getImageThreshold());
}

TEST(Anomaly_Tiling, threads_change_nothing)
{
    const Size size(300, 200); // 6 x 4 tiles, which up to 12 threads share
    const Ptr<CFA> cfa = CFA::create(tiledParams(64));
    cfa->fit(goodImages(3, size));
    const int threads = getNumThreads();
    const Mat image = badImage(7, size), map = mapOf(*cfa, image);
    setNumThreads(1);
    const Mat alone = mapOf(*cfa, image);
    setNumThreads(threads);
    EXPECT_EQ(0, cv::norm(alone, map, NORM_INF));
    std::vector<String> stages;
    std::vector<double> milliseconds;
    EXPECT_EQ(cfa->predict(image), cfa->profile(image, stages, milliseconds)); // profile goes from tile to tile
}

TEST(Anomaly_Tiling, finds_a_defect_that_is_lost_in_the_whole_image)
{
    const Size size(512, 384);
    Mat image = goodImage(20, size);
    const Rect defect(300, 200, 14, 14);
    image(defect).setTo(Scalar(230, 240, 20));
    CFA::Params params = tiledParams(64);
    params.mapSize = MAP_IMAGE;
    const Ptr<CFA> cfa = CFA::create(params);
    cfa->fit(goodImages(4, size));
    const Mat map = mapOf(*cfa, image);
    ASSERT_EQ(size, map.size());
    Point highest;
    minMaxLoc(map, NULL, NULL, NULL, &highest);
    EXPECT_TRUE((defect + Size(16, 16) - Point(8, 8)).contains(highest)) << highest;
    EXPECT_GE(cfa->predict(image), cfa->getImageThreshold());

    const TemporaryName file(".yml.gz");
    cfa->save(file.name);
    EXPECT_EQ(0, cv::norm(map, mapOf(*CFA::load(file.name), image), NORM_INF));
}

TEST(Anomaly_Tiling, masks_go_with_their_tiles)
{
    // The right half of these images is defective throughout: no tile there is learned.
    const Size size(256, 64);
    std::vector<Mat> images = goodImages(4, size), masks;
    for (Mat& image : images)
    {
        image.colRange(128, 256).setTo(Scalar(230, 240, 20));
        masks.push_back(Mat(size, CV_8U, Scalar(1)));
        masks.back().colRange(128, 256).setTo(0);
    }
    const Ptr<CFA> seen = CFA::create(tiledParams(64, 0)), unseen = CFA::create(tiledParams(64, 0));
    seen->fit(images);
    unseen->fit(images, masks);
    EXPECT_GT(unseen->predict(images[0]), 2 * seen->predict(images[0]));
    Mat map;
    EXPECT_LT(unseen->predict(images[0], map, masks[0]), 0.5 * unseen->predict(images[0]));
    ASSERT_EQ(size, map.size());
    EXPECT_EQ(0, countNonZero(map.colRange(128, 256)));

    Mat inputMask;
    maskToInput(masks[0], unseen->getDetectorParams(), inputMask);
    EXPECT_EQ(size, inputMask.size());
    EXPECT_EQ(0, countNonZero(inputMask != masks[0] * 255));
    for (Mat& mask : masks)
        mask.setTo(0);
    EXPECT_ERROR_WITH("masks leave", unseen->fit(images, masks));
}

TEST(Anomaly_Tiling, neighbor_maps_are_of_all_tiles)
{
    const Size size(160, 100);
    CFA::Params params = tiledParams(64);
    params.scoreMode = CFA::SCORE_NEAREST;
    const Ptr<CFA> cfa = CFA::create(params);
    cfa->fit(goodImages(4, size));
    std::vector<Mat> maps;
    cfa->neighborMaps(badImage(7, size), maps);
    ASSERT_EQ(3u, maps.size());
    EXPECT_LT(cv::norm(mapOf(*cfa, badImage(7, size)), maps[0], NORM_INF), 1e-4);
}

TEST(Anomaly_Tiling, calibrates_and_trains_on_tiles)
{
    SKIP_WITHOUT_TRAINING();
    const Size size(160, 100);
    CFA::Params params = trainingParams(1);
    params.tile = 64;
    params.augmentation = CFA::AUGMENT_RD;
    params.cacheMiB = 0;
    const Ptr<CFA> cfa = CFA::create(params);
    cfa->fit(goodImages(4, size));
    Mat defects = Mat::zeros(size, CV_8U);
    defects(defectOf(size)).setTo(255);
    cfa->calibrate(std::vector<Mat>{goodImage(30, size), badImage(31, size)}, noArray(),
                   std::vector<Mat>{Mat(), defects});
    EXPECT_LT(cfa->predict(goodImage(32, size)), cfa->getImageThreshold());
    EXPECT_GE(cfa->predict(badImage(33, size)), cfa->getImageThreshold());
}

TEST(Anomaly_Tiling, refuses_what_tiles_do_not_go_with)
{
    CFA::Params params = tiledParams(31);
    EXPECT_ERROR_WITH("tile is 31", CFA::create(params));
    params = tiledParams(64, 0.6);
    EXPECT_ERROR_WITH("tileOverlap is 0.6", CFA::create(params));
    params = tiledParams(64);
    params.inputMode = INPUT_CROPPED;
    EXPECT_ERROR_WITH("INPUT_RESIZED", CFA::create(params));
    Mat view;
    EXPECT_ERROR_WITH("tiles", randomView(goodImage(0), noArray(), tiledParams(64), 0, view));
}

}} // namespace opencv_test
