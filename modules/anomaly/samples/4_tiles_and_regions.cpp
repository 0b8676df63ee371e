// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
// Lesson 4: a small defect in a large image, and a place that must not count.
//
//   example_anomaly_4_tiles_and_regions <folder of good images> <defective image of the same size>
//
// Large photographs are put together from small ones here, so that the lesson needs no other data.
#include "opencv2/anomaly.hpp"
#include "opencv2/imgproc.hpp"

#include <cstdio>

using namespace cv;
using namespace cv::anomaly;

//! A square of 3 x 3 images; `middle` takes the place in the middle if it is not empty.
static Mat makeLarge(const std::vector<Mat>& images, size_t first, const Mat& middle = Mat())
{
    std::vector<Mat> rows(3);
    for (size_t y = 0; y < 3; y++)
    {
        std::vector<Mat> row;
        for (size_t x = 0; x < 3; x++)
            row.push_back(x == 1 && y == 1 && !middle.empty() ? middle : images[(first + 3 * y + x) % images.size()]);
        hconcat(row, rows[y]);
    }
    Mat large;
    vconcat(rows, large);
    return large;
}

//! [tiles]
static Ptr<AnomalyDetector> learn(const std::vector<Mat>& large, int tile, const Mat& region)
{
    PatchCore::Params params;
    params.tile = tile; // side of the pieces to look at, in pixels of the image; 0: the whole image at once
    Ptr<AnomalyDetector> detector = PatchCore::create(params);
    detector->fit(large, std::vector<Mat>(large.size(), region)); // only what is not black in the region is learned
    return detector;
}
//! [tiles]

//! [regions]
static void printRegions(const char* how, const AnomalyDetector& detector, const Mat& image, const Mat& region)
{
    Mat map;
    const double score = detector.predict(image, map, region); // outside of the region the map is 0
    std::vector<DefectRegion> regions;
    findRegions(map, detector.getPixelThreshold(), regions, detector.getDefectArea(image.size()));
    std::printf("%s: score %.2f of the threshold, regions:", how, score / detector.getImageThreshold());
    for (const DefectRegion& found : regions)
        std::printf(" %dx%d at (%d, %d)", found.box.width, found.box.height, found.box.x, found.box.y);
    std::printf("\n");
}
//! [regions]

static void run(const String& folder, const String& defective)
{
    std::vector<String> files;
    glob(folder, files);
    std::vector<Mat> small, large;
    for (const String& file : files)
        small.push_back(readImage(file));
    for (size_t first = 0; first < small.size(); first += 8)
        large.push_back(makeLarge(small, first));

    Mat image = makeLarge(small, 1, readImage(defective));
    putText(image, "lot 4711", Point(10, 40), FONT_HERSHEY_SIMPLEX, 1, Scalar::all(255), 3); // changes each day
    Mat region(image.size(), CV_8UC1, Scalar(255));                                          // nonzero: counts
    region(Rect(0, 0, 170, 60)).setTo(0); // the place of the stamp does not

    printRegions("whole image", *learn(large, 0, Mat()), image, Mat());
    printRegions("tiles", *learn(large, small[0].cols, Mat()), image, Mat());
    printRegions("tiles and a region", *learn(large, small[0].cols, region), image, region);
}

int main(int argc, char** argv)
{
    if (argc != 3)
    {
        std::fprintf(stderr, "usage: %s <folder of good images> <defective image of the same size>\n", argv[0]);
        return 2;
    }
    try
    {
        run(argv[1], argv[2]);
    }
    catch (const cv::Exception& error)
    {
        std::fprintf(stderr, "%s\n", error.err.c_str());
        return 1;
    }
    return 0;
}
