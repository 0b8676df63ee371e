// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// DriftMonitor: which change it reports for which change of the images, and how soon.
#include "test_methods.hpp"

#include "../src/input/image_statistics.hpp"

namespace opencv_test { namespace {

//! An image of a part on a plain ground. Its position varies a little with the seed.
Mat partImage(int seed, int shift = 0)
{
    RNG random(seed + 1);
    Mat image(96, 96, CV_8UC3, Scalar::all(60)), noise(96, 96, CV_8UC3);
    const Rect part(30 + random.uniform(0, 3) + shift, 34 + random.uniform(0, 3), 36, 28);
    rectangle(image, part, Scalar::all(random.uniform(148, 154)), FILLED);
    for (int x = part.x + 4; x < part.x + part.width - 4; x += 6)
        line(image, Point(x, part.y + 3), Point(x, part.y + part.height - 4), Scalar::all(90));
    random.fill(noise, RNG::UNIFORM, 0, 8);
    return image + noise;
}

Ptr<AnomalyDetector> detectorOfParts(int count)
{
    std::vector<Mat> images;
    for (int i = 0; i < count; i++)
        images.push_back(partImage(i));
    PatchCore::Params params = quickParamsOf<PatchCore>();
    params.chooseContrast = false;
    const Ptr<PatchCore> fitted = PatchCore::create(params);
    fitted->fit(images);
    return fitted;
}

//! The detector of most tests, which do not change it.
Ptr<AnomalyDetector> partDetector()
{
    static const Ptr<AnomalyDetector> detector = detectorOfParts(30);
    return detector;
}

typedef std::function<Mat(int seed)> Stream;

//! Returns the number of images until a change is reported, or -1 if none is in `most` images.
int imagesUntilDrift(DriftMonitor& monitor, const Stream& stream, int most, std::vector<String>& causes)
{
    for (int i = 0; i < most; i++)
    {
        const Mat image = stream(1000 + i);
        monitor.add(image, partDetector()->predict(image));
        causes = monitor.getDrift();
        if (!causes.empty())
            return i + 1;
    }
    return -1;
}

void expectDrift(const String& cause, const Stream& stream)
{
    SCOPED_TRACE(cause);
    const Ptr<DriftMonitor> monitor = DriftMonitor::create(partDetector());
    std::vector<String> causes;
    EXPECT_EQ(-1, imagesUntilDrift(
                      *monitor, [](int seed) { return partImage(seed); }, 60, causes));
    const int images = imagesUntilDrift(*monitor, stream, 30, causes);
    EXPECT_GT(images, 0);
    EXPECT_EQ(std::vector<String>(1, cause), causes);
}

TEST(Anomaly_Drift, tells_light_focus_and_position)
{
    expectDrift("light", [](int seed) { return Mat(partImage(seed) * 0.8); });
    expectDrift("position", [](int seed) { return partImage(seed, 6); });
    expectDrift("focus", [](int seed) {
        Mat blurred;
        GaussianBlur(partImage(seed), blurred, Size(), 1);
        return blurred;
    });
}

TEST(Anomaly_Drift, tells_another_texture_by_the_scores)
{
    const Ptr<DriftMonitor> monitor = DriftMonitor::create(partDetector(), 5);
    for (int i = 0; i < 5; i++)
        monitor->add(partImage(i), 1e6);
    EXPECT_EQ(std::vector<String>(1, "texture"), monitor->getDrift());
    monitor->clear();
    for (int i = 0; i < 5; i++)
        monitor->add(partImage(i), std::numeric_limits<double>::quiet_NaN());
    EXPECT_EQ(std::vector<String>(1, "texture"), monitor->getDrift());
    monitor->clear();
    for (int i = 0; i < 5; i++)
        monitor->add(partImage(i), 0);
    EXPECT_TRUE(monitor->getDrift().empty()); // Lower scores are not reported.
}

TEST(Anomaly_Drift, fewer_than_half_of_the_images_do_not_matter)
{
    const Ptr<DriftMonitor> monitor = DriftMonitor::create(partDetector(), 11);
    for (int i = 0; i < 11; i++)
        monitor->add(i % 2 ? Mat(partImage(i) * 0.3) : partImage(i), i % 2 ? 1e6 : 0);
    EXPECT_TRUE(monitor->getDrift().empty());
}

TEST(Anomaly_Drift, window_and_figures)
{
    const Ptr<DriftMonitor> monitor = DriftMonitor::create(partDetector(), 5);
    double median, lowest, highest;
    monitor->getFigure(DRIFT_BRIGHTNESS, median, lowest, highest);
    EXPECT_TRUE(cvIsNaN(median));
    for (int i = 0; i < 4; i++)
    {
        monitor->add(Mat(96, 96, CV_8UC3, Scalar::all(7)), 1);
        EXPECT_TRUE(monitor->getDrift().empty()); // The window is not full yet.
    }
    monitor->add(Mat(96, 96, CV_8UC3, Scalar::all(7)), 1);
    EXPECT_EQ(5, monitor->count());
    EXPECT_FALSE(monitor->getDrift().empty());
    monitor->getFigure(DRIFT_BRIGHTNESS, median, lowest, highest);
    EXPECT_EQ(7, median);
    EXPECT_LT(lowest, highest);
    monitor->getFigure(DRIFT_SHARPNESS, median, lowest, highest);
    EXPECT_EQ(0, median); // a plain image has no detail
    monitor->getFigure(DRIFT_X, median, lowest, highest);
    EXPECT_EQ(0.5, median);
    monitor->getFigure(DRIFT_SCORE, median, lowest, highest);
    EXPECT_EQ(1, median);
    EXPECT_EQ(0, lowest);
    monitor->clear();
    EXPECT_EQ(0, monitor->count());
    EXPECT_ERROR_WITH("figure 6", monitor->getFigure(6, median, lowest, highest));
    EXPECT_ERROR_WITH("figure -1", monitor->getFigure(-1, median, lowest, highest));
}

//! Expects the range of each figure of an image to reach as far as a prediction interval of medians of `window` images,
//! where that is wider than the quantiles and the margin. t: 1 - 1/3000 quantile of Student's t, from its density
//! integrated numerically.
void expectReach(const AnomalyDetector& detector, const Ptr<DriftMonitor>& monitor, int window, double t)
{
    Mat figures, scores;
    detector.getGoodImages(figures, scores);
    const int n = figures.rows;
    for (int figure = 0; figure < DRIFT_SCORE; figure++)
    {
        double median, lowest, highest, squares = 0;
        const Mat values = figures.col(figure);
        const double mean = cv::mean(values)[0];
        for (int i = 0; i < n; i++)
            squares += std::pow(values.at<float>(i) - mean, 2);
        const double reach = t * std::sqrt(squares / (n - 1) * (1. / n + CV_PI / 2 / window));
        monitor->getFigure(figure, median, lowest, highest);
        EXPECT_LE(lowest, mean - reach + 1e-4 * reach) << figure;
        EXPECT_GE(highest, mean + reach - 1e-4 * reach) << figure;
        if (reach > (figure < DRIFT_X ? 0.2 * mean : 0.03)) // beyond all margins, and beyond quantiles
        {
            EXPECT_NEAR(mean - reach, lowest, 1e-4 * reach) << figure;
            EXPECT_NEAR(mean + reach, highest, 1e-4 * reach) << figure;
        }
    }
}

TEST(Anomaly_Drift, ranges_are_wider_the_fewer_images_were_learned)
{
    const Ptr<AnomalyDetector> few = detectorOfParts(4), two = detectorOfParts(2);
    expectReach(*two, DriftMonitor::create(two), 25, 954.92931);
    expectReach(*few, DriftMonitor::create(few), 25, 14.819360);
    expectReach(*few, DriftMonitor::create(few, 5), 5, 14.819360);
    expectReach(*partDetector(), DriftMonitor::create(partDetector()), 25, 3.8110067);
    const Ptr<AnomalyDetector> five = detectorOfParts(5);
    expectReach(*five, DriftMonitor::create(five, 5), 5, 9.5678586);
}

TEST(Anomaly_Drift, figures_of_an_image)
{
    const Mat_<float> figures = imageStatistics(partImage(3)), dark = imageStatistics(partImage(3) * 0.5);
    EXPECT_NEAR(figures(0) / 2, dark(0), 0.5);
    EXPECT_NEAR(figures(1) / 2, dark(1), 0.5);
    EXPECT_NEAR(figures(2), dark(2), 0.05 * figures(2));
    EXPECT_NEAR(figures(3), dark(3), 0.01);
    const Mat_<float> moved = imageStatistics(partImage(3, 10));
    EXPECT_NEAR(10 / 96., moved(3) - figures(3), 0.04); // The noise of the ground has edges too.
    EXPECT_NEAR(figures(4), moved(4), 0.01);
    Mat large;
    resize(partImage(3), large, Size(3000, 2000), 0, 0, INTER_NEAREST);
    EXPECT_TRUE(checkRange(imageStatistics(large)));
}

TEST(Anomaly_Drift, refusals)
{
    EXPECT_ERROR_WITH("no detector", DriftMonitor::create(Ptr<AnomalyDetector>()));
    EXPECT_ERROR_WITH("empty", DriftMonitor::create(PatchCore::create()));
    EXPECT_ERROR_WITH("Window is 4", DriftMonitor::create(partDetector(), 4));
    EXPECT_ERROR_WITH("Window is 1001", DriftMonitor::create(partDetector(), 1001));
    EXPECT_ERROR_WITH("did not keep figures",
                      DriftMonitor::create(loadDetector(testDataPath("models/square_version_2.yml"))));
    const Ptr<DriftMonitor> monitor = DriftMonitor::create(partDetector(), 5);
    EXPECT_THROW(monitor->add(Mat(), 1), cv::Exception);
    EXPECT_EQ(0, monitor->count());
}

}} // namespace opencv_test
