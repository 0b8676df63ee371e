// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Images without any detail, and networks that give NaN: scores are numbers, or there is an exception.
#include "test_textures.hpp"

#include "../src/search/neighbor_search.hpp"

namespace opencv_test { namespace {

//! Images without any detail, or of a single pixel.
std::vector<Mat> plainImages()
{
    const Size size(96, 80);
    std::vector<Mat> images;
    for (const int level : {0, 1, 128, 254, 255})
        images.push_back(Mat(size, CV_8UC3, Scalar::all(level)));
    for (const int pixel : {0, 255})
    {
        images.push_back(goodImage(5));
        images.back().at<Vec3b>(40, 50) = Vec3b::all(uchar(pixel));
        images.push_back(images[2].clone());
        images.back().at<Vec3b>(40, 50) = Vec3b::all(uchar(pixel));
    }
    images.push_back(Mat(size, CV_16UC1, Scalar(65535)));
    images.push_back(Mat(size, CV_32FC3, Scalar::all(1)));
    images.push_back(badImage(3));
    return images;
}

bool isFinite(double value)
{
    return !cvIsNaN(value) && !cvIsInf(value);
}

void expectFiniteScores(const CFA& cfa)
{
    EXPECT_TRUE(isFinite(cfa.getImageThreshold()) && isFinite(cfa.getPixelThreshold()));
    for (const Mat& image : plainImages())
    {
        Mat map;
        const double score = cfa.predict(image, map);
        EXPECT_TRUE(isFinite(score)) << score;
        EXPECT_GE(score, 0);
        EXPECT_TRUE(checkRange(map, true, NULL, 0, FLT_MAX));
        const double normalized = cfa.normalizedScore(score);
        EXPECT_TRUE(normalized >= 0 && normalized <= 1) << normalized;
    }
}

// Models of images that are all equal, with each form of the search and of the score.
TEST(Anomaly_Numbers, plain_images_get_finite_scores)
{
    const bool trains = canTrain();
    for (const Mat& learned : plainImages())
        for (const int scoreMode : {int(CFA::SCORE_CERTAINTY), int(CFA::SCORE_NEAREST)})
        {
            CFA::Params params = quickParams();
            params.scoreMode = scoreMode;
            params.bankMode = scoreMode == CFA::SCORE_NEAREST ? CFA::BANK_EMA : CFA::BANK_MEAN;
            params.adaptation = trains && scoreMode == CFA::SCORE_NEAREST ? CFA::ADAPTATION_FULL : CFA::ADAPTATION_NONE;
            params.batchSize = 2;
            const Ptr<CFA> cfa = CFA::create(params);
            cfa->fit(alike(learned, 4));
            for (const int engine : {int(ENGINE_PLAIN), int(ENGINE_AUTO)})
            {
                cfa->setEngine(engine);
                expectFiniteScores(*cfa);
            }
        }
}

TEST(Anomaly_Numbers, learned_from_good_images)
{
    expectFiniteScores(*quickDetector());
}

CFA::Params overflowing()
{
    CFA::Params params = quickParams();
    params.backbone = testDataPath("backbones/overflow.onnx");
    params.outputs = {"fine"};
    params.gammaC = params.gammaD = 1;
    params.inputMean = Scalar::all(128); // a gray image gives features of 0
    return params;
}

TEST(Anomaly_Numbers, backbone_that_gives_no_numbers)
{
    for (const int engine : {int(ENGINE_PLAIN), int(ENGINE_AUTO)})
    {
        const Ptr<CFA> cfa = CFA::create(overflowing());
        cfa->setEngine(engine);
        cfa->fit(alike(Mat(80, 96, CV_8UC3, Scalar::all(128)), 4));
        EXPECT_TRUE(isFinite(cfa->predict(Mat(80, 96, CV_8UC3, Scalar::all(128)))));
        Mat map(3, 3, CV_8U, Scalar(77));
        EXPECT_ERROR_WITH("NaN or infinity", cfa->predict(badImage(3), map));
        EXPECT_EQ(CV_8U, map.type());
    }
}

TEST(Anomaly_Numbers, nothing_is_learned_from_a_backbone_that_gives_no_numbers)
{
    const Ptr<CFA> cfa = CFA::create(overflowing());
    EXPECT_ERROR_WITH("NaN or infinity", cfa->fit(goodImages(4)));
    EXPECT_TRUE(cfa->empty());
}

TEST(Anomaly_Numbers, squared_distances_are_never_negative)
{
    Mat C(200, 40, CV_32F);
    RNG(3).fill(C, RNG::NORMAL, 0, 1);
    for (const float offset : {0.f, 1.f, 1e3f, 1e6f})
        for (const int engine : {int(ENGINE_PLAIN), CFA::create()->getEngine()})
        {
            Mat bank;
            bank = C * 1e-3 + offset;
            Mat noise(C.size(), CV_32F), distances, indices;
            RNG(4).fill(noise, RNG::NORMAL, 0, 1e-6);
            const Mat near = bank + noise;
            for (const Mat& patches : {bank, near})
            {
                NeighborSearch::create(bank, engine)->search(patches.t(), 3, distances, indices);
                EXPECT_TRUE(checkRange(distances, true, NULL, 0, DBL_MAX)) << offset;
            }
        }
}

}} // namespace opencv_test
