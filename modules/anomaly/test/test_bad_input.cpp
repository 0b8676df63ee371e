// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Images and settings that the detectors refuse, and that a refusal leaves the detector as it was.
#include "test_textures.hpp"

#include <limits>

namespace opencv_test { namespace {

TEST(Anomaly_BadInput, images_that_no_score_is_possible_for)
{
    const Ptr<CFA> cfa = quickDetector();
    const Mat image = goodImage(1);
    Mat map(3, 3, CV_8U, Scalar(77)), untouched = map.clone();
    EXPECT_ERROR_WITH("empty", cfa->predict(Mat(), map));
    EXPECT_ERROR_WITH("1x1", cfa->predict(Mat(1, 1, CV_8UC3, Scalar::all(3)), map));
    EXPECT_ERROR_WITH("CV_32SC1", cfa->predict(Mat(20, 20, CV_32S, Scalar(3)), map));
    EXPECT_ERROR_WITH("CV_8UC2", cfa->predict(Mat(20, 20, CV_8UC2, Scalar(3)), map));
    const int sizes[] = {20, 20, 20};
    EXPECT_ERROR_WITH("3 dimensions", cfa->predict(Mat(3, sizes, CV_8U, Scalar(3)), map));
    Mat real(20, 20, CV_32FC3, Scalar::all(0.5));
    real.at<Vec3f>(7, 9)[1] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_ERROR_WITH("NaN", cfa->predict(real, map));
    real.at<Vec3f>(7, 9)[1] = 255;
    EXPECT_ERROR_WITH("expected [0, 1]", cfa->predict(real, map));
    EXPECT_EQ(0, cv::norm(map, untouched, NORM_INF));

    EXPECT_ERROR_WITH("Mask is 5x5", cfa->predict(image, map, Mat(5, 5, CV_8U, Scalar(255))));
    EXPECT_ERROR_WITH("no pixel", cfa->predict(image, map, Mat(image.size(), CV_8U, Scalar(0))));

    std::vector<double> scores = {1, 2};
    EXPECT_ERROR_WITH("Image 1", cfa->predictBatch(std::vector<Mat>{image, Mat()}, scores));
    EXPECT_EQ(2u, scores.size());
}

TEST(Anomaly_BadInput, empty_detector)
{
    const Ptr<CFA> cfa = CFA::create(quickParams());
    EXPECT_TRUE(cfa->empty());
    EXPECT_ERROR_WITH("is empty", cfa->predict(goodImage(1)));
    EXPECT_ERROR_WITH("is empty", cfa->save("never.yml"));
    EXPECT_ERROR_WITH("is empty", cfa->getImageThreshold());
    cfa->fit(goodImages(3));
    EXPECT_FALSE(cfa->empty());
    cfa->clear();
    EXPECT_TRUE(cfa->empty());
}

TEST(Anomaly_BadInput, fit_refuses_and_keeps_what_was_learned)
{
    const Ptr<CFA> cfa = quickDetector();
    const double score = cfa->predict(badImage(3));
    EXPECT_ERROR_WITH("0 images to fit", cfa->fit(std::vector<Mat>()));
    EXPECT_ERROR_WITH("0 images to fit", cfa->fit(std::vector<String>()));
    EXPECT_ERROR_WITH("1 images to fit, expected at least 2", cfa->fit(goodImages(1)));
    CFA::Params params = quickParams();
    params.validationFraction = 0.1;
    EXPECT_ERROR_WITH("2 images to fit, expected at least 3", CFA::create(params)->fit(goodImages(2)));
    std::vector<Mat> images = goodImages(4);
    EXPECT_ERROR_WITH("3 masks for 4 images",
                      cfa->fit(images, std::vector<Mat>(3, Mat(images[0].size(), CV_8U, Scalar(255)))));
    EXPECT_ERROR_WITH("leave no patch", cfa->fit(images, std::vector<Mat>(4, Mat(images[0].size(), CV_8U, Scalar(0)))));
    images[2] = Mat(4, 4, CV_8U, Scalar(0));
    EXPECT_ERROR_WITH("Image 2 is 4x4", cfa->fit(images));
    EXPECT_EQ(score, cfa->predict(badImage(3)));
}

TEST(Anomaly_BadInput, one_unreadable_file_among_many)
{
    ImageFiles good(6);
    std::vector<String> names = good.names;
    for (const char* bad : {"images/cut_header.jpg", "images/one_pixel.png", "images/nan.tiff", "images/text.png"})
    {
        const String path = testDataPath(bad);
        names.insert(names.begin() + 2, path);
        EXPECT_ERROR_WITH(path, CFA::create(quickParams())->fit(names));
    }
    names.push_back("no/such/file.png");

    CFA::Params params = quickParams();
    params.skipUnreadable = true;
    const Ptr<CFA> cfa = CFA::create(params);
    cfa->fit(names);
    EXPECT_GT(cfa->predict(badImage(30)), cfa->predict(goodImage(31)));
    EXPECT_ERROR_WITH("of 4 images can be read", cfa->fit(std::vector<String>(4, "no/such/file.png")));
}

TEST(Anomaly_BadInput, parameters_out_of_range_are_named)
{
    const auto create = [](const std::function<void(CFA::Params&)>& change) {
        CFA::Params params = quickParams();
        change(params);
        CFA::create(params);
    };
    EXPECT_ERROR_WITH("gammaC is 0", create([](CFA::Params& p) { p.gammaC = 0; }));
    EXPECT_ERROR_WITH("gammaC is nan",
                      create([](CFA::Params& p) { p.gammaC = std::numeric_limits<double>::quiet_NaN(); }));
    EXPECT_ERROR_WITH("gammaD is 3", create([](CFA::Params& p) { p.gammaD = 3; }));
    EXPECT_ERROR_WITH("K is 0", create([](CFA::Params& p) { p.K = 0; }));
    EXPECT_ERROR_WITH("batchSize is 0", create([](CFA::Params& p) { p.batchSize = 0; }));
    EXPECT_ERROR_WITH("inputMode is 7", create([](CFA::Params& p) { p.inputMode = 7; }));
    EXPECT_ERROR_WITH("outputs is empty", create([](CFA::Params& p) { p.outputs.clear(); }));
    EXPECT_ERROR_WITH("inputScale holds NaN", create([](CFA::Params& p) {
                          p.inputScale = Scalar(1, std::numeric_limits<double>::infinity());
                      }));
    EXPECT_ERROR_WITH("resizeSize is 40", create([](CFA::Params& p) {
                          p.inputMode = INPUT_CROPPED;
                          p.resizeSize = 40;
                      }));
    EXPECT_ERROR_WITH("validationFraction is -1", create([](CFA::Params& p) { p.validationFraction = -1; }));
    EXPECT_ERROR_WITH("cacheMiB is -1", create([](CFA::Params& p) { p.cacheMiB = -1; }));
}

TEST(Anomaly_BadInput, too_few_centers_are_left)
{
    CFA::Params params = quickParams();
    params.scoringBank = CFA::SCORING_BANK_PATCHES;
    params.gammaC = 5. / 256; // of the 16 x 16 patches of a 64 pixel input: one fewer than K + J
    EXPECT_ERROR_WITH("leaves 5 centers, expected at least K + J = 6", quickDetector(params));
    params.gammaC = 6. / 256;
    EXPECT_NO_THROW(quickDetector(params));
    params.gammaD = 1e-9;
    EXPECT_ERROR_WITH("gammaD", quickDetector(params));
}

TEST(Anomaly_BadInput, setters_refuse)
{
    const Ptr<CFA> cfa = quickDetector();
    EXPECT_THROW(cfa->setMapSize(2), cv::Exception);
    EXPECT_THROW(cfa->setImageThreshold(std::numeric_limits<double>::quiet_NaN()), cv::Exception);
    EXPECT_THROW(cfa->calibrate(std::vector<Mat>(), noArray()), cv::Exception);
    EXPECT_THROW(cfa->calibrate(goodImages(2), noArray()), cv::Exception);
}

}} // namespace opencv_test
