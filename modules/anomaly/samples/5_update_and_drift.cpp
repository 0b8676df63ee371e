// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
// Lesson 5: a model on the line: results as JSON, false alarms that become part of the model, and images that change.
//
//   example_anomaly_5_update_and_drift <good images to learn from> <good images made later>
//
// Standard output has one JSON object a line for each image; what a person reads goes to standard error.
#include "opencv2/anomaly.hpp"

#include <cstdio>

using namespace cv;
using namespace cv::anomaly;

static String quoted(const String& text)
{
    String all = "\"";
    for (char c : text)
        all += (c == '"' || c == '\\') ? String("\\") + c : String(1, c);
    return all + "\"";
}

//! [json]
static void printJson(const String& file, double score, bool isDefective, const std::vector<String>& drift)
{
    String causes;
    for (const String& cause : drift)
        causes += (causes.empty() ? "" : ",") + quoted(cause);
    std::printf("{\"file\":%s,\"score\":%.4f,\"verdict\":\"%s\",\"drift\":[%s]}\n", quoted(file).c_str(), score,
                isDefective ? "defective" : "good", causes.c_str());
    std::fflush(stdout); // so that the next program sees the line at once
}
//! [json]

static bool isDefective(const AnomalyDetector& detector, double score)
{
    return score >= detector.getImageThreshold();
}

//! [update]
static void learnFalseAlarms(AnomalyDetector& detector, const std::vector<String>& goodFiles)
{
    std::vector<String> alarms; // somebody has looked at these images: all of them are good
    for (const String& file : goodFiles)
    {
        const double score = detector.predict(file);
        printJson(file, score, isDefective(detector, score), std::vector<String>());
        if (isDefective(detector, score))
            alarms.push_back(file);
    }
    if (!alarms.empty())
        detector.update(alarms);     // needs the model only, not the images that it was made from
    detector.save("updated.yml.gz"); // replaces the file as a whole: a program that loads it meanwhile gets old or new
    std::fprintf(stderr, "%d of %d good images were called defective; the model has learned %d images now\n",
                 int(alarms.size()), int(goodFiles.size()), detector.getLearnedImages());
}
//! [update]

//! [drift]
static void watchLight(const Ptr<AnomalyDetector>& detector, const std::vector<String>& files)
{
    Ptr<DriftMonitor> monitor = DriftMonitor::create(detector, 9); // of the last 9 images; 25 where there are more
    for (size_t i = 0; i < files.size(); i++)
    {
        const double light = i < files.size() / 2 ? 1 : 0.7; // the lamp grows dim
        const Mat image = readImage(files[i]) * light;
        const double score = detector->predict(image);
        monitor->add(image, score);
        printJson(files[i], score, isDefective(*detector, score), monitor->getDrift());
    }
}
//! [drift]

static void run(const String& learned, const String& later)
{
    std::vector<String> files, laterFiles;
    glob(learned, files);
    glob(later, laterFiles);
    Ptr<AnomalyDetector> detector = PatchCore::create();
    detector->fit(files);
    learnFalseAlarms(*detector, laterFiles);
    learnFalseAlarms(*detector, laterFiles); // fewer now
    watchLight(detector, files);
}

int main(int argc, char** argv)
{
    if (argc != 3)
    {
        std::fprintf(stderr, "usage: %s <good images to learn from> <good images made later>\n", argv[0]);
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
