// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "model_io.hpp"

namespace cv { namespace anomaly {

Ptr<AnomalyDetector> loadDetector(const String& filename, const String& backboneFile)
{
    String method;
    {
        const FileStorage file = openModelFile(filename, FileStorage::READ);
        method = String(modelNode(file, filename)["method"]);
    }
    if (method == "CFA")
        return CFA::load(filename, backboneFile);
    CV_Error_(Error::StsParseError,
              ("'%s' holds a model of method '%s', which this library does not know: CFA is what it reads",
               filename.c_str(), method.c_str()));
}

}} // namespace cv::anomaly
