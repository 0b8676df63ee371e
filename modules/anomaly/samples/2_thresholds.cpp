// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
// Lesson 2: four ways to a threshold, and what each of them costs.
//
//   example_anomaly_2_thresholds <good images to learn from> <other good images> <defective images>
#include "opencv2/anomaly.hpp"

#include <cstdio>

using namespace cv;
using namespace cv::anomaly;

//! Images whose number is even set thresholds, the others count the mistakes: never measure on what was tuned on.
static std::vector<Mat> readHalf(const String& folder, size_t first)
{
    std::vector<String> files;
    glob(folder, files);
    std::vector<Mat> images;
    for (size_t i = first; i < files.size(); i += 2)
        images.push_back(readImage(files[i]));
    return images;
}

static int countDefective(const AnomalyDetector& detector, const std::vector<Mat>& images)
{
    std::vector<double> scores;
    detector.predictBatch(images, scores);
    int count = 0;
    for (double score : scores)
        count += score >= detector.getImageThreshold();
    return count;
}

static void report(const char* way, const AnomalyDetector& detector, const std::vector<Mat>& good,
                   const std::vector<Mat>& defective)
{
    std::printf("%s: threshold %.3f, false alarms %d of %d, missed %d of %d\n", way, detector.getImageThreshold(),
                countDefective(detector, good), int(good.size()),
                int(defective.size()) - countDefective(detector, defective), int(defective.size()));
}

static void run(const String& learned, const String& otherGood, const String& defects)
{
    std::vector<String> files;
    glob(learned, files);
    const std::vector<Mat> good = readHalf(otherGood, 0), goodToCount = readHalf(otherGood, 1);
    const std::vector<Mat> defective = readHalf(defects, 0), defectiveToCount = readHalf(defects, 1);

    //! [fit]
    Ptr<PatchCore> detector = PatchCore::create();
    detector->fit(files); // sets a first threshold: 97 % of further good images are expected below it
    report("after fit", *detector, goodToCount, defectiveToCount);
    //! [fit]

    //! [good]
    detector->calibrate(good, std::vector<int>(good.size(), 0)); // good images that fit has not seen
    report("from good images", *detector, goodToCount, defectiveToCount);
    //! [good]

    //! [both]
    std::vector<Mat> images = good;
    images.insert(images.end(), defective.begin(), defective.end());
    std::vector<int> labels(images.size(), 1); // 1: defective
    std::fill(labels.begin(), labels.begin() + good.size(), 0);
    detector->calibrate(images, labels); // where F1 is best
    report("from good and defective images", *detector, goodToCount, defectiveToCount);
    //! [both]

    //! [hand]
    detector->setImageThreshold(0.9 * detector->getImageThreshold()); // a missed defect costs more than a second look
    report("set by hand", *detector, goodToCount, defectiveToCount);
    //! [hand]
}

int main(int argc, char** argv)
{
    if (argc != 4)
    {
        std::fprintf(stderr, "usage: %s <good images to learn from> <other good images> <defective images>\n", argv[0]);
        return 2;
    }
    try
    {
        run(argv[1], argv[2], argv[3]);
    }
    catch (const cv::Exception& error)
    {
        std::fprintf(stderr, "%s\n", error.err.c_str());
        return 1;
    }
    return 0;
}
