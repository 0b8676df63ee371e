// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "method.hpp"
#include "backbone_options.hpp"

#include <algorithm>
#include <cctype>

using namespace cv;
using namespace cv::anomaly;

Ptr<Method> makePatchCore(), makeCfa(), makePaDiM(), makeSpade(); // each is defined in method_NAME.cpp

// The order is that of the help.
std::vector<Ptr<Method>> makeMethods()
{
    return {makePatchCore(), makeCfa(), makePaDiM(), makeSpade()};
}

std::vector<std::string> namesOf(const std::vector<Ptr<Method>>& methods)
{
    std::vector<std::string> names;
    for (const Ptr<Method>& method : methods)
        names.push_back(method->name());
    return names;
}

std::string methodOf(const AnomalyDetector& detector)
{
    std::string name = detector.getMethod();
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return char(std::tolower(c)); });
    return name;
}

int patchesOf(const DetectorParams& shared, int patchStride)
{
    const Size input = inputShapeOf(shared);
    const int stride = std::max(patchStride, 1);
    return std::max(input.width / stride, 1) * std::max(input.height / stride, 1);
}

void addPatchStride(CommandLine& line, int& patchStride)
{
    line.option("patch_stride", "PIXELS", patchStride,
                "pixels of the network's input from one patch to the next: half of it makes four times as many patches",
                1);
}

// Indexed by cv::anomaly::ImageScore.
static const std::vector<std::string> imageScores = {"max", "top"};

void addImageScore(CommandLine& line, DetectorParams& params)
{
    line.choice("image_score", imageScores, params.imageScore,
                "an image's score: the highest value of its map, or the mean of the highest --top_share");
    line.option("top_share", "SHARE", params.topShare, "of the map's pixels, for --image_score=top");
}

void putImageScore(FlatJson& json, const DetectorParams& params)
{
    json.put("image_score", imageScores[params.imageScore]);
    json.put("top_share", params.topShare);
}

std::vector<double> FitHistory::all(const std::string& figure) const
{
    const auto found = figures.find(figure);
    return found == figures.end() ? std::vector<double>() : found->second;
}

double FitHistory::last(const std::string& figure) const
{
    const std::vector<double> values = all(figure);
    return values.empty() ? 0 : values.back();
}

void Method::addLearningOptions(CommandLine&) {}

void Method::addExperiments(CommandLine&) {}

std::string Method::note(const FitProgress& progress) const
{
    std::string text = progress.epochs > 0 ? format("epoch %d/%d", progress.epoch, progress.epochs) : std::string();
    for (const std::pair<const String, double>& figure : progress.figures)
        text += (text.empty() ? "" : ", ") + figure.first + format(" %.4g", figure.second);
    return text;
}

void Method::putResults(FlatJson&, const AnomalyDetector&, const FitHistory&) const {}

std::string Method::summary(const AnomalyDetector&, const FitHistory&) const
{
    return std::string();
}

Ptr<AnomalyDetector> Method::createToPredict(const DetectorParams& shared) const
{
    return create(shared);
}
