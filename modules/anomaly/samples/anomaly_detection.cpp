// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
// Learns from a folder of good images and shows where another image differs from them.
#include "opencv2/anomaly.hpp"
#include "opencv2/core.hpp"
#include "opencv2/core/utility.hpp"
#include "opencv2/imgcodecs.hpp"

#include <iostream>

using namespace cv;
using namespace cv::anomaly;

static const char* const keys = "{ help h  |             | print this }"
                                "{ @good   |             | folder of good images, png or jpg }"
                                "{ @image  |             | image to look at }"
                                "{ model   | model.yml.gz| model file to write }"
                                "{ overlay | overlay.png | picture to write }";

static Ptr<AnomalyDetector> learn(const String& folder)
{
    std::vector<String> files, more;
    glob(folder + "/*.png", files);
    glob(folder + "/*.jpg", more);
    files.insert(files.end(), more.begin(), more.end());

    //! [learn]
    const Ptr<AnomalyDetector> detector = PatchCore::create(); // or CFA, PaDiM or SPADE
    detector->setFitCallback([](const FitProgress& progress) {
        std::cout << "\r" << progress.stage << " " << progress.step << "/" << progress.steps << "     " << std::flush;
        return true; // false would stop the fit
    });
    detector->fit(files); // good images only
    //! [learn]
    std::cout << std::endl;
    return detector;
}

static void showDifferences(const AnomalyDetector& detector, const Mat& image, const String& overlayFile)
{
    //! [predict]
    Mat map; // CV_32F, of the size of the image
    const double score = detector.predict(image, map);
    std::cout << "score " << score << ": " << (score < detector.getImageThreshold() ? "good" : "defective")
              << std::endl;
    //! [predict]

    //! [draw]
    Mat overlay;
    double lowest, highest;
    detector.getMapRange(lowest, highest);
    const double threshold = detector.getPixelThreshold(); // colors begin a little below it
    drawHeatMap(image, map, overlay, lowest, highest, 0.5, COLORMAP_JET, threshold);
    drawDefects(overlay, map, overlay, threshold);
    //! [draw]
    imwrite(overlayFile, overlay);
}

static void run(const CommandLineParser& parser)
{
    const String good = parser.get<String>("@good"), file = parser.get<String>("@image"),
                 model = parser.get<String>("model");
    //! [read]
    const Mat image = readImage(file); // as fit reads files; imread without flags reduces 16 bits to 8
    //! [read]
    const Ptr<AnomalyDetector> detector = learn(good);
    //! [save]
    detector->save(model);
    //! [save]
    //! [load]
    const Ptr<AnomalyDetector> same = loadDetector(model); // whatever its method is
    //! [load]
    showDifferences(*same, image, parser.get<String>("overlay"));
}

int main(int argc, char** argv)
{
    CommandLineParser parser(argc, argv, keys);
    parser.about("Learns from a folder of good images and shows where another image differs from them.");
    if (parser.has("help") || parser.get<String>("@good").empty() || parser.get<String>("@image").empty())
    {
        parser.printMessage();
        return parser.has("help") ? 0 : 2;
    }
    try
    {
        run(parser);
    }
    catch (const cv::Exception& error)
    {
        std::cerr << error.err << std::endl;
        return 1;
    }
    return 0;
}
