// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
// Lesson 1: learn from good images, keep the model in a file, and score new images.
//
//   example_anomaly_1_fit_and_predict <folder of good images> <folder of images to check>
#include "opencv2/anomaly.hpp"

#include <cstdio>

using namespace cv;
using namespace cv::anomaly;

static const char* const modelFile = "lesson.yml.gz";

//! [fit]
static void learn(const std::vector<String>& goodFiles)
{
    Ptr<AnomalyDetector> detector = PatchCore::create(); // or CFA, PaDiM, SPADE
    detector->fit(goodFiles);                            // reads one file at a time
    detector->save(modelFile);                           // .yml, .xml or .json, each also with .gz
}
//! [fit]

//! [predict]
static void check(const std::vector<String>& files)
{
    Ptr<AnomalyDetector> detector = loadDetector(modelFile); // the file knows which method it is of
    const double threshold = detector->getImageThreshold();
    std::printf("image threshold %.3f\n", threshold);
    for (const String& file : files)
    {
        Mat map; // CV_32F, as large as the image: how far each pixel's surroundings are from all good ones
        const double score = detector->predict(file, map);
        Point worst;
        minMaxLoc(map, NULL, NULL, NULL, &worst);
        std::printf("%s: score %.3f, %s, most unusual at (%d, %d)\n", file.c_str(), score,
                    score < threshold ? "good" : "DEFECTIVE", worst.x, worst.y);
    }
}
//! [predict]

int main(int argc, char** argv)
{
    if (argc != 3)
    {
        std::fprintf(stderr, "usage: %s <folder of good images> <folder of images to check>\n", argv[0]);
        return 2;
    }
    try
    {
        std::vector<String> good, images;
        glob(argv[1], good);
        glob(argv[2], images);
        learn(good);
        check(images);
    }
    catch (const cv::Exception& error)
    {
        std::fprintf(stderr, "%s\n", error.err.c_str());
        return 1;
    }
    return 0;
}
