// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
// Lesson 3: a network of one's own in place of the embedded one.
//
//   example_anomaly_3_own_backbone <folder of good images> <image to check> <ONNX file>
//
// The values below are those of EfficientNet-Lite0, so that modules/anomaly/data/efficientnet-lite0.onnx can be given.
#include "opencv2/anomaly.hpp"

#include <cstdio>

using namespace cv;
using namespace cv::anomaly;

//! [params]
static PatchCore::Params paramsFor(const String& onnxFile)
{
    PatchCore::Params params;
    params.backbone = onnxFile;
    params.outputs = {"c2", "c3", "c4"};       // maps to take, the finest first; other networks name them otherwise
    params.inputMean = Scalar::all(127);       // what the network's training did to its images:
    params.inputScale = Scalar::all(1. / 128); //   (pixel - mean) * scale, here for 0..255
    params.swapRB = true;                      //   RGB, as nearly all networks from PyTorch and TensorFlow
    params.keepAspect = false;                 // for a network that accepts one size only:
    params.inputShape = Size(224, 224);        //   all images are stretched to it
    params.embedBackbone = true;               // the model file then holds the network, too
    return params;
}
//! [params]

//! [profile]
static void printStages(const AnomalyDetector& detector, const Mat& image)
{
    std::vector<String> stages;
    std::vector<double> milliseconds;
    detector.profile(image, stages, milliseconds); // the first call also prepares the network
    const double score = detector.profile(image, stages, milliseconds);
    std::printf("score %.4f, threshold %.4f;", score, detector.getImageThreshold());
    for (size_t i = 0; i < stages.size(); i++)
        std::printf(" %s %.1f ms", stages[i].c_str(), milliseconds[i]);
    std::printf("\n");
}
//! [profile]

static void run(const String& folder, const String& image, const String& onnxFile)
{
    std::vector<String> files;
    glob(folder, files);
    //! [create]
    Ptr<PatchCore> detector = PatchCore::create(paramsFor(onnxFile)); // throws if the file cannot be read
    detector->fit(files);
    printStages(*detector, readImage(image));
    //! [create]

    //! [load]
    detector->save("own_backbone.yml.gz");
    printStages(*loadDetector("own_backbone.yml.gz"), readImage(image)); // needs no second file
    //! [load]
}

int main(int argc, char** argv)
{
    if (argc != 4)
    {
        std::fprintf(stderr, "usage: %s <folder of good images> <image to check> <ONNX file>\n", argv[0]);
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
