// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Matched contrast: fit detects light and exposure that change, and matched images get similar scores.
#include "test_methods.hpp"
#include "test_model_files.hpp"

#include "../src/input/contrast.hpp"

namespace opencv_test { namespace {

Mat inLight(const Mat& image, double gain, double offset = 0)
{
    Mat lit;
    image.convertTo(lit, CV_8U, gain, offset);
    return lit;
}

// Returns images whose brightness is multiplied by these gains in turn.
std::vector<Mat> imagesInLight(const std::vector<double>& gains, int count = 8)
{
    std::vector<Mat> images;
    for (int i = 0; i < count; i++)
        images.push_back(inLight(goodImage(i), gains[i % gains.size()]));
    return images;
}

bool varies(const std::vector<Mat>& images)
{
    std::vector<int> all;
    for (int i = 0; i < int(images.size()); i++)
        all.push_back(i);
    return contrastVaries(*imagesFromArrays(images, noArray(), 16), all,
                          inputSettings(DetectorParams(), INPUT_RESIZED));
}

TEST(Anomaly_Contrast, is_of_all_values)
{
    Mat image(1, 2, CV_8UC3);
    image.at<Vec3b>(0, 0) = Vec3b(10, 20, 30);
    image.at<Vec3b>(0, 1) = Vec3b(50, 60, 70);
    const Contrast found(image);
    EXPECT_DOUBLE_EQ(40, found.mean);
    EXPECT_NEAR(std::sqrt((900 + 400 + 100 + 100 + 400 + 900) / 6.), found.deviation, 1e-12);
}

TEST(Anomaly_Contrast, is_the_same_after_matching)
{
    for (const double gain : {0.3, 0.5, 1., 2.})
    {
        Mat image = inLight(goodImage(1), gain);
        const Mat before = image.clone();
        matchContrast(image);
        const Contrast after(image);
        EXPECT_NEAR(matchedMean, after.mean, 1) << gain;
        EXPECT_NEAR(matchedDeviation, after.deviation, 1.5) << gain;
        const Contrast was(before);
        for (int i = 0; i < 3 * 5; i++)
        {
            const double matched = (before.ptr()[i] - was.mean) * matchedDeviation / was.deviation + matchedMean;
            EXPECT_NEAR(std::min(std::max(matched, 0.), 255.), image.ptr()[i], 0.501) << gain;
        }
    }
}

TEST(Anomaly_Contrast, noise_of_a_blank_image_is_not_raised_past_eight_times)
{
    Mat image(8, 8, CV_8UC3, Scalar::all(200));
    image.at<Vec3b>(3, 3) = Vec3b::all(201);
    matchContrast(image);
    EXPECT_NEAR(8, image.at<Vec3b>(3, 3)[0] - image.at<Vec3b>(0, 0)[0], 1);
}

TEST(Anomaly_Contrast, varies_where_the_light_does)
{
    EXPECT_FALSE(varies(imagesInLight({1})));
    EXPECT_FALSE(varies(imagesInLight({1, 0.9})));
    EXPECT_TRUE(varies(imagesInLight({1, 0.4})));
    EXPECT_TRUE(varies(imagesInLight({1, 1, 1, 0.2})));
    EXPECT_FALSE(varies(imagesInLight({1, 0.4}, 3))); // too few images to decide
    std::vector<Mat> gaps = imagesInLight({1, 0.4});
    gaps[0] = Mat(); // An image that cannot be read is ignored.
    EXPECT_TRUE(varies(gaps));
    EXPECT_FALSE(varies({Mat(), Mat(), Mat(), Mat()}));
}

Ptr<PaDiM> fittedTo(const std::vector<Mat>& images, const PaDiM::Params& params = quickParamsOf<PaDiM>())
{
    const Ptr<PaDiM> detector = PaDiM::create(params);
    detector->fit(images);
    return detector;
}

bool matches(const std::vector<Mat>& images, const PaDiM::Params& params)
{
    return fittedTo(images, params)->getParams().matchContrast;
}

TEST(Anomaly_Contrast, fit_chooses_unless_it_is_told)
{
    PaDiM::Params params = quickParamsOf<PaDiM>();
    EXPECT_TRUE(matches(imagesInLight({1, 0.4}), params));
    EXPECT_FALSE(matches(imagesInLight({1}), params));
    params.chooseContrast = false;
    EXPECT_FALSE(matches(imagesInLight({1, 0.4}), params));
    params.matchContrast = true;
    EXPECT_TRUE(matches(imagesInLight({1}), params));
    EXPECT_FALSE(CFA::Params::paper().chooseContrast);
    EXPECT_FALSE(PatchCore::Params::paper().chooseContrast);
}

TEST(Anomaly_Contrast, each_fit_chooses_anew)
{
    const Ptr<PaDiM> detector = fittedTo(imagesInLight({1, 0.4}));
    ASSERT_TRUE(detector->getParams().matchContrast);
    detector->fit(imagesInLight({1}));
    EXPECT_FALSE(detector->getParams().matchContrast);
}

// Half the brightness has half as many gray levels, so that scores are similar but not equal.
TEST(Anomaly_Contrast, matched_images_score_alike_in_any_light)
{
    PatchCore::Params params = quickParamsOf<PatchCore>();
    params.whitening = params.axes = 0; // Whitening takes most of the time of a fit.
    params.chooseContrast = false;
    const auto changeOfScore = [&](bool matched) {
        params.matchContrast = matched;
        const Ptr<PatchCore> detector = quickDetectorOf<PatchCore>(params);
        const double bright = detector->predict(goodImage(20));
        return std::abs(detector->predict(inLight(goodImage(20), 0.5, 20)) - bright) / bright;
    };
    EXPECT_LT(changeOfScore(true), 0.02);
    EXPECT_GT(changeOfScore(false), 0.1);
}

TEST(Anomaly_Contrast, tiles_keep_theirs)
{
    PaDiM::Params params = quickParamsOf<PaDiM>();
    params.tile = 64;
    EXPECT_FALSE(matches(imagesInLight({1, 0.4}), params));
    params.chooseContrast = false;
    params.matchContrast = true;
    EXPECT_ERROR_WITH("matchContrast is true with tile 64", PaDiM::create(params));
}

TEST(Anomaly_Contrast, is_stored_with_the_model)
{
    const TemporaryName file(".yml");
    const Ptr<PaDiM> detector = fittedTo(imagesInLight({1, 0.4}));
    detector->save(file.name);
    const Ptr<PaDiM> loaded = PaDiM::load(file.name);
    EXPECT_TRUE(loaded->getParams().matchContrast);
    EXPECT_TRUE(loaded->getParams().chooseContrast);
    EXPECT_TRUE(ScoredImage(*detector, goodImage(30)) == ScoredImage(*loaded, goodImage(30)));
    const Ptr<PaDiM> older = PaDiM::load(testDataPath("models/square_version_2.yml"));
    EXPECT_FALSE(older->getParams().matchContrast);
    EXPECT_FALSE(older->getParams().chooseContrast);
}

}} // namespace opencv_test
