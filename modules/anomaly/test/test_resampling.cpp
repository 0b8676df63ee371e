// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// The weights by which exported models resize images and maps, compared with cv::resize.
#include "test_precomp.hpp"

#include "../src/export/map_nodes.hpp"
#include "../src/export/resampling.hpp"
#include "../src/map/anomaly_map.hpp"

#include "opencv2/imgproc.hpp"

namespace opencv_test { namespace {

Mat randomImage(Size size, uint64 seed)
{
    Mat image(size, CV_8UC3);
    RNG(seed).fill(image, RNG::UNIFORM, 0, 256);
    return image;
}

//! Sums up weighted pixels of a row or a column, in the order of the taps.
Vec3f tapped(const Mat& image, const LineTaps& taps, int at, int other, bool alongRow)
{
    Vec3f sum;
    for (size_t tap = 0; tap < taps.pixels.size(); tap++)
    {
        const int pixel = int(taps.pixels[tap][at]);
        const Vec3f value = alongRow ? image.at<Vec3f>(other, pixel) : image.at<Vec3f>(pixel, other);
        for (int c = 0; c < 3; c++)
        {
            volatile float product =
                value[c] * taps.weights[tap].at<float>(at); // rounds each product, without fused multiply-add
            sum[c] += product;
        }
    }
    return sum;
}

//! All rows or columns of an image.
Mat tapped(const Mat& image, const LineTaps& taps, int length, bool alongRow)
{
    Mat result(alongRow ? Size(length, image.rows) : Size(image.cols, length), CV_32FC3);
    for (int y = 0; y < result.rows; y++)
        for (int x = 0; x < result.cols; x++)
            result.at<Vec3f>(y, x) = alongRow ? tapped(image, taps, x, y, true) : tapped(image, taps, y, x, false);
    return result;
}

// From 640 to 224 pixels, some values are halfway between two whole numbers. From 225 to 224 and 4001 to 32 none are.
// OpenCV for 64-bit ARM rounds some of them the other way, because its compiler fuses products and sums there.
TEST(Anomaly_Resampling, area_taps_are_those_of_resize)
{
    const Size from[] = {{640, 480}, {225, 301}, {401, 77}, {320, 320}, {448, 300}, {300, 66}};
    const Size to[] = {{224, 224}, {224, 224}, {32, 64}, {256, 192}, {224, 224}, {300, 64}};
    for (int i = 0; i < 6; i++)
    {
        const Mat image = randomImage(from[i], i);
        Mat expected, pixels, rounded;
        resize(image, expected, to[i], 0, 0, INTER_AREA);
        image.convertTo(pixels, CV_32F);
        const Mat rows = tapped(pixels, areaTaps(from[i].width, to[i].width), to[i].width, true);
        tapped(rows, areaTaps(from[i].height, to[i].height), to[i].height, false).convertTo(rounded, CV_8U);
        EXPECT_LE(cv::norm(expected, rounded, NORM_INF), CV_SSE2 ? 0 : 1) << from[i] << " to " << to[i];
        EXPECT_LT(cv::norm(expected, rounded, NORM_L1), 0.01 * double(expected.total())) << from[i] << " to " << to[i];
    }
}

int highBits(int weight, float rows)
{
    return weight * (int(rows) >> 4) >> 16;
}

// Computes in whole numbers what image_nodes.cpp computes in single precision.
Mat interpolated(const Mat& image, Size to)
{
    Mat pixels, result(to, CV_8UC3);
    image.convertTo(pixels, CV_32F);
    const Mat rows = tapped(pixels, linearTaps(image.cols, to.width, true), to.width, true);
    const LineTaps taps = linearTaps(image.rows, to.height, false);
    for (int y = 0; y < to.height; y++)
        for (int x = 0; x < to.width; x++)
            for (int c = 0; c < 3; c++)
            {
                int sum = 2;
                for (int tap = 0; tap < 2; tap++)
                    sum +=
                        highBits(int(taps.weights[tap].at<float>(y)), rows.at<Vec3f>(int(taps.pixels[tap][y]), x)[c]);
                result.at<Vec3b>(y, x)[c] = uchar(sum >> 2);
            }
    return result;
}

TEST(Anomaly_Resampling, linear_taps_are_those_of_resize)
{
    const Size from[] = {{100, 90}, {8, 8}, {64, 640}, {223, 225}, {500, 100}, {9, 1000}};
    const Size to[] = {{224, 224}, {224, 192}, {224, 224}, {224, 224}, {224, 224}, {64, 320}};
    for (int i = 0; i < 6; i++)
    {
        const Mat image = randomImage(from[i], 10 + i);
        Mat expected;
        resize(image, expected, to[i], 0, 0, INTER_LINEAR);
        EXPECT_EQ(0, cv::norm(expected, interpolated(image, to[i]), NORM_INF)) << from[i] << " to " << to[i];
    }
}

Mat randomMap(Size size)
{
    Mat map(size, CV_32F);
    RNG(7).fill(map, RNG::UNIFORM, 0, 1);
    return map;
}

// INTER_AREA has separate code for images that grow along one axis and shrink along the other.
TEST(Anomaly_Resampling, map_weights_are_those_of_resize)
{
    const Size from[] = {{14, 14}, {56, 56}, {13, 7}, {9, 20}, {1, 5}};
    const Size to[] = {{28, 28}, {28, 28}, {12, 7}, {7, 23}, {3, 4}};
    for (int i = 0; i < 5; i++)
        for (const int interpolation : {INTER_LINEAR, INTER_AREA})
        {
            const Mat map = randomMap(from[i]);
            const MapWeights weights = mapWeights(from[i], to[i], interpolation);
            Mat expected;
            resize(map, expected, to[i], 0, 0, interpolation);
            EXPECT_LT(cv::norm(expected, weights.rows * map * weights.columns.t(), NORM_INF), 1e-5)
                << from[i] << " to " << to[i];
        }
}

Mat apply(const MapSteps& steps, const Mat& map)
{
    return steps.rows * map * steps.columns.t();
}

TEST(Anomaly_Resampling, map_steps_are_those_of_the_map_maker)
{
    for (const double sigma : {0., 1.5, 4., 30.})
    {
        const Mat patches = randomMap(Size(12, 7));
        const Size input(96, 61);
        Mat expected;
        MapMaker::create(input, sigma, ENGINE_PLAIN)->make(patches, expected);
        EXPECT_LT(cv::norm(expected, apply(smoothMapSteps(patches.size(), {input, sigma}), patches), NORM_INF), 1e-5);
    }
}

TEST(Anomaly_Resampling, a_placed_map_is_zero_around_its_part)
{
    const Mat map = randomMap(Size(16, 9));
    const Rect part(3, 5, 40, 30);
    Mat expected = Mat::zeros(50, 60, CV_32F), inside = expected(part);
    resize(map, inside, part.size(), 0, 0, INTER_LINEAR);
    EXPECT_LT(cv::norm(expected, apply(placedSteps(map.size(), part, expected.size()), map), NORM_INF), 1e-6);
}

}} // namespace opencv_test
