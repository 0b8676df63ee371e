// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Heat maps, outlines and regions of defects.
#include "test_precomp.hpp"

#include <cmath>

namespace opencv_test { namespace {

double largestDifference(const Mat& a, const Mat& b)
{
    return cv::norm(a, b, NORM_INF);
}

//! Returns a map of zeros with a block of ones.
Mat mapWithBlock(Size size, Rect block)
{
    Mat map = Mat::zeros(size, CV_32F);
    map(block) = 1;
    return map;
}

//! Returns the color that toPicture gives a constant image: a heat map of opacity 0 does not change it further.
Vec3b shown(const Mat& image)
{
    Mat dst;
    drawHeatMap(image, Mat::zeros(image.size(), CV_32F), dst, 0, 0, 0);
    EXPECT_EQ(CV_8UC3, dst.type());
    EXPECT_EQ(image.size(), dst.size());
    return dst.at<Vec3b>(0, 0);
}

TEST(Anomaly_Visualize, images_of_all_types_become_bgr)
{
    const Size size(9, 5);
    EXPECT_EQ(Vec3b(100, 100, 100), shown(Mat(size, CV_8UC1, Scalar(100))));
    EXPECT_EQ(Vec3b(10, 20, 30), shown(Mat(size, CV_8UC3, Scalar(10, 20, 30))));
    EXPECT_EQ(Vec3b(10, 20, 30), shown(Mat(size, CV_8UC4, Scalar(10, 20, 30, 0))));
    EXPECT_EQ(Vec3b(255, 255, 255), shown(Mat(size, CV_16UC1, Scalar(65535))));
    EXPECT_EQ(Vec3b(1, 2, 3), shown(Mat(size, CV_16UC3, Scalar(257, 514, 771))));
    EXPECT_EQ(Vec3b(0, 51, 255), shown(Mat(size, CV_32FC3, Scalar(-1, 0.2, 2))));
    EXPECT_EQ(Vec3b(51, 51, 51), shown(Mat(size, CV_64FC1, Scalar(0.2))));
}

TEST(Anomaly_Visualize, heat_map_covers_high_scores_only)
{
    const Mat image(40, 60, CV_8UC3, Scalar(90, 100, 110));
    const Rect block(20, 10, 8, 8);
    Mat dst;
    drawHeatMap(image, mapWithBlock(image.size(), block), dst, 0, 0, 1);
    EXPECT_EQ(Vec3b(90, 100, 110), dst.at<Vec3b>(0, 0));
    EXPECT_EQ(Vec3b(0, 0, 128), dst.at<Vec3b>(14, 24)); // the last color of COLORMAP_JET
    drawHeatMap(image, mapWithBlock(image.size(), block), dst, 0, 0, 0.5, COLORMAP_BONE);
    EXPECT_LE(largestDifference(dst(block), Mat(block.size(), CV_8UC3, Scalar(172, 177, 182))), 1);
}

TEST(Anomaly_Visualize, heat_map_in_a_given_range)
{
    const Mat image(30, 30, CV_8UC1, Scalar(128)), map = mapWithBlock(image.size(), Rect(0, 0, 10, 30));
    Mat own, given, above;
    drawHeatMap(image, map, own);
    drawHeatMap(image, map, given, 0, 1);
    drawHeatMap(image, map * 1000, above, 0, 1);
    EXPECT_EQ(0, largestDifference(own, given));
    EXPECT_EQ(0, largestDifference(own, above));
    drawHeatMap(image, map, given, 0, 4);
    EXPECT_GT(largestDifference(own, given), 0);
}

TEST(Anomaly_Visualize, constant_map_leaves_the_image)
{
    Mat image(30, 30, CV_8UC3), dst;
    randu(image, 0, 255);
    drawHeatMap(image, Mat(30, 30, CV_32F, Scalar(7)), dst);
    EXPECT_EQ(0, largestDifference(image, dst));
}

//! A picture and a map of nine columns, with values from 0 to 8.
Mat columnsFrom0To8()
{
    Mat map(5, 9, CV_32F);
    for (int x = 0; x < 9; x++)
        map.col(x).setTo(x);
    return map;
}

// With a range from 0 and a threshold of 4, colors begin above 3.
TEST(Anomaly_Visualize, heat_map_leaves_what_is_well_below_the_threshold)
{
    Mat image(5, 9, CV_8UC3), dst, plain;
    randu(image, 0, 255);
    const Mat map = columnsFrom0To8();
    drawHeatMap(image, map, dst, 0, 8, 1, COLORMAP_JET, 4);
    EXPECT_EQ(0, largestDifference(image.colRange(0, 4), dst.colRange(0, 4)));
    Mat levels, colors;
    map.convertTo(levels, CV_8U, 255 / 8.);
    applyColorMap(levels, colors, COLORMAP_JET);
    EXPECT_EQ(0, largestDifference(colors.colRange(4, 9), dst.colRange(4, 9)));
    drawHeatMap(image, map, plain, 0, 8, 1); // Without a threshold, colors begin at 0.
    EXPECT_GT(largestDifference(image.col(1), plain.col(1)), 0);
    drawHeatMap(image, map, dst, 0, 0, 1, COLORMAP_JET, 100); // uses the range of the map
    EXPECT_EQ(0, largestDifference(image, dst));
}

TEST(Anomaly_Visualize, heat_map_fades_in_below_the_threshold)
{
    const Mat image(5, 9, CV_8UC1, Scalar(0)), map = columnsFrom0To8();
    Mat dst;
    drawHeatMap(image, map, dst, 0, 16, 1, COLORMAP_BONE, 8); // from 6 on: 7 is half of the way, covered by a quarter
    const int full = dst.at<Vec3b>(0, 8)[0], half = dst.at<Vec3b>(0, 7)[0];
    EXPECT_EQ(0, dst.at<Vec3b>(0, 6)[0]);
    Mat color;
    applyColorMap(Mat_<uchar>(1, 1, saturate_cast<uchar>(7 * 255 / 16.)), color, COLORMAP_BONE);
    EXPECT_NEAR(color.at<Vec3b>(0, 0)[0] / 4., half, 1);
    EXPECT_GT(full, 2 * half);
}

TEST(Anomaly_Visualize, heat_map_of_any_threshold)
{
    Mat image(5, 9, CV_8UC3), dst, covered;
    randu(image, 0, 255);
    const Mat map = columnsFrom0To8();
    drawHeatMap(image, map, covered, 2, 8, 0.5, COLORMAP_JET, 0); // below the range: all of it is called defective
    drawHeatMap(image, map, dst, 2, 8, 0.5, COLORMAP_JET, -std::numeric_limits<double>::infinity());
    EXPECT_EQ(0, largestDifference(covered, dst));
    EXPECT_GT(largestDifference(image.col(0), covered.col(0)), 0);
    drawHeatMap(image, map, dst, 2, 8, 0.5, COLORMAP_JET, 1);
    EXPECT_EQ(0, largestDifference(image.col(0), dst.col(0)));
    EXPECT_EQ(0, largestDifference(covered.colRange(1, 9), dst.colRange(1, 9)));
    drawHeatMap(image, map, dst, 2, 8, 0.5, COLORMAP_JET, std::numeric_limits<double>::infinity());
    EXPECT_EQ(0, largestDifference(image, dst));
}

TEST(Anomaly_Visualize, map_is_stretched_to_the_image)
{
    const Mat image(80, 80, CV_8UC1, Scalar(128)), map = mapWithBlock(Size(20, 20), Rect(10, 10, 5, 5));
    Mat dst;
    drawHeatMap(image, map, dst, 0, 0, 1);
    EXPECT_EQ(Vec3b(0, 0, 128), dst.at<Vec3b>(50, 50));
    EXPECT_EQ(Vec3b(128, 128, 128), dst.at<Vec3b>(30, 30));
    EXPECT_EQ(image.size(), dst.size());
}

TEST(Anomaly_Visualize, may_write_over_the_image)
{
    Mat image(30, 30, CV_8UC3), separate;
    randu(image, 0, 255);
    const Mat original = image.clone(), map = mapWithBlock(image.size(), Rect(5, 5, 9, 9));
    drawHeatMap(image, map, separate);
    EXPECT_EQ(0, largestDifference(original, image));
    drawHeatMap(image, map, image);
    EXPECT_EQ(0, largestDifference(separate, image));
}

typedef std::vector<std::vector<Point>> Contours;

TEST(Anomaly_Visualize, outline_lies_on_the_region)
{
    const Rect block(12, 7, 9, 6);
    Contours contours;
    findDefects(mapWithBlock(Size(40, 30), block), 1, contours);
    ASSERT_EQ(1u, contours.size());
    EXPECT_EQ(block, boundingRect(contours[0]));
    findDefects(mapWithBlock(Size(40, 30), block), 1.001, contours);
    EXPECT_EQ(0u, contours.size());
}

TEST(Anomaly_Visualize, regions_are_8_connected_and_nested_ones_found)
{
    Mat map = mapWithBlock(Size(40, 30), Rect(2, 2, 20, 20));
    map(Rect(5, 5, 14, 14)) = 0;
    map(Rect(10, 10, 4, 4)) = 1; // in the hole
    map.at<float>(22, 22) = 1;   // touches a corner
    map.at<float>(27, 35) = 1;
    Contours contours;
    findDefects(map, 0.5, contours);
    EXPECT_EQ(3u, contours.size());
}

TEST(Anomaly_Visualize, small_regions_are_left_out)
{
    Mat map = mapWithBlock(Size(40, 30), Rect(2, 2, 5, 4));
    map(Rect(20, 20, 3, 3)) = 1;
    Contours contours;
    findDefects(map, 0.5, contours, 9);
    EXPECT_EQ(2u, contours.size());
    findDefects(map, 0.5, contours, 9.5);
    ASSERT_EQ(1u, contours.size());
    EXPECT_EQ(Rect(2, 2, 5, 4), boundingRect(contours[0]));
    findDefects(map, 0.5, contours, 21);
    EXPECT_EQ(0u, contours.size());
}

TEST(Anomaly_Visualize, regions_have_the_figures_of_their_pixels)
{
    Mat map = mapWithBlock(Size(40, 30), Rect(2, 3, 5, 4));
    map(Rect(20, 20, 4, 2)) = 3;
    map.at<float>(21, 24) = 7; // one pixel to the right of the lower row
    std::vector<DefectRegion> regions;
    findRegions(map, 0.5, regions);
    ASSERT_EQ(2u, regions.size());
    const DefectRegion& highest = regions[0];
    EXPECT_EQ(Rect(20, 20, 5, 2), highest.box);
    EXPECT_EQ(9, highest.area);
    EXPECT_EQ(7, highest.peak);
    EXPECT_DOUBLE_EQ((8 * 3 + 7) / 9., highest.meanScore);
    EXPECT_DOUBLE_EQ((2 * (20 + 21 + 22 + 23) + 24) / 9., highest.centroid.x);
    EXPECT_DOUBLE_EQ((4 * 20 + 5 * 21) / 9., highest.centroid.y);
    EXPECT_EQ(highest.box, boundingRect(highest.contour));
    EXPECT_EQ(Rect(2, 3, 5, 4), regions[1].box);
    EXPECT_EQ(20, regions[1].area);
    EXPECT_EQ(1, regions[1].peak);
    EXPECT_EQ(Point2d(4, 4.5), regions[1].centroid);
}

TEST(Anomaly_Visualize, contours_of_regions_are_the_defects)
{
    Mat map(60, 80, CV_32F);
    randu(map, 0, 1);
    GaussianBlur(map, map, Size(), 2);
    std::vector<DefectRegion> regions;
    Contours contours;
    findRegions(map, 0.52, regions, 5);
    findDefects(map, 0.52, contours, 5);
    ASSERT_GT(regions.size(), 5u);
    ASSERT_EQ(regions.size(), contours.size());
    for (size_t i = 0; i < regions.size(); i++)
    {
        EXPECT_EQ(contours[i], regions[i].contour);
        EXPECT_EQ(boundingRect(contours[i]), regions[i].box);
        EXPECT_TRUE(regions[i].peak >= regions[i].meanScore && regions[i].meanScore >= 0.52);
        EXPECT_TRUE(i == 0 || regions[i - 1].peak >= regions[i].peak);
    }
}

TEST(Anomaly_Visualize, regions_in_pixels_of_the_image)
{
    const Mat map = mapWithBlock(Size(40, 30), Rect(10, 10, 8, 8));
    std::vector<DefectRegion> regions(3);
    findRegions(map, 0.5, regions, 0, Size(160, 60));
    ASSERT_EQ(1u, regions.size());
    EXPECT_EQ(Rect(40, 20, 32, 16), regions[0].box);
    EXPECT_NEAR(55.5, regions[0].centroid.x, 0.5);
    findRegions(map, -1, regions);
    ASSERT_EQ(1u, regions.size()); // all of the map
    EXPECT_EQ(1200, regions[0].area);
    EXPECT_NEAR(64 / 1200., regions[0].meanScore, 1e-12);
    findRegions(map, 2, regions);
    EXPECT_TRUE(regions.empty());
}

TEST(Anomaly_Visualize, drawn_outline_surrounds_the_defect)
{
    const Mat image(200, 300, CV_8UC1, Scalar(128));
    const Rect block(100, 60, 50, 40);
    Mat dst, changed;
    drawDefects(image, mapWithBlock(image.size(), block), dst, 0.5, 0, Scalar(0, 255, 0));
    ASSERT_EQ(CV_8UC3, dst.type());
    EXPECT_LE(cv::norm(Vec3b(0, 255, 0), dst.at<Vec3b>(80, 100), NORM_INF), 20); // smoothed
    EXPECT_EQ(Vec3b(128, 128, 128), dst.at<Vec3b>(80, 125));
    EXPECT_EQ(Vec3b(128, 128, 128), dst.at<Vec3b>(20, 20));
    drawDefects(image, mapWithBlock(image.size(), block), changed, 2);
    EXPECT_EQ(Vec3b(128, 128, 128), changed.at<Vec3b>(80, 100));
    // A map of a quarter of the size is drawn at the same place.
    drawDefects(image, mapWithBlock(Size(75, 50), Rect(25, 15, 12, 10)), changed, 0.5, 0, Scalar(0, 255, 0), 3);
    EXPECT_EQ(Vec3b(0, 255, 0), changed.at<Vec3b>(80, 100));
}

TEST(Anomaly_Visualize, panel_holds_all_pictures_at_one_height)
{
    const Mat color(50, 100, CV_8UC3, Scalar(10, 200, 30)), mask(64, 64, CV_8UC1, Scalar(1)),
        deep(300, 150, CV_16UC1, Scalar(25700));
    const std::vector<Mat> pictures = {color, mask, deep};
    Mat dst, titled;
    drawPanel(pictures, std::vector<String>(), dst, 128);
    ASSERT_EQ(CV_8UC3, dst.type());
    EXPECT_EQ(Size(256 + 128 + 64 + 4 * 4, 128 + 2 * 4), dst.size());
    EXPECT_EQ(Vec3b(255, 255, 255), dst.at<Vec3b>(0, 0));
    EXPECT_EQ(Vec3b(10, 200, 30), dst.at<Vec3b>(64, 4 + 128));
    EXPECT_EQ(Vec3b(255, 255, 255), dst.at<Vec3b>(64, 8 + 256 + 64));
    EXPECT_EQ(Vec3b(100, 100, 100), dst.at<Vec3b>(64, 12 + 256 + 128 + 32));

    drawPanel(pictures, {"image", "a mask with a title far too long for it", ""}, titled, 128);
    EXPECT_EQ(dst.cols, titled.cols);
    EXPECT_GT(titled.rows, dst.rows);
    const int bar = titled.rows - 128 - 4;
    EXPECT_EQ(0, largestDifference(dst.rowRange(4, 136), titled.rowRange(bar, titled.rows)));
    double darkest;
    cv::minMaxIdx(titled(Rect(4, 0, 256, bar)).clone().reshape(1), &darkest);
    EXPECT_LT(darkest, 100);
    cv::minMaxIdx(titled(Rect(0, 0, titled.cols, 2)).clone().reshape(1), &darkest);
    EXPECT_EQ(255, darkest) << "text leaves the panel";
    cv::minMaxIdx(titled(Rect(4 + 256, 0, 4, bar)).clone().reshape(1), &darkest);
    EXPECT_EQ(255, darkest) << "text leaves its picture";
}

TEST(Anomaly_Visualize, errors)
{
    const Mat image(30, 30, CV_8UC1, Scalar(0)), map(30, 30, CV_32F, Scalar(0));
    Mat broken = map.clone(), dst;
    broken.at<float>(3, 3) = NAN;
    Contours contours;
    EXPECT_THROW(drawHeatMap(Mat(), map, dst), cv::Exception);
    EXPECT_THROW(drawHeatMap(Mat(30, 30, CV_8UC2), map, dst), cv::Exception);
    EXPECT_THROW(drawHeatMap(Mat(30, 30, CV_32SC1), map, dst), cv::Exception);
    EXPECT_THROW(drawHeatMap(image, Mat(), dst), cv::Exception);
    EXPECT_THROW(drawHeatMap(image, image, dst), cv::Exception);
    EXPECT_THROW(drawHeatMap(image, broken, dst), cv::Exception);
    EXPECT_THROW(drawHeatMap(image, map, dst, 0, 1, 1.5), cv::Exception);
    EXPECT_THROW(drawHeatMap(image, map, dst, 0, 1, 0.5, 1000), cv::Exception);
    EXPECT_THROW(drawHeatMap(image, map, dst, 0, 1, 0.5, COLORMAP_JET, NAN), cv::Exception);
    EXPECT_THROW(findDefects(image, 1, contours), cv::Exception);
    EXPECT_THROW(findDefects(broken, 1, contours), cv::Exception);
    std::vector<DefectRegion> regions(2);
    EXPECT_THROW(findRegions(image, 1, regions), cv::Exception);
    EXPECT_THROW(findRegions(broken, 1, regions, 0, Size(60, 60)), cv::Exception);
    EXPECT_EQ(2u, regions.size());
    EXPECT_THROW(drawDefects(image, map, dst, 1, 0, Scalar(), -1), cv::Exception);
    EXPECT_THROW(drawPanel(std::vector<Mat>(), std::vector<String>(), dst), cv::Exception);
    EXPECT_THROW(drawPanel(std::vector<Mat>(2, image), std::vector<String>(1), dst), cv::Exception);
    EXPECT_THROW(drawPanel(std::vector<Mat>(2, image), std::vector<String>(), dst, 15), cv::Exception);
    EXPECT_THROW(drawPanel(std::vector<Mat>(1), std::vector<String>(), dst), cv::Exception);
    EXPECT_TRUE(dst.empty());
}

}} // namespace
