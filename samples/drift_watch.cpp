// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "drift_watch.hpp"

#include <algorithm>
#include <map>

using namespace cv;
using namespace cv::anomaly;

namespace {

// Indexed by cv::anomaly::DriftFigure.
const char* const figureNames[] = {"brightness",       "contrast",       "sharpness",
                                   "horizontal place", "vertical place", "score"};

const std::map<std::string, std::vector<int>> figuresOfCause = {{"light", {DRIFT_BRIGHTNESS, DRIFT_CONTRAST}},
                                                                {"focus", {DRIFT_SHARPNESS}},
                                                                {"position", {DRIFT_X, DRIFT_Y}},
                                                                {"texture", {DRIFT_SCORE}}};

} // namespace

DriftWatch::DriftWatch(const Ptr<AnomalyDetector>& detector)
{
    if (detector->getLearnedImages() > 0)
        monitor = DriftMonitor::create(detector);
}

// Describes a change by the figures that lie outside the range of good images.
std::string DriftWatch::noteOf(const std::string& cause) const
{
    std::string figures;
    for (const int figure : figuresOfCause.at(cause))
    {
        double median, lowest, highest;
        monitor->getFigure(figure, median, lowest, highest);
        if (median < lowest || median > highest)
            figures += format("%s%s %.3g, of good images %.3g to %.3g", figures.empty() ? "" : "; ",
                              figureNames[figure], median, lowest, highest);
    }
    return cause + " has changed (median of " + std::to_string(monitor->count()) + " images: " + figures + ")";
}

// Returns a note for each cause that was not there at the previous image.
std::vector<std::string> DriftWatch::add(const Mat& image, double score)
{
    std::vector<std::string> notes;
    if (!monitor)
        return notes;
    monitor->add(image, score);
    const std::vector<String> newCauses = monitor->getDrift();
    for (const String& cause : newCauses)
        if (std::find(currentCauses.begin(), currentCauses.end(), cause) == currentCauses.end())
            notes.push_back(noteOf(cause));
    currentCauses = newCauses;
    return notes;
}
