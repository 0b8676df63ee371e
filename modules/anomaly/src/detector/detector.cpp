// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "../base/file_name.hpp"
#include "../base/out_of_memory.hpp"
#include "detector_core.hpp"

namespace cv { namespace anomaly {

// The detector class of the model's own method, around a core that holds the model.
static Ptr<AnomalyDetector> detectorOf(const DetectorModel& model)
{
    return model.method->detectorOf(std::make_shared<DetectorCore>(model));
}

Ptr<AnomalyDetector> loadDetector(const String& filename, const String& backboneFile)
{
    return reportingOutOfMemory([&]() {
        const ModelFile file = readModelFile(filename);
        const BackbonePlaces places = {NULL, backboneFile, folderOf(filename)};
        return detectorOf(readModel(file.model(), places));
    });
}

Ptr<AnomalyDetector> loadDetectorFromMemory(const std::vector<uchar>& model)
{
    return reportingOutOfMemory([&]() {
        const ModelFile file = readModelFromMemory(std::string(model.begin(), model.end()), "The model in memory");
        const std::vector<uchar> none; // a backbone that is not embedded in the library has to be in the model
        return detectorOf(readModel(file.model(), {&none, String(), String()}));
    });
}

}} // namespace cv::anomaly
